"""The verbs of ``./waymark``: what a person types, and what they are told."""
