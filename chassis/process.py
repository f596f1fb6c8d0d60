"""One process of one service: which roles it runs, how it starts, is asked after, and ends.

Promise    The process answers ``/livez`` at once and becomes ready by itself when Postgres,
           Kafka, the issuer and the register are there, in whatever order they come. A role that
           gives up ends the process with a code other than 0, so that its supervisor sees it.
           After SIGTERM what is running is finished, within ``STOP_SECONDS_MAX``.
Price      All roles of a process share one event loop; what must scale apart runs apart.
Not here   What the service does: ``services/<it>/main.py`` declares it.

``python -m services.X api relay consumer`` runs roles, ``migrate`` applies the SQL,
``config --explain`` shows the settings, ``openapi`` prints the API's description.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import signal
import socket
import sys
from collections.abc import Coroutine, Sequence
from typing import Any, Final, cast

import uvicorn
import uvloop
from fastapi import FastAPI

from chassis import logs, telemetry
from chassis.access.gate import RegisterGate
from chassis.access.service_client import ServiceClient
from chassis.database import Database, DatabaseUnavailable
from chassis.migrations import migrate
from chassis.process_parts import (
    api_routers,
    make_consumer,
    make_gate,
    make_relay,
    watch_database,
)
from chassis.service import ApiContext, Service, WorkerContext
from chassis.settings import EXIT_CODE_WRONG_SETTINGS, ServiceSettings, explain, load
from chassis.stream.forgetting import forget_closed_in_time
from chassis.web.address import take_address
from chassis.web.app import create_app
from chassis.web.health import Readiness
from chassis.web.idempotency import forget_in_time

ROLES: Final = ("api", "relay", "consumer", "schedules")
STOP_SECONDS_MAX: Final = 20
HTTP_DRAIN_SECONDS_MAX: Final = 10
BEGIN_RETRY_SECONDS: Final = 1.0
API_POOL_SIZE_MAX: Final = 12
WORKER_POOL_SIZE_MAX: Final = 6
EXIT_CODE_ROLE_GAVE_UP: Final = 3
# Collecting every 700 objects costs a quarter of a consumer's time: its batches hold thousands.
GC_THRESHOLDS: Final = (50_000, 50, 100)

_LOG = logging.getLogger(__name__)


def main(service: Service, arguments: Sequence[str] | None = None) -> None:
    """Run what the command line asks for and exit with its code."""
    given = _parser(service).parse_args(arguments)
    command = given.roles[0]
    if command == "config":
        _say(*explain(load(service.settings_type)))
        return
    if command == "migrate":
        raise SystemExit(_migrate(service, load(service.settings_type)))
    if command == "openapi":
        _say(json.dumps(make_app(service, load(service.settings_type)).openapi(), indent=2))
        return
    settings = load(service.settings_type)
    listener = take_address(settings.http_host, settings.http_port)
    logs.set_up(service.name, settings.log_level)
    process = _Process(service, settings, tuple(given.roles), listener)
    raise SystemExit(uvloop.run(process.run()))


def spare_the_collector() -> None:
    """Say that what start-up made stays: the collector of garbage need not walk it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def make_app(service: Service, settings: ServiceSettings) -> FastAPI:
    """Make the API alone, without opening anything: for its description and for tests."""
    database = Database(settings.database_api_url.get_secret_value(), "api")
    context = ApiContext(settings, database, ServiceClient(settings))
    return create_app(
        service=service.name,
        settings=settings,
        database=database,
        routers=api_routers(service, context),
    )


def _parser(service: Service) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m services.{service.name}",
        description=f"Run roles of the {service.name} service in one process.",
    )
    parser.add_argument(
        "roles",
        nargs="+",
        choices=(*ROLES, "migrate", "config", "openapi"),
        help="roles to run together, or one command",
    )
    parser.add_argument("--explain", action="store_true", help="with config: what each key means")
    return parser


def _migrate(service: Service, settings: ServiceSettings) -> int:
    if settings.database_owner_url is None:
        sys.stderr.write("WAYMARK_DATABASE_OWNER_URL: is needed to migrate\n")
        return EXIT_CODE_WRONG_SETTINGS
    url = settings.database_owner_url.get_secret_value()
    _say(*(f"applied {name}" for name in asyncio.run(migrate(url, service.name))))
    return 0


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


