"""What a service says of itself: its roles, its doors and what it listens to, as one value.

Promise    ``services/<it>/main.py`` is this one declaration; running it is the chassis' work.
Not here   Starting, stopping and health: ``chassis.process``.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter

from chassis.access.service_client import ServiceClient
from chassis.database import Database
from chassis.settings import ServiceSettings
from chassis.stream import Projection


@dataclass(frozen=True, slots=True)
class ApiContext:
    """What the HTTP doors are made from; the database is under the api role, never another."""

    settings: ServiceSettings
    database: Database
    clients: ServiceClient


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What consumers and schedules are made from; the database is under the worker role."""

    settings: ServiceSettings
    database: Database
    clients: ServiceClient


@dataclass(frozen=True, slots=True)
class Schedule:
    """Work that time starts: ``run`` goes on until it is cancelled."""

    name: str
    run: Callable[[], Coroutine[Any, Any, None]]


def _no_projections(_context: WorkerContext) -> Sequence[Projection]:
    return ()


def _no_schedules(_context: WorkerContext) -> Sequence[Schedule]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One deployable service.

    ``topic`` is the one it publishes, or None. ``begin`` runs once before the roles, under
    the worker role, and is harmless to repeat.
    """

    name: str
    settings_type: type[ServiceSettings]
    make_api: Callable[[ApiContext], Sequence[APIRouter]]
    projections: Callable[[WorkerContext], Sequence[Projection]] = _no_projections
    topic: str | None = None
    schedules: Callable[[WorkerContext], Sequence[Schedule]] = _no_schedules
    begin: Callable[[WorkerContext], Awaitable[None]] | None = None
    holds_register: bool = False
    """True for the directory alone: the register is its own, not one it has to read first."""
