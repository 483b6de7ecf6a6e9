"""The sandbox page: try the service in a browser, with invented patients."""