class _Process:
    """The running process: its databases, its web server and one task for each role."""

    def __init__(
        self,
        service: Service,
        settings: ServiceSettings,
        roles: tuple[str, ...],
        listener: socket.socket,
    ) -> None:
        self._service = service
        self._listener = listener
        self._settings = settings
        self._roles = roles
        self._readiness = Readiness()
        self._clients = ServiceClient(settings)
        self._stopping = asyncio.Event()
        self._exit_code = 0
        self._api: Database | None = None
        self._worker: Database | None = None
        self._gate: RegisterGate | None = None
        if "api" in roles:
            url = settings.database_api_url.get_secret_value()
            self._api = Database(url, "api", API_POOL_SIZE_MAX)
        if set(roles) - {"api"}:
            url = settings.database_worker_url.get_secret_value()
            self._worker = Database(url, "worker", WORKER_POOL_SIZE_MAX)

    async def run(self) -> int:
        """Serve until told to stop or until a role gives up; give the exit code."""
        telemetry.set_up(
            self._service.name, self._settings.otlp_endpoint, release=self._settings.release
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        server = self._server()
        tasks = [asyncio.create_task(server.serve([self._listener]), name="http")]
        tasks += [
            asyncio.create_task(self._kept(name, work), name=name) for name, work in self._work()
        ]
        _LOG.info(
            "process_started",
            extra={
                "role": ",".join(self._roles),
                "http_port": self._listener.getsockname()[1],
            },
        )
        spare_the_collector()
        await self._stopping.wait()
        server.should_exit = True
        await self._stop(tasks)
        _LOG.info("process_stopped", extra={"status": self._exit_code})
        return self._exit_code

    def _server(self) -> uvicorn.Server:
        gate = make_gate(self._service, self._settings, self._clients, self._api)
        routers = ()
        if self._api is not None:
            context = ApiContext(self._settings, self._api, self._clients)
            routers = api_routers(self._service, context)
            self._readiness.add("api", "database", watch_database(self._api))
            if gate is not None:
                self._readiness.add("api", "register", gate.readiness)
        self._gate = gate
        app = create_app(
            service=self._service.name,
            settings=self._settings,
            database=self._api,
            routers=routers,
            readiness=self._readiness,
            gate=gate,
        )
        return _Server(
            uvicorn.Config(
                app,
                http="httptools",
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=HTTP_DRAIN_SECONDS_MAX,
            )
        )

    def _work(self) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        """The roles' loops, each of which goes on until it is cancelled."""
        work: list[tuple[str, Coroutine[Any, Any, None]]] = []
        if self._api is not None:
            work.append(("api database", self._api.open()))
            if self._gate is not None:
                work.append(("register gate", self._gate.run()))
        if self._worker is not None:
            work.append(("worker roles", self._work_of_worker(self._worker)))
        return work

    async def _work_of_worker(self, database: Database) -> None:
        for role in self._roles:
            if role != "api":
                self._readiness.add(role, "database", watch_database(database))
        context = WorkerContext(self._settings, database, self._clients)
        parts = self._parts(context)
        await database.open()
        await self._begin(context)
        async with asyncio.TaskGroup() as group:
            for name, part in parts:
                group.create_task(part, name=name)

    def _parts(self, context: WorkerContext) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        parts: list[tuple[str, Coroutine[Any, Any, None]]] = []
        if "relay" in self._roles:
            relay = make_relay(self._service, context)
            self._readiness.add("relay", "relay", relay.fault)
            parts.append(("relay", relay.run()))
        if "consumer" in self._roles:
            for projection in self._service.projections(context):
                consumer = make_consumer(projection, context)
                self._readiness.add("consumer", projection.consumer, consumer.fault)
                parts.append(("consumer", consumer.run()))
            parts.append(("forgetting answers", forget_in_time(context.database)))
            parts.append(("forgetting quarantine", forget_closed_in_time(context.database)))
        if "schedules" in self._roles:
            parts += [
                (schedule.name, schedule.run()) for schedule in self._service.schedules(context)
            ]
        return parts

    async def _begin(self, context: WorkerContext) -> None:
        """Do once what the service asks for before its roles, as often as it takes."""
        begin = self._service.begin
        while begin is not None:
            try:
                await begin(context)
            except DatabaseUnavailable as fault:
                _LOG.warning("begin_waits", extra={"fault": type(fault).__name__})
                await asyncio.sleep(BEGIN_RETRY_SECONDS)
            else:
                return

    async def _kept(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run one part; if it breaks, the process ends and says why."""
        try:
            await work
        except asyncio.CancelledError:
            raise
        except BaseException as fault:  # noqa: BLE001 - whatever broke, the supervisor must see it
            _LOG.critical("role_gave_up", exc_info=_first(fault), extra={"what": name})
            self._exit_code = EXIT_CODE_ROLE_GAVE_UP
            self._stopping.set()

    async def _stop(self, tasks: list[asyncio.Task[None]]) -> None:
        server, *others = tasks
        for task in others:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS_MAX):
                await asyncio.gather(server, *others, return_exceptions=True)
        for database in (self._api, self._worker):
            if database is not None:
                await database.close()
        await self._clients.close()
        telemetry.shut_down()


def _first(fault: BaseException) -> BaseException:
    """The fault itself, out of the groups that tasks wrap it in."""
    while isinstance(fault, BaseExceptionGroup):
        fault = cast("BaseExceptionGroup[BaseException]", fault).exceptions[0]
    return fault


class _Server(uvicorn.Server):
    """The web server, leaving signals to the process."""

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        """Capture none: the process stops the server with everything else."""
        return contextlib.nullcontext()
