"""Both servers at once, for a test run or a benchmark: started together, stopped in order."""

import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runner import processes
from runner.java import ensure_java
from runner.kafka import Kafka
from runner.places import Places, places
from runner.ports import PortFinder
from runner.postgres import Postgres
from runner.processes import ProcessId
from runner.servers import ensure_servers
from runner.vault import Vault

TEMPORARY: Final = "waymark-servers-"


@dataclass(frozen=True, slots=True)
class Servers:
    """A running broker and database server."""

    kafka: Kafka
    postgres: Postgres
    kafka_process: ProcessId
    postgres_process: ProcessId
    directory: Path
    kept: bool

    @property
    def bootstrap(self) -> str:
        """The broker's address: what WAYMARK_KAFKA would say."""
        return self.kafka.bootstrap

    @property
    def database_url(self) -> str:
        """The superuser's address: what WAYMARK_DATABASE_URL would say."""
        return self.postgres.url

    def stop(self) -> None:
        """Stop the broker, then the database; remove their data unless the caller named a place for it."""
        self.kafka.stop(self.kafka_process)
        self.postgres.stop(self.postgres_process)
        if not self.kept:
            shutil.rmtree(self.directory, ignore_errors=True)


def start_servers(
    directory: Path | None = None, say: Callable[[str], None] = lambda _line: None
) -> Servers:
    """Start both and return when both answer; without a directory their data is gone after `stop`."""
    kept = directory is not None
    if directory is None:
        _sweep()
        directory = Path(tempfile.mkdtemp(prefix=f"{TEMPORARY}{os.getpid()}-"))
        directory.chmod(0o711)  # PostgreSQL's own user must get through to its part
    here = Places(state=directory, cache=places().cache)
    java = ensure_java(here)
    files = ensure_servers(here, java, say)
    ports = PortFinder(directory)
    kafka = Kafka(
        platform=directory,
        home=here.kafka,
        log=here.logs / "kafka.log",
        port=ports.take(),
        controller_port=ports.take(),
        files=files,
        java=java,
    )
    postgres = Postgres(
        platform=directory,
        home=here.postgres,
        log=here.logs / "postgres.log",
        port=ports.take(),
        password=Vault(directory).secret("postgres"),
        files=files,
    )
    kafka_process, postgres_process = bring_up_both(kafka, postgres)
    return Servers(kafka, postgres, kafka_process, postgres_process, directory, kept)


@contextmanager
def running_servers(
    directory: Path | None = None, say: Callable[[str], None] = lambda _line: None
) -> Generator[Servers]:
    """Both servers for the length of a block."""
    servers = start_servers(directory, say)
    try:
        yield servers
    finally:
        servers.stop()


def _sweep() -> None:
    """End servers whose test run was itself killed, and remove what they wrote."""
    for left in Path(tempfile.gettempdir()).glob(f"{TEMPORARY}*-*"):
        owner = left.name.removeprefix(TEMPORARY).partition("-")[0]
        if left.stat().st_uid != os.geteuid() or Path(f"/proc/{owner}").exists():
            continue
        for process in processes.marked(left):
            processes.stop(process)
        shutil.rmtree(left, ignore_errors=True)


def bring_up_both(kafka: Kafka, postgres: Postgres) -> tuple[ProcessId, ProcessId]:
    """Start both side by side; if one does not come, the other is stopped again."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        broker = pool.submit(bring_up, kafka)
        database = pool.submit(bring_up, postgres)
    if broker.exception() and not database.exception():
        postgres.stop(database.result())
    if database.exception() and not broker.exception():
        kafka.stop(broker.result())
    return broker.result(), database.result()


def bring_up(server: Kafka | Postgres) -> ProcessId:
    """Start one server and wait until it answers; leave nothing behind if it does not."""
    process = server.launch()
    try:
        server.wait_ready(process)
    except BaseException:
        server.stop(process)
        raise
    return process
