"""Kafka and Postgres as images, made of the files the runner starts: told what the official ones are.

Promise    They take the environment, the paths and the user that the Compose file and
           testcontainers give the official images, and hold the same versions of the servers.
Price      Half a gigabyte on the engine, made once for these files.
Not here   The start scripts of the official images, which cannot be fetched everywhere. Kafka's own
           class that turns the environment into settings is in its jar, so that part is the same.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runner.java import Java, ensure_java
from runner.places import places
from runner.servers import ServerFiles, ensure_servers
from tests.deploy import base_image
from tests.deploy.engine import BUILD_TIMEOUT_SECONDS, docker, has_image

NAME: Final = "waymark-test/{server}:{key}"
# Megabytes of a Java that no server looks at.
NOT_OF_JAVA: Final = ("jmods", "src.zip", "ct.sym", "*.jsa", "demo", "man", "include", "legal")

USERS: Final = """\
root:x:0:0:root:/:/bin/sh
postgres:x:999:999:postgres:/var/lib/postgresql:/bin/sh
appuser:x:1000:1000:appuser:/home/appuser:/bin/sh
"""
GROUPS: Final = "root:x:0:\npostgres:x:999:\nappuser:x:1000:\n"

POSTGRES: Final = """\
ARG BASE
FROM ${BASE}
COPY etc /etc
COPY opt /opt
COPY lib /usr/lib
COPY --chown=999:999 var /var
ENV PATH=/opt/postgres/bin:/usr/local/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/18/docker TZ=UTC
VOLUME /var/lib/postgresql
USER postgres
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["sh", "/opt/entrypoint.sh"]
CMD ["postgres"]
"""

POSTGRES_ENTRYPOINT: Final = """\
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA"
  printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
  initdb -D "$PGDATA" -U postgres --auth-host=scram-sha-256 --auth-local=trust \\
    --pwfile=/tmp/password --encoding=UTF8 --no-instructions \\
    --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C
  : > /tmp/password
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
fi
exec "$@" -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql
"""

# The embedded files hold no client programs. A server that takes logins answers with 'R'.
PG_ISREADY: Final = """\
#!/usr/local/bin/python3 -IS
import socket, struct
told = struct.pack("!I", 196608) + b"user\\0postgres\\0\\0"
with socket.create_connection(("127.0.0.1", 5432), 2) as server:
    server.sendall(struct.pack("!I", len(told) + 4) + told)
    raise SystemExit(server.recv(1) != b"R")
"""

KAFKA: Final = """\
ARG BASE
FROM ${BASE}
COPY etc /etc
COPY lib /usr/lib
COPY --chown=1000:1000 opt /opt
COPY --chown=1000:1000 var /var
VOLUME /var/lib/kafka/data
USER appuser
EXPOSE 9092
CMD ["sh", "/opt/kafka/run.sh"]
"""

KAFKA_RUN: Final = """\
set -eu
/opt/java/bin/java -cp '/opt/kafka/libs/*' kafka.docker.KafkaDockerWrapper setup \\
  --default-configs-dir /opt/kafka/defaults --mounted-configs-dir /opt/kafka/mounted \\
  --final-configs-dir /opt/kafka/config \\
  || [ -s "${KAFKA_LOG_DIRS:-/tmp/kafka-logs}/meta.properties" ]  # formatted when it last ran
exec /opt/java/bin/java ${KAFKA_HEAP_OPTS:--Xmx512m} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \\
  -Dlog4j2.configurationFile=/opt/kafka/config/log4j2.yaml \\
  -cp '/opt/kafka/libs/*' kafka.Kafka /opt/kafka/config/server.properties
"""

KAFKA_LOGGING: Final = """\
Configuration:
  Appenders:
    Console: {name: STDOUT, PatternLayout: {pattern: "[%d] %p %m (%c)%n"}}
  Loggers:
    Root: {level: INFO, AppenderRef: [{ref: STDOUT}]}
