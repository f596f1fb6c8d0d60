"""The four services as they declare themselves, made up without opening a connection."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from fastapi import FastAPI

from chassis.access.service_client import ServiceClient
from chassis.database import Database
from chassis.process import make_app
from chassis.service import Service, WorkerContext
from chassis.settings import ServiceSettings
from chassis.stream import Projection

NAMES = ("referral", "directory", "notifications", "reporting")
NOWHERE = "127.0.0.1:9"


def service(name: str) -> Service:
    found = import_module(f"services.{name}.main").SERVICE
    assert isinstance(found, Service)
    return found


def settings(name: str) -> ServiceSettings:
    """Settings of a demonstration whose addresses nobody answers."""
    database = f"postgresql://nobody:none@{NOWHERE}/nothing"
    addresses = {f"{other}_url": f"http://{NOWHERE}" for other in (*NAMES, "issuer")}
    return service(name).settings_type.model_validate(
        {
            "mode": "demo",
            "kafka": NOWHERE,
            "database_api_url": database,
            "database_worker_url": database,
            "client_id": name,
            "client_secret": "x" * 64,
            "member_key_secret": "y" * 64,
            "mail_smtp": NOWHERE,
            **addresses,
        }
    )


def app(name: str) -> FastAPI:
    """The service's API, as it describes itself."""
    return make_app(service(name), settings(name))


@contextmanager
def projections(name: str) -> Iterator[list[Projection]]:
    """What the service's consumers are."""
    told = settings(name)
    clients = ServiceClient(told)
    database = Database(told.database_worker_url.get_secret_value(), "worker")
    try:
        yield list(service(name).projections(WorkerContext(told, database, clients)))
    finally:
        asyncio.run(clients.close())
