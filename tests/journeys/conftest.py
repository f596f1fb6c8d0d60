"""Journeys go through the one live platform of the run."""

from tests.live import live

__all__ = ["live"]
