"""Faults are done to the same live platform as the journeys."""

from tests.journeys.conftest import platform

__all__ = ["platform"]
