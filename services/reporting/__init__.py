"""Reporting: facts, counts and waits, folded from events; nobody is named in them."""
