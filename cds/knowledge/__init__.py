"""The clinical knowledge: data files a pharmacist can read, and the few modules that load and check them."""
