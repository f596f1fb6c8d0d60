"""The console: web pages over the services' HTTP, with the user's own token; it keeps no data."""
