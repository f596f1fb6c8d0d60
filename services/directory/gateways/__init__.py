"""Those the directory speaks to beyond its own database: the feeds of other directories."""
