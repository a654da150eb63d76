"""What the decoder (`security.decode`) is made of: one kind of encoding or document a file. Pure."""
