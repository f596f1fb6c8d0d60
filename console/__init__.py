"""The web pages: they talk HTTP to the services with the visitor's own token and hold no data."""
