"""The register of who may do what, and the listings people can be sent to."""
