"""Kafka and Postgres in containers of the official images, on this machine's loopback alone.

Promise    What is started is stopped, whatever happens in between. Nothing is fetched.
Price      Kafka tells its clients where it is, so its port is chosen before it starts.
Not here   The Compose file, which runs the same images for people.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from runner.ports import HOST, PortFinder

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

POSTGRES_IMAGE: Final = "postgres:18.6"
KAFKA_IMAGE: Final = "apache/kafka:4.3.1"
ENGINE_TIMEOUT_SECONDS: Final = 5
START_TIMEOUT_SECONDS: Final = 120
PASSWORD: Final = "test-superuser"
# testcontainers' own class for Kafka knows Confluent's image only, its start scripts and versions.
_KAFKA: Final = {
    "CLUSTER_ID": "V2F5bWFya1Rlc3RzMDAwMQ",
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
}


class NoContainers(Exception):
    """No engine answers, or it does not have the images."""


def ask_for_images() -> None:
    """Raise ``NoContainers``, saying why, unless both servers could start at once."""
    import docker
    from docker.errors import DockerException, ImageNotFound

    try:
        with contextlib.closing(docker.from_env(timeout=ENGINE_TIMEOUT_SECONDS)) as client:
            for image in (POSTGRES_IMAGE, KAFKA_IMAGE):
                try:
                    client.images.get(image)
                except ImageNotFound:
                    raise NoContainers(f"the container engine does not have {image}") from None
    except DockerException as fault:
        raise NoContainers(f"no container engine answers: {type(fault).__name__}") from None


@contextmanager
def kafka(image: str = KAFKA_IMAGE) -> Iterator[str]:
    """A broker for the length of a block; its bootstrap address."""
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    container, address = _published(image, 9092)
    container.with_envs(**_KAFKA, KAFKA_ADVERTISED_LISTENERS=f"PLAINTEXT://{address}")
    started = LogMessageWaitStrategy("Kafka Server started")
    container.waiting_for(started.with_startup_timeout(START_TIMEOUT_SECONDS))
    with container:
        yield address


@contextmanager
def postgres(image: str = POSTGRES_IMAGE) -> Iterator[str]:
    """A database server for the length of a block; its superuser's address."""
    from testcontainers.core.wait_strategies import ExecWaitStrategy

    container, address = _published(image, 5432)
    container.with_env("POSTGRES_PASSWORD", PASSWORD)
    # Over TCP: while the data directory is being made, only the socket answers.
    answers = ExecWaitStrategy(["pg_isready", "--host=127.0.0.1", "--username=postgres"])
    container.waiting_for(answers.with_startup_timeout(START_TIMEOUT_SECONDS))
    with container:
        yield f"postgresql://postgres:{PASSWORD}@{address}/postgres"


def _published(image: str, port: int) -> tuple[DockerContainer, str]:
    """A container whose port is one of this machine's, and that address."""
    from testcontainers.core.config import testcontainers_config
    from testcontainers.core.container import DockerContainer

    # Its watcher is an image of its own, which would have to be fetched.
    testcontainers_config.ryuk_disabled = True
    free = PortFinder(Path(image)).take()
    container = DockerContainer(image)
    # The library takes what Docker's own client takes: an address with the port.
    cast("dict[str, Any]", container.ports)[f"{port}/tcp"] = (HOST, free)
    return container, f"{HOST}:{free}"
