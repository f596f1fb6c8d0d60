"""test, check, bench: what a change must pass, and what it costs."""

import os
import subprocess
import sys
from typing import Annotated, Any, Final

import typer

from runner.cli.output import AsJson, say, show, verb
from runner.embedded import running_servers
from runner.places import ROOT

# Everything after the verb that is not ours goes to the tool itself.
PASS_ON: Final[dict[str, Any]] = {"ignore_unknown_options": True, "allow_extra_args": True}
TEST_WORKERS: Final = "2"

All = Annotated[bool, typer.Option("--all", help="Also the long tests.")]


@verb
def run_tests(context: typer.Context, everything: All = False, as_json: AsJson = False) -> None:
    """Check the repository, then run the everyday suite on one broker and one database server."""
    from runner.chromium import ensure_chromium

    checked = subprocess.run([sys.executable, "-m", "tools.check"], cwd=ROOT, check=False)
    ensure_chromium(say)
    ended = _with_servers(_pytest(context.args, everything=everything))
    good = checked.returncode == 0 and ended == 0
    if checked.returncode:
        # Above the tests' output by now: said again, so that it is not missed.
        say("./waymark check found something, see the beginning")
    show({"good": good, "check": checked.returncode, "pytest": ended}, as_json=as_json)
    if not good:
        raise typer.Exit(1)


@verb
def check(as_json: AsJson = False) -> None:
    """Types, lint, imports, links, sizes, contracts: all a machine can judge without servers."""
    command = [sys.executable, "-m", "tools.check"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=as_json, check=False)
    show({"good": ended.returncode == 0}, as_json=as_json)
    if ended.returncode:
        raise typer.Exit(1)


@verb
def bench(context: typer.Context, as_json: AsJson = False) -> None:
    """Measure the platform against its budgets and its peers; the table goes to bench/results."""
    ended = _with_servers([sys.executable, "-m", "bench.run", *context.args])
    show({"good": ended == 0}, as_json=as_json)
    if ended:
        raise typer.Exit(1)


def _pytest(arguments: list[str], *, everything: bool) -> list[str]:
    command = [sys.executable, "-m", "pytest", *arguments]
    if not any(argument.startswith("-n") for argument in arguments):
        # Tests that share a platform stay together on one worker.
        command += ["-n", TEST_WORKERS, "--dist", "loadgroup"]
    if not everything and "-m" not in arguments:
        command += ["-m", "not slow"]
    return command


def _with_servers(command: list[str]) -> int:
    """Run a command with a broker and a database server, the given ones or its own."""
    given = os.environ.get("WAYMARK_KAFKA") and os.environ.get("WAYMARK_DATABASE_URL")
    if given:
        say("using the given Kafka and PostgreSQL")
        return subprocess.run(command, cwd=ROOT, check=False).returncode
    with running_servers(say=say) as servers:
        say("Kafka and PostgreSQL of this run are ready")
        addresses = {
            "WAYMARK_KAFKA": servers.bootstrap,
            "WAYMARK_DATABASE_URL": servers.database_url,
        }
        env = {**os.environ, **addresses}
        return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
