"""What the directory does, one function per wish, each inside the transaction it is handed."""
