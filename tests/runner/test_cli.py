"""Every verb explains itself, answers programs in JSON, and refuses in one line with a remedy."""

import errno
import json

import pytest
import typer
from typer.testing import CliRunner

from runner.cli import output
from runner.cli.app import app
from runner.refusals import Busy, NotAllowed, NotRunning, Refusal, Unusable

VERBS = (
    "up", "down", "reset", "status", "logs", "doctor", "token", "config", "seed", "start", "stop",
    "kill", "pause", "resume", "replay", "test", "check", "bench", "sim on", "sim off", "sim run",
    "import referrals", "import postcodes", "import places", "import populations", "import feed",
    "quarantine list", "quarantine show", "quarantine redrive", "quarantine discard",
    "quarantine resume",
)  # fmt: skip


@pytest.fixture
def run(monkeypatch, tmp_path):
    for name in ("WAYMARK_KAFKA", "WAYMARK_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WAYMARK_STATE", str(tmp_path / "run"))
    monkeypatch.setenv("WAYMARK_CACHE", str(tmp_path / "cache"))

    def invoke(*arguments: str):
        return CliRunner().invoke(app, list(arguments))

    return invoke


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_json(run, verb):
    answer = run(*verb.split(), "--help")
    assert answer.exit_code == 0
    assert "--json" in answer.stdout
    usage, told = answer.stdout.strip().split("\n\n")[:2]
    assert usage.startswith("Usage: ")
    assert told.strip().endswith(".")


def test_without_a_verb_the_verbs_and_the_exit_codes_are_shown(run):
    answer = run()
    for verb in {verb.split()[0] for verb in VERBS}:
        assert verb in answer.output
    assert "4 another command is at it" in answer.output


def test_the_status_of_a_platform_that_was_never_started_is_an_object_too(run):
    answer = run("status", "--json")
    assert answer.exit_code == 0
    described = json.loads(answer.stdout)
    assert described["state"] == "stopped"
    assert described["services"] == []
    assert set(described) == {
        "state", "console", "issuer", "mail", "kafka", "postgres", "services",
    }  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ["token", "--role", "referrer"],
        ["seed"],
        ["sim", "on"],
        ["stop", "referral"],
        ["kill", "kafka"],
        ["pause", "referral"],
        ["resume", "referral"],
        ["start", "referral"],
        ["replay", "reporting"],
        ["quarantine", "list"],
        ["config"],
        ["logs"],
        ["reset", "--yes"],
    ],
    ids=" ".join,
)
def test_what_needs_a_running_platform_says_so_in_one_line(run, arguments):
    answer = run(*arguments)
    assert answer.exit_code == NotRunning.exit_code
    fact, remedy = answer.stderr.rstrip("\n").split("\n")
    assert fact.startswith("waymark: ")
    assert remedy.startswith("  remedy: ")
    assert answer.stdout == ""
    as_json = run(*arguments, "--json")
    assert as_json.exit_code == NotRunning.exit_code
    assert set(json.loads(as_json.stdout)["error"]) == {"fact", "remedy"}


def test_reset_deletes_nothing_that_nobody_agreed_to(run, tmp_path):
    kept = tmp_path / "run" / "secrets.json"
    kept.parent.mkdir()
    kept.write_text("{}")
    answer = run("reset")
    assert answer.exit_code == NotAllowed.exit_code
    assert "add --yes" in answer.stderr
    assert kept.exists()
    assert run("reset", "--yes").exit_code == 0
    assert not kept.parent.exists()


def test_nothing_is_running_and_down_says_that_it_is_so(run):
    answer = run("down")
    assert answer.exit_code == 0
    assert answer.stdout == "nothing was running\n"


def test_a_disk_that_is_nearly_full_is_one_line_before_anything_starts(run, monkeypatch, tmp_path):
    monkeypatch.setenv("WAYMARK_DISK_FREE_GB_MIN", "1000000")
    answer = run("up")
    assert answer.exit_code == Unusable.exit_code
    assert "1e+06 GB are needed" in answer.stderr
    assert "remedy: free some space" in answer.stderr
    assert not (tmp_path / "run" / "logs").exists()


def test_a_disk_that_fills_up_underway_is_one_line_too():
    @output.verb
    def write() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/run/x")

    with pytest.raises(typer.Exit) as ended:
        write()
    assert ended.value.exit_code == 1


@pytest.mark.enable_socket
def test_a_region_without_an_issuer_is_told_what_to_set(run, monkeypatch):
    monkeypatch.delenv("WAYMARK_ISSUER_URL", raising=False)
    answer = run("up", "--mode", "region")
    assert answer.exit_code == Unusable.exit_code
    assert "WAYMARK_ISSUER_URL" in answer.stderr
    assert run("up", "--mode", "sandbox").exit_code == 1


def test_every_kind_of_refusal_has_an_exit_code_of_its_own():
    codes = [kind.exit_code for kind in (Refusal, Unusable, Busy, NotRunning, NotAllowed)]
    assert codes == [1, 3, 4, 5, 6]
