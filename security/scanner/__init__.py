"""What the scanner (`security.scan`) is made of: what it reads, where it looks, how it tells."""
