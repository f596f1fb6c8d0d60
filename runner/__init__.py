"""The platform without Docker: servers, services and console as ordinary processes of one machine."""