"""

# Kafka's tools are in a jar of their own, which the runner does not bring. The port of a broker
# takes connections once it serves requests.
KAFKA_TOPICS: Final = """\
#!/usr/local/bin/python3 -IS
import socket
socket.create_connection(("localhost", 9092), 2).close()
"""


@dataclass(frozen=True, slots=True)
class ServerImages:
    """Their names on the engine."""

    kafka: str
    postgres: str


def make(base: str, folder: Path) -> ServerImages:
    """Build both, unless the engine has them of these very files."""
    here = places()
    java = ensure_java(here)
    files = ensure_servers(here, java, print)
    made_of = f"{base} {files.key} {java.version} {Path(__file__).read_text(encoding='utf-8')}"
    key = hashlib.sha256(made_of.encode()).hexdigest()[:12]
    made = ServerImages(*(NAME.format(server=name, key=key) for name in ("kafka", "postgres")))
    if not has_image(made.kafka):
        _build(made.kafka, KAFKA, base, _kafka(files, java, folder / "kafka"))
    if not has_image(made.postgres):
        _build(made.postgres, POSTGRES, base, _postgres(files, folder / "postgres"))
    return made


def _kafka(files: ServerFiles, java: Java, folder: Path) -> Path:
    jars = files.class_path().split(":")
    (folder / "opt/kafka/libs").mkdir(parents=True)
    for jar in jars:
        shutil.copy(jar, folder / "opt/kafka/libs")
    shutil.copytree(
        java.home,
        folder / "opt/java",
        ignore=shutil.ignore_patterns(*NOT_OF_JAVA),
        ignore_dangling_symlinks=True,
    )
    for empty in ("opt/kafka/config", "opt/kafka/mounted", "var/lib/kafka/data"):
        (folder / empty).mkdir(parents=True)
    _write(folder / "opt/kafka/run.sh", KAFKA_RUN)
    _write(folder / "opt/kafka/bin/kafka-topics.sh", KAFKA_TOPICS)
    _write(folder / "opt/kafka/defaults/log4j2.yaml", KAFKA_LOGGING)
    _write(folder / "opt/kafka/defaults/tools-log4j2.yaml", KAFKA_LOGGING)
    _write(folder / "opt/kafka/defaults/server.properties", "")
    _share(folder, java.home)
    return folder


def _postgres(files: ServerFiles, folder: Path) -> Path:
    shutil.copytree(files.postgres, folder / "opt/postgres", symlinks=True)
    _write(folder / "opt/entrypoint.sh", POSTGRES_ENTRYPOINT)
    _write(folder / "opt/postgres/bin/pg_isready", PG_ISREADY)
    # As the official image has them: a file system in memory mounted there takes over the mode.
    for empty, mode in (("var/lib/postgresql", 0o1777), ("var/run/postgresql", 0o3777)):
        (folder / empty).mkdir(parents=True)
        (folder / empty).chmod(mode)
    _share(folder, files.postgres)
    return folder


def _share(folder: Path, programs: Path) -> None:
    """Users, and the libraries of this machine that these programs load."""
    _write(folder / "etc/passwd", USERS)
    _write(folder / "etc/group", GROUPS)
    (folder / "lib").mkdir()
    binaries = [*(programs / "bin").iterdir(), *(programs / "lib").rglob("*.so*")]
    for library in base_image.libraries_of(binaries):
        if not library.is_relative_to(programs):
            shutil.copy(library, folder / "lib")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def _build(tag: str, dockerfile: str, base: str, folder: Path) -> None:
    _write(folder / "Dockerfile", dockerfile)
    docker(
        *("build", "--quiet", "--network=none", f"--tag={tag}", "--build-arg", f"BASE={base}", "."),
        folder=folder,
        timeout=BUILD_TIMEOUT_SECONDS,
    )
    shutil.rmtree(folder)
