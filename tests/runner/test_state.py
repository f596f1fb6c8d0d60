"""The state file is whole at every moment, secret, and changed by one command at a time."""

import json
import os
import subprocess
import sys

import pytest

from runner.places import ROOT
from runner.refusals import Busy, NotRunning
from runner.state import Running, State, Store
from runner.vault import Vault


def an_entry(name: str = "referral", **more) -> Running:
    fields = {
        "name": name,
        "service": "referral",
        "roles": ("api",),
        "pid": 1,
        "started": "boot/0",
        "port": 20_001,
        "log": "/x.log",
        "started_at": 0.0,
    }
    return Running.model_validate({**fields, **more})


def test_what_was_written_is_read_by_the_next_command(tmp_path):
    state = State(mode="region", ports={"console": 8080}, kafka_ports=(1, 2))
    state.put(an_entry())
    state.put(an_entry(pid=2))
    state.put(an_entry("referral-api-2"))
    Store(tmp_path).write(state)
    read = Store(tmp_path).read()
    assert read == state
    assert [entry.pid for entry in read.processes] == [2, 1]
    assert read.find("referral").pid == 2
    assert read.find("reporting") is None


def test_before_the_first_up_there_is_an_empty_state(tmp_path):
    assert Store(tmp_path / "none").read() == State()
    with pytest.raises(NotRunning) as refused:
        Store(tmp_path / "none").running()
    assert refused.value.remedy == "start it with ./waymark up"


def test_state_and_secrets_are_for_their_owner_alone(tmp_path):
    Store(tmp_path).write(State())
    Vault(tmp_path).secret("postgres")
    for name in ("state.json", "secrets.json"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0, name


def test_a_secret_is_made_once_and_survives(tmp_path):
    first = Vault(tmp_path).secret("client-referral")
    assert len(first) >= 16
    assert Vault(tmp_path).secret("client-referral") == first
    assert Vault(tmp_path).secret("client-directory") != first
    assert Vault(tmp_path / "other").secret("client-referral") != first
    assert set(json.loads((tmp_path / "secrets.json").read_text())) == {
        "client-referral",
        "client-directory",
    }


def test_a_write_that_is_cut_off_leaves_the_state_before_it(tmp_path):
    store = Store(tmp_path)
    store.write(State(kafka="127.0.0.1:1"))
    (tmp_path / "state.partial").write_text('{"kafka": "127.0')
    assert store.read().kafka == "127.0.0.1:1"


def test_a_second_command_is_told_who_is_at_work_and_the_lock_ends_with_its_holder(tmp_path):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            (
                "import sys, pathlib; from runner.state import Store\n"
                "with Store(pathlib.Path(sys.argv[1])).changing('up'):\n"
                "    print('held', flush=True); sys.stdin.read()"
            ),
            str(tmp_path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        store = Store(tmp_path)
        assert store.busy
        with pytest.raises(Busy) as refused, store.changing("down"):
            pass
        assert f"./waymark up (pid {holder.pid})" in refused.value.fact
        assert "\n" not in refused.value.fact
    finally:
        holder.kill()
        holder.communicate()
    # Killed, it could give nothing back: the kernel does.
    with store.changing("down"):
        pass
    assert not store.busy
