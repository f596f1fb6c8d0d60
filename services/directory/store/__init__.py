"""The directory's tables, by one typed function per query."""
