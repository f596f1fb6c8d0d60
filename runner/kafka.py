"""One Kafka broker (KRaft, broker and controller in one JVM) for one machine.

Promise: data outlives a stop and a kill; `start` returns when the broker has answered metadata,
created a topic and its group coordinator, and given a record back, not merely when the port is
open.
Price: about 300 MB of memory. Replication factor 1: durability is that of this machine's disk.
Not here: topics of the platform (chassis.provisioning).
"""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runner.java import Java
from runner.ports import HOST
from runner.processes import ProcessId, last_error, start, stop
from runner.refusals import Refusal
from runner.servers import ServerFiles

HEAP_MEGABYTES: Final = 256
READY_TIMEOUT_SECONDS: Final = 60.0
STOP_TIMEOUT_SECONDS: Final = 30.0
RETRY_SECONDS: Final = 0.1
FORMAT_TIMEOUT_SECONDS: Final = 60

SETTINGS: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
# one broker: every internal topic must be content with one copy
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
# small machine: the cleaner's default buffer alone is half of this heap
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=8388608
"""

LOGGING: Final = """\
status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {log}
appender.file.filePattern = {log}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{ISO8601}} %p %m (%c{{1}})%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 2
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
"""


@dataclass(frozen=True, slots=True)
class Kafka:
    """Where one broker lives and with what it runs."""

    platform: Path
    home: Path
    log: Path
    port: int
    controller_port: int
    files: ServerFiles
    java: Java

    @property
    def bootstrap(self) -> str:
        """The address clients are given."""
        return f"{HOST}:{self.port}"

    @property
    def _data(self) -> Path:
        return self.home / "data"

    @property
    def _settings(self) -> Path:
        return self.home / "server.properties"

    @property
    def _archive(self) -> Path:
        """The class archive: valid only for the very same jars, JVM and paths."""
        identity = f"{self.files.key} {self.files.jars} {self.java.home} {self.java.version}"
        return (
            self.files.jars.parent
            / f"kafka-{hashlib.sha256(identity.encode()).hexdigest()[:12]}.jsa"
        )

    @property
    def _new_archive(self) -> Path:
        return self.home / "classes.jsa"

    def launch(self) -> ProcessId:
        """Start the broker; it is not ready yet."""
        self.home.mkdir(parents=True, exist_ok=True)
        self._settings.write_text(
            SETTINGS.format(
                host=HOST, port=self.port, controller_port=self.controller_port, data=self._data
            ),
            encoding="utf-8",
        )
        # Log4j opens the file itself and rolls it; what the JVM prints before that goes beside it.
        (self.home / "log4j2.properties").write_text(LOGGING.format(log=self.log), encoding="utf-8")
        self._format()
        self._new_archive.unlink(missing_ok=True)
        return start(
            self._command("kafka.Kafka", str(self._settings), archive=True),
            log=self.log.with_suffix(".out"),
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            cwd=self.home,
            platform=self.platform,
        )

    def stop(self, process: ProcessId) -> bool:
        """Stop cleanly, and keep the class archive the first clean stop leaves. True if it was clean."""
        clean = stop(process, timeout_seconds=STOP_TIMEOUT_SECONDS)
        if clean and self._new_archive.exists():
            shutil.move(self._new_archive, partial := self._archive.with_suffix(f".{os.getpid()}"))
            partial.replace(self._archive)
        return clean

    def wait_ready(
        self, process: ProcessId, timeout_seconds: float = READY_TIMEOUT_SECONDS
    ) -> None:
        """Return when a record came back, refuse when the process ended or the time is over."""
        from runner.probes import broker_gives_back

        deadline = time.monotonic() + timeout_seconds
        while not broker_gives_back(self.bootstrap):
            if not process.alive:
                reason = last_error(self.log) or last_error(self.log.with_suffix(".out"))
                raise Refusal(f"Kafka ended while starting: {reason}", f"its log is {self.log}")
            if time.monotonic() > deadline:
                fact = f"Kafka was not ready within {timeout_seconds:.0f} s"
                raise Refusal(fact, f"its log is {self.log}")
            time.sleep(RETRY_SECONDS)

    def _command(self, main: str, *arguments: str, archive: bool) -> list[str]:
        options = [
            f"-Xmx{HEAP_MEGABYTES}m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xlog:disable",
        ]
        options += ["-Xlog:all=error:stderr", "-Djava.awt.headless=true"]
        options.append(f"-Dlog4j2.configurationFile={self.home / 'log4j2.properties'}")
        if self._archive.exists():
            options.append(f"-XX:SharedArchiveFile={self._archive}")
        elif archive and self.java.shares_classes:
            options.append(f"-XX:ArchiveClassesAtExit={self._new_archive}")
        return [
            str(self.java.executable),
            *options,
            "-cp",
            self.files.class_path(),
            main,
            *arguments,
        ]

    def _format(self) -> None:
        if (self._data / "meta.properties").exists():
            return
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if cluster.startswith("-"):  # the tool would take it for an option
            cluster = "A" + cluster[1:]
        command = self._command(
            "kafka.tools.StorageTool",
            "format",
            "-t",
            cluster,
            "-c",
            str(self._settings),
            archive=False,
        )
        result = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=FORMAT_TIMEOUT_SECONDS
        )
        if result.returncode != 0:
            reason = re.sub(r"\s+", " ", result.stderr or result.stdout).strip()[-300:]
            raise Refusal(
                f"Kafka's storage could not be formatted: {reason}", f"look at {self.home}"
            )
