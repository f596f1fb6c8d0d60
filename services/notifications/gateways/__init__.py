"""What lies outside: the services that know addresses, and the mail server."""
