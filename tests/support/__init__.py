"""What many tests share: cases as data, and the renderer that makes hook requests of them."""
