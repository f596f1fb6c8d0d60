"""The parts a process is put together from, each made from a service's declaration.

Not here   When they run and end: ``chassis.process``.
"""

from collections.abc import Sequence

from fastapi import APIRouter

from chassis.access.gate import RegisterGate
from chassis.access.service_client import ServiceClient
from chassis.database import Database
from chassis.flow_api import flow_router
from chassis.journal_api import journal_router
from chassis.relay import Relay
from chassis.service import ApiContext, Service, WorkerContext
from chassis.settings import ServiceSettings
from chassis.stream import Journal, Projection, StreamConsumer, StreamLimits, position_of
from chassis.web.health import Check
from contracts.topics import DIRECTORY, REGISTER_STREAM, TOPICS


class OwnerUnknown(ValueError):
    """A service listens to a topic whose owner's address it was not told."""


class NothingToPublish(ValueError):
    """A relay was asked for of a service that publishes no topic."""


def api_routers(service: Service, context: ApiContext) -> Sequence[APIRouter]:
    """The service's own doors and those of the chassis that its roles need."""
    routers = list(service.make_api(context))
    if service.topic is not None:
        routers.append(journal_router(context.database))
    routers.append(flow_router(context))
    return routers


def make_relay(service: Service, context: WorkerContext) -> Relay:
    """The relay of the service's own outbox."""
    if service.topic is None:
        message = f"{service.name} publishes no topic, so it has no relay"
        raise NothingToPublish(message)
    return Relay(context.database, context.settings.kafka, service.topic)


def make_consumer(projection: Projection, context: WorkerContext) -> StreamConsumer:
    """The consumer that feeds one projection."""
    limits = StreamLimits()
    journals = {
        topic: Journal(topic, owner_url(context.settings, topic), context.clients.http, limits)
        for topic in projection.topics
    }
    return StreamConsumer(
        projection=projection,
        database=context.database,
        bootstrap=context.settings.kafka,
        journals=journals,
        limits=limits,
    )


def make_gate(
    service: Service, settings: ServiceSettings, clients: ServiceClient, database: Database | None
) -> RegisterGate | None:
    """What holds members back until this service has read the register."""
    if service.holds_register or database is None:
        return None
    journal = Journal(
        DIRECTORY.name, owner_url(settings, DIRECTORY.name), clients.http, StreamLimits()
    )

    async def head() -> int:
        found = (await journal.heads()).get(REGISTER_STREAM)
        return 0 if found is None else found.number

    async def position() -> int:
        return await position_of(database, service.name, DIRECTORY.name, REGISTER_STREAM)

    return RegisterGate(head, position)


def owner_url(settings: ServiceSettings, topic: str) -> str:
    """Where the service answers that owns a topic."""
    owner = next(known.owner for known in TOPICS if known.name == topic)
    url: str | None = getattr(settings, f"{owner}_url")
    if url is None:
        message = f"WAYMARK_{owner.upper()}_URL is needed to listen to {topic}"
        raise OwnerUnknown(message)
    return url


def watch_database(database: Database) -> Check:
    """The readiness check of a database."""

    async def check() -> str | None:
        return None if await database.is_writable() else "the database does not answer"

    return check
