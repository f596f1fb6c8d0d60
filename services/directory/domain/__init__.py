"""The rules of the register and of listings, in plain Python."""
