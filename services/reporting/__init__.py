"""Reporting: facts, counts and waits folded from the other services' events; no direct identifiers."""
