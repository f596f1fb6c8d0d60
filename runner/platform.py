"""Bringing the platform up, taking it down, and doing to single processes what a fault would.

Promise: `up` twice is harmless and brings back what has ended; an `up` that fails leaves nothing
running; `down` leaves no process, not even one that no note was kept of.
Not here: what a process is told (runner.plan), whether it is well (runner.health).
"""

import signal
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from runner import addressing, plan, processes
from runner.disk import check_disk
from runner.embedded import bring_up
from runner.java import ensure_java, find_java
from runner.kafka import Kafka
from runner.places import ROOT, Places, fingerprint
from runner.ports import HOST
from runner.postgres import Postgres
from runner.processes import ProcessId, last_error
from runner.refusals import Refusal
from runner.servers import ensure_servers, find_servers
from runner.state import KAFKA, POSTGRES, Running, State, Store
from runner.vault import Vault

READY_TIMEOUT_SECONDS: Final = 90.0
POLL_SECONDS: Final = 0.1

SERVERS: Final = (KAFKA, POSTGRES)

Say = Callable[[str], None]


class Platform:
    """One platform: its places, its state, and what can be done to it."""

    def __init__(self, places: Places, say: Say) -> None:
        self.places = places
        self.store = Store(places.state)
        self.vault = Vault(places.state)
        self._say = say

    # -- all of it --

    def up(self, mode: str) -> State:
        """Start what does not run, and return when everything is ready. The caller holds the lock."""
        state = self.store.read()
        fresh = not state.running
        check_disk(self.places)
        try:
            # An `up` that was itself killed may have left processes it had no time to note.
            stop_together(self._strays(state))
            if fresh:
                addressing.assign(state, mode, self.places, self.vault, self._say)
                self.store.write(state)
            # Issuer and mail need neither server: they start beside them.
            self._start_missing(state, [one for one in plan.PLAN if one.demo_only])
            self._ready_servers(state)
            self._start_missing(state, [one for one in plan.PLAN if not one.demo_only])
            # Also what somebody started a moment ago; but a paused one stays as it was put.
            awake = [entry for entry in state.processes if not entry.process.paused]
            self.wait_ready(state, [one for one in awake if one.service not in SERVERS])
        except BaseException:
            if fresh:
                self._stop_all(state)
            raise
        return state

    def down(self) -> int:
        """Stop everything; the number of processes that ended. The caller holds the lock."""
        return self._stop_all(self.store.read())

    def _stop_all(self, state: State) -> int:
        alive = [entry for entry in state.processes if entry.process.alive]
        stop_together([entry.process for entry in alive if entry.service not in SERVERS])
        for name in SERVERS:
            entry = state.find(name)
            if entry and entry.process.alive:
                self._stop_server(state, entry)
        strays = self._strays(state)
        stop_together(strays)
        # The addresses stay, so that the next `up` answers where this one did.
        state.processes = []
        self.store.write(state)
        return len(alive) + len(strays)

    def _strays(self, state: State) -> list[ProcessId]:
        """Processes of this platform that are neither noted nor children of noted ones."""
        noted = [entry.process for entry in state.processes]
        family = {*noted, *(child for parent in noted for child in processes.children(parent))}
        return [process for process in processes.marked(self.places.state) if process not in family]

    # -- one process --

    def start_again(self, state: State, names: Iterable[str]) -> list[Running]:
        """Start processes that have ended, by name, exactly as they were."""
        started: list[Running] = []
        for name in names:
            entry = state.find(name)
            if entry is None or entry.process.alive:
                continue
            if entry.service in SERVERS:
                started.append(self._start_server(state, entry.service))
            else:
                started.append(self._launch(state, entry.service, entry.roles, name))
        return started

    def add(self, state: State, service: str, role: str, count: int) -> list[Running]:
        """Start more processes of one role beside those that run."""
        started: list[Running] = []
        for _ in range(count):
            number = 2
            while (entry := state.find(f"{service}-{role}-{number}")) and entry.process.alive:
                number += 1
            started.append(self._launch(state, service, (role,), f"{service}-{role}-{number}"))
        return started

    def stop(self, state: State, entries: Sequence[Running]) -> None:
        """Stop processes in good order."""
        for entry in entries:
            entry.wanted = False
        self.store.write(state)
        stop_together([entry.process for entry in entries if entry.service not in SERVERS])
        for entry in entries:
            if entry.service in SERVERS and entry.process.alive:
                self._stop_server(state, entry)
        # One that was added is forgotten; one of the plan stays in the list as stopped.
        state.processes = [
            entry for entry in state.processes if entry.wanted or entry.name == entry.service
        ]
        self.store.write(state)

    def signal(self, entries: Sequence[Running], number: signal.Signals) -> None:
        """Send a signal to processes and their children (PostgreSQL works in children)."""
        for entry in entries:
            for process in (*processes.children(entry.process), entry.process):
                process.send(number)
            if number == signal.SIGKILL:
                processes.wait_gone(entry.process, processes.STOP_TIMEOUT_SECONDS)

    def wait_ready(
        self,
        state: State,
        entries: Sequence[Running],
        timeout_seconds: float = READY_TIMEOUT_SECONDS,
    ) -> None:
        """Return when all are ready; refuse at once when one has ended."""
        from runner.health import ready_now

        deadline = time.monotonic() + timeout_seconds
        waiting = list(entries)
        while waiting:
            healths = ready_now(state, waiting)
            ended = next((health for health in healths if health.state == "crashed"), None)
            if ended:
                raise Refusal(
                    f"{ended.entry.name} ended while starting: {last_error(ended.entry.log)}",
                    f"its log is {ended.entry.log}",
                )
            late = [health for health in healths if health.state != "ready"]
            if late and time.monotonic() > deadline:
                names = ", ".join(f"{one.entry.name} ({' '.join(one.missing)})" for one in late)
                raise Refusal(
                    f"not ready after {timeout_seconds:.0f} s: {names}",
                    f"the logs are in {self.places.logs}",
                )
            waiting = [health.entry for health in late]
            if waiting:
                time.sleep(POLL_SECONDS)

    # -- services --

    def _start_missing(self, state: State, wanted: Iterable[plan.Process]) -> None:
        for process in wanted:
            if process.demo_only and state.mode != "demo":
                continue
            entry = state.find(process.service)
            if entry is None or not entry.process.alive:
                self._launch(state, process.service, process.roles, process.service)

    def _launch(self, state: State, service: str, roles: tuple[str, ...], name: str) -> Running:
        process = plan.process_of(service)
        if process is None:
            raise Refusal(f"there is no service called {service}", "./waymark status lists them")
        port = addressing.port_for(state, process, name, self.places)
        log = self.places.logs / f"{name}.log"
        child = processes.start(
            plan.command(process, roles),
            log=log,
            env=self.environment_of(state, process, port),
            cwd=ROOT,
            platform=self.places.state,
        )
        return self._note(state, name, service, roles, child, port)

    def start_optional(self, state: State, process: plan.Process) -> Running:
        """Start a process the plan does not need."""
        entry = state.find(process.service)
        if entry is not None and entry.process.alive:
            return entry
        return self._launch(state, process.service, (), process.service)

    def environment_of(self, state: State, process: plan.Process, port: int) -> dict[str, str]:
        """What one process of this platform is told."""
        addresses = plan.Addresses(
            state.kafka, state.databases, state.ports, state.smtp_port, state.issuer
        )
        return plan.environment(
            process,
            addresses=addresses,
            vault=self.vault,
            mode=state.mode,
            port=port,
            state=self.places.state,
        )

    def http(self, state: State, service: str) -> str:
        """Where the first process of a service answers."""
        if service not in state.ports:
            known = ", ".join(plan.DATABASES)
            raise Refusal(f"there is no service called {service}", f"choose of: {known}")
        return f"http://{HOST}:{state.ports[service]}"

    def versions(self, state: State) -> str:
        """What the servers are, in few words."""
        java, files = find_java(self.places), find_servers(self.places)
        kafka, postgres = "kafka given", "postgres given"
        if files and not state.kafka_given:
            kafka = f"kafka {files.version_of('kafka_2.13')} :{(state.kafka_ports or (0,))[0]}"
        if files and not state.database_given:
            artifact = "embedded-postgres-binaries-linux-*"
            postgres = f"postgres {files.version_of(artifact)} :{state.database_port}"
        name = f"java {java.version.split('.')[0]}" if java and not state.kafka_given else ""
        return " · ".join(part for part in (name, kafka, postgres) if part)

    def forget_given(self) -> None:
        """Remove what this platform made on servers it was given."""
        from runner.provision import drop_databases, drop_topics

        state = self.store.read()
        if state.database_given and state.databases:
            drop_databases(state.database, self._suffix(state))
        if state.kafka_given and state.databases:
            drop_topics(state.kafka)

    def _note(
        self,
        state: State,
        name: str,
        service: str,
        roles: tuple[str, ...],
        child: ProcessId,
        port: int,
    ) -> Running:
        entry = Running(
            name=name,
            service=service,
            roles=roles,
            pid=child.pid,
            started=child.started,
            port=port,
            log=self.places.logs / f"{name}.log",
            started_at=time.time(),
        )
        state.put(entry)
        self.store.write(state)
        return entry

    # -- servers --

    def _ready_servers(self, state: State) -> None:
        """Both servers up and furnished, side by side: databases need no broker."""
        missing = [
            name
            for name, given in ((KAFKA, state.kafka_given), (POSTGRES, state.database_given))
            if not given and not ((entry := state.find(name)) and entry.process.alive)
        ]
        kafka = self._kafka(state) if KAFKA in missing else None
        postgres = self._postgres(state) if POSTGRES in missing else None
        if missing:
            self._say(f"starting {' and '.join(missing)}")
        with ThreadPoolExecutor(max_workers=2) as pool:
            broker = pool.submit(self._broker, state, kafka)
            database = pool.submit(self._database, state, postgres)
        # Noted before a failure of the other is raised, so that it is stopped in good order.
        for name, server, done in ((KAFKA, kafka, broker), (POSTGRES, postgres, database)):
            if server and not done.exception() and (process := done.result()):
                self._note(state, name, name, (), process, server.port)
        broker.result()
        database.result()

    def _broker(self, state: State, kafka: Kafka | None) -> ProcessId | None:
        from runner.provision import make_topics

        process = bring_up(kafka) if kafka else None
        make_topics(state.kafka)
        return process

    def _database(self, state: State, postgres: Postgres | None) -> ProcessId | None:
        from runner.provision import make_databases

        process = bring_up(postgres) if postgres else None
        state.databases = make_databases(state.database, self._suffix(state), self.vault)
        return process

    def _start_server(self, state: State, name: str) -> Running:
        server = self._kafka(state) if name == KAFKA else self._postgres(state)
        return self._note(state, name, name, (), bring_up(server), server.port)

    def _stop_server(self, state: State, entry: Running) -> None:
        known = find_java(self.places) and find_servers(self.places)
        if not known:
            number = signal.SIGTERM if entry.service == KAFKA else signal.SIGINT
            processes.stop(entry.process, number=number)
        elif entry.service == KAFKA:
            self._kafka(state).stop(entry.process)
        else:
            self._postgres(state).stop(entry.process)

    def _kafka(self, state: State) -> Kafka:
        java = ensure_java(self.places)
        port, controller_port = state.kafka_ports or (0, 0)
        return Kafka(
            platform=self.places.state,
            home=self.places.kafka,
            log=self.places.logs / "kafka.log",
            port=port,
            controller_port=controller_port,
            files=ensure_servers(self.places, java, self._say),
            java=java,
        )

    def _postgres(self, state: State) -> Postgres:
        return Postgres(
            platform=self.places.state,
            home=self.places.postgres,
            log=self.places.logs / "postgres.log",
            port=state.database_port or 0,
            password=self.vault.secret("postgres"),
            files=ensure_servers(self.places, ensure_java(self.places), self._say),
        )

    def _suffix(self, state: State) -> str:
        return fingerprint(self.places.state) if state.database_given else ""


def stop_together(wanted: Sequence[ProcessId]) -> None:
    """Ask all of them to end, then wait for each."""
    with ThreadPoolExecutor(max_workers=max(1, len(wanted))) as pool:
        list(pool.map(processes.stop, wanted))
