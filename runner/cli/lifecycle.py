"""up, down, reset."""

import shutil
import sys
import time
from typing import Annotated, Any

import typer

from runner.cli.output import AsJson, say, show, verb
from runner.places import places
from runner.platform import Platform
from runner.refusals import NotAllowed, NotRunning, Refusal
from runner.state import State

Mode = Annotated[str, typer.Option(help="demo, or region: with an issuer of your own.")]
NoSeed = Annotated[bool, typer.Option("--no-seed", help="Leave the databases empty.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@verb
def up(no_seed: NoSeed = False, mode: Mode = "demo", as_json: AsJson = False) -> None:
    """Start everything and load a small synthetic region. Twice is harmless."""
    from runner import seeding, status

    if mode not in ("demo", "region"):
        raise Refusal(f"there is no mode {mode}", "choose demo or region")
    platform = Platform(places(), say)
    began = time.monotonic()
    with platform.store.changing("up"):
        before = platform.store.read()
        if before.running and before.mode != mode:
            raise Refusal(
                f"the platform runs in {before.mode} mode", "./waymark down first, then up"
            )
        state = platform.up(mode)
        if mode == "demo" and not no_seed and not state.seeded:
            state.seeded = seeding.seed(platform, state, "small")
            platform.store.write(state)
    seconds = time.monotonic() - began
    described = status.describe(platform.store, secrets=False)
    show(described, as_json=as_json, lines=_summary(platform, state, described, seconds))


@verb
def down(as_json: AsJson = False) -> None:
    """Stop everything; the data stays."""
    platform = Platform(places(), say)
    with platform.store.changing("down"):
        count = platform.down()
    line = f"stopped {count} processes; the data stays in {platform.places.state}"
    show({"stopped": count}, as_json=as_json, lines=[line if count else "nothing was running"])


@verb
def reset(yes: Yes = False, as_json: AsJson = False) -> None:
    """Stop everything and delete all its data. Asks first."""
    platform = Platform(places(), say)
    here = platform.places
    if not here.state.exists():
        raise NotRunning("there is nothing to delete", "./waymark up starts a new platform")
    if not yes:
        if not sys.stdin.isatty():
            raise NotAllowed("reset deletes all data and nobody is there to ask", "add --yes")
        typer.confirm(f"Delete all data in {here.state}?", abort=True)
    with platform.store.changing("reset"):
        platform.down()
        platform.forget_given()
        elsewhere = not here.postgres.is_relative_to(here.state)
        for directory in (here.postgres.parent if elsewhere else here.postgres, here.state):
            shutil.rmtree(directory, ignore_errors=True)
    show({"deleted": str(here.state)}, as_json=as_json, lines=[f"deleted {here.state}"])


def _summary(
    platform: Platform, state: State, described: dict[str, Any], seconds: float
) -> list[str]:
    """What is true now, in few lines."""
    count = len([entry for entry in described["services"] if entry["http"]])
    demo = state.mode == "demo"
    console = described["console"]
    sign_in = "sign in by choosing who to be, no password (demo)"
    rows = [
        ("Console", f"{console}   {sign_in if demo else f'sign in at {state.issuer}'}"),
        ("Operations", f"{console}/operations"),
        *((name.capitalize(), f"{platform.http(state, name)}/docs") for name in state.databases),
    ]
    if demo:
        rows.append(("Messages", f"{described['mail']['http']}   nothing leaves this machine"))
    if state.seeded:
        rows.append(("Loaded", state.seeded))
    if demo:
        rows.append(("Token", "./waymark token --role pcn-manager --pcn U99001"))
    rows += [
        ("Try", "./waymark kill reporting   then ./waymark status, then ./waymark up"),
        ("Logs", f"{platform.places.logs}   or ./waymark logs SERVICE -f"),
        ("Stop", "./waymark down   Problems ./waymark doctor"),
    ]
    first = f" ready in {seconds:.0f} s   ({platform.versions(state)} · {count} processes)"
    return [first, *(f" {name:<14} {text}" for name, text in rows)]
