"""The embedded servers: data outlives a stop and a kill, and only the password opens the door."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from runner import embedded, processes
from runner.embedded import running_servers, start_servers
from runner.places import Places, open_to_others
from tests.waiting import until

pytestmark = [
    pytest.mark.platform,
    pytest.mark.xdist_group("embedded"),
    pytest.mark.timeout(300),
]


async def write(servers) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("kept", 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=servers.bootstrap, acks="all")
    await producer.start()
    await producer.send_and_wait("kept", b"record", partition=0)
    await producer.stop()
    connection = await asyncpg.connect(servers.database_url)
    await connection.execute("create table kept (word text); insert into kept values ('row')")
    await connection.close()


async def read(servers) -> tuple[bytes, str]:
    consumer = AIOKafkaConsumer(bootstrap_servers=servers.bootstrap)
    await consumer.start()
    partition = TopicPartition("kept", 0)
    consumer.assign([partition])
    await consumer.seek_to_beginning(partition)
    record = await consumer.getone(partition)
    await consumer.stop()
    connection = await asyncpg.connect(servers.database_url)
    word = await connection.fetchval("select word from kept")
    await connection.close()
    return record.value, word


@pytest.fixture
def directory():
    with tempfile.TemporaryDirectory(prefix="waymark-test-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


async def test_a_record_and_a_row_outlive_a_stop_and_a_kill(directory):
    servers = start_servers(directory)
    await write(servers)
    servers.stop()
    assert processes.marked(directory) == []

    servers = start_servers(directory)
    assert await read(servers) == (b"record", "row")
    for process in (servers.kafka_process, servers.postgres_process):
        process.send(signal.SIGKILL)
        # Not reaped: in a container nobody may ever ask for its end, and it stays a zombie.
        await until(lambda gone=process: not gone.alive, timeout_seconds=10, what="it is dead")
    killed = servers.kafka_process, servers.postgres_process

    servers = start_servers(directory)
    try:
        for process in killed:
            assert processes.wait_gone(process, 10)  # reaps it
        assert await read(servers) == (b"record", "row")
        # Loopback, scram: without the password nobody gets in, and nothing else is offered.
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(f"postgresql://postgres:x@127.0.0.1:{servers.postgres.port}")
        connection = await asyncpg.connect(servers.database_url)
        settings = {
            row["name"]: row["setting"]
            for row in await connection.fetch("select name, setting from pg_settings")
        }
        rules = await connection.fetch("select distinct auth_method from pg_hba_file_rules")
        await connection.close()
        assert settings["listen_addresses"] == "127.0.0.1"
        assert settings["unix_socket_directories"] == ""
        assert settings["fsync"] == "on"
        assert int(settings["max_connections"]) >= 300
        assert {row["auth_method"] for row in rules} == {"scram-sha-256"}
        log = (directory / "logs" / "kafka.log").read_text()
        assert "Kafka Server started" in log
    finally:
        servers.stop()
    assert processes.marked(directory) == []


def test_without_a_directory_nothing_stays():
    with running_servers() as servers:
        assert servers.directory.exists()
    assert not servers.directory.exists()
    assert processes.marked(servers.directory) == []


def test_servers_of_a_run_that_was_killed_are_ended_by_the_next(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left, alive = tmp_path / f"waymark-servers-{gone.pid}-x", tmp_path / "waymark-servers-1-x"
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    ours, theirs = (
        processes.start(command, log=d / "log", env=dict(os.environ), cwd=tmp_path, platform=d)
        for d in (left, alive)
    )
    embedded._sweep()
    assert not ours.alive
    assert not left.exists()
    assert theirs.alive
    processes.stop(theirs)


def test_a_directory_nobody_else_can_reach_keeps_its_database_elsewhere(tmp_path, monkeypatch):
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    assert not open_to_others(hidden / "run")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    elsewhere = Places(state=hidden / "run", cache=hidden / "cache")
    assert elsewhere.postgres.is_relative_to("/var/lib/waymark")
    assert elsewhere.binaries.is_relative_to("/var/lib/waymark")
    assert elsewhere.postgres != Places(state=hidden / "two", cache=hidden / "cache").postgres
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert elsewhere.postgres == hidden / "run" / "postgres"
