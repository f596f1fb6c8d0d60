"""Only processes this platform started are ever signalled, and what ended says why."""

import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from runner import processes
from runner.processes import ProcessId

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        " print('deaf', flush=True); time.sleep(60)"
    ),
]


@pytest.fixture
def started(tmp_path):
    running: list[ProcessId] = []

    def start(command: list[str], log: str = "child.log") -> ProcessId:
        running.append(
            processes.start(
                command, log=tmp_path / log, env=dict(os.environ), cwd=tmp_path, platform=tmp_path
            )
        )
        return running[-1]

    yield start
    for process in running:
        processes.stop(process, timeout_seconds=0.2)


def wait_for(text: str, log: Path) -> None:
    deadline = time.monotonic() + 10
    while not log.exists() or text not in log.read_text():
        assert time.monotonic() < deadline, f"{text!r} never came: {log.read_text()}"
        time.sleep(0.01)


def test_a_process_lives_in_a_session_of_its_own_and_ends_when_asked(started):
    child = started(SLEEPER)
    assert child.alive
    assert os.getsid(child.pid) == child.pid
    assert processes.stop(child)
    assert not child.alive


def test_a_process_that_does_not_listen_is_ended_all_the_same(started, tmp_path):
    child = started(STUBBORN)
    wait_for("deaf", tmp_path / "child.log")
    assert not processes.stop(child, timeout_seconds=0.3)
    assert not child.alive


def test_a_pid_that_is_used_again_is_somebody_else(started):
    child = started(SLEEPER)
    earlier = ProcessId(child.pid, "another boot/1")
    assert not earlier.alive
    assert not earlier.paused
    assert not earlier.send(signal.SIGKILL)
    assert processes.stop(earlier, timeout_seconds=0.1)
    assert child.alive


def test_a_paused_process_is_told_from_a_running_one_and_can_still_be_stopped(started):
    child = started(SLEEPER)
    assert not child.paused
    child.send(signal.SIGSTOP)
    deadline = time.monotonic() + 5
    while not child.paused:
        assert time.monotonic() < deadline
    assert child.alive
    assert processes.stop(child)


def test_processes_no_note_was_kept_of_are_found_by_their_mark(started, tmp_path):
    child = started(SLEEPER)
    assert processes.marked(tmp_path) == [child]
    assert processes.marked(tmp_path / "other") == []


def test_children_are_found(started, tmp_path):
    code = (
        "import subprocess, sys, time;"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print('has a child', flush=True); time.sleep(60)"
    )
    parent = started([sys.executable, "-c", code])
    wait_for("has a child", tmp_path / "child.log")
    (child,) = processes.children(parent)
    assert child.alive
    child.send(signal.SIGKILL)


@pytest.mark.enable_socket
def test_a_port_belongs_to_the_process_that_listens_on_it(started):
    child = started(SLEEPER)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not processes.listens(child, port)
        here = ProcessId(os.getpid(), "")
        assert processes.listens(here, port)
    assert not processes.listens(here, port)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("starting\nModuleNotFoundError: No module named 'x'\nbye\n", "ModuleNotFoundError: "),
        ("2026 INFO a\n2026 ERROR disk gone (Kafka)\n2026 INFO shut down\n", "2026 ERROR disk"),
        (('{"level": "error", "event": "role_gave_up", "role": "relay", "time": "t"}\n{"level":'
         ' "info", "event": "stopped"}\n'), "ERROR role_gave_up role relay"),
        ("only this\n", "only this"),
        ('{"broken\n', '{"broken'),
        ("", ""),
    ],
)  # fmt: skip
def test_the_line_that_says_why_is_told(tmp_path, text, told):
    log = tmp_path / "x.log"
    log.write_text(text)
    assert processes.last_error(log).startswith(told)
    assert processes.last_error(tmp_path / "none.log") == ""


def test_a_log_that_has_grown_large_is_put_aside_at_the_next_start(started, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "LOG_BYTES_MAX", 10)
    (tmp_path / "child.log").write_text("more than ten bytes")
    child = started([sys.executable, "-c", "print('new')"])
    assert processes.wait_gone(child, 10)
    assert (tmp_path / "child.log").read_text() == "new\n"
    assert (tmp_path / "child.log.1").read_text() == "more than ten bytes"
