"""What can be done to one service: start, stop, kill, pause, resume."""

import signal
from typing import Annotated

import typer

from runner import plan
from runner.cli.output import AsJson, say, show, verb
from runner.places import places
from runner.platform import Platform
from runner.refusals import NotRunning, Refusal
from runner.state import KAFKA, POSTGRES, Running, State

COUNT_MAX = 16

Service = Annotated[str, typer.Argument(help="A service, kafka or postgres.")]
Role = Annotated[str | None, typer.Option(help="api, relay, consumer or schedules.")]
Count = Annotated[int, typer.Option(min=1, max=COUNT_MAX, help="How many more, with --role.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait until it is ready.")]


@verb
def start(
    service: Service,
    role: Role = None,
    count: Count = 1,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Start what has ended; with --role, start more processes of one role."""
    platform = Platform(places(), say)
    with platform.store.changing("start"):
        state = platform.store.read()
        if role is None:
            names = [entry.name for entry in _of(state, service)]
            started = platform.start_again(state, names)
        else:
            _of(state, service)
            _known_role(service, role)
            started = platform.add(state, service, role, count)
        server_names = (KAFKA, POSTGRES)
        if not no_wait:
            serving = [entry for entry in started if entry.name not in server_names]
            platform.wait_ready(state, serving)
    _tell("started", started, as_json=as_json)


@verb
def stop(service: Service, role: Role = None, as_json: AsJson = False) -> None:
    """Ask a service to end; what it has begun it finishes."""
    platform = Platform(places(), say)
    with platform.store.changing("stop"):
        state = platform.store.running()
        entries = _alive(state, service, role)
        platform.stop(state, entries)
    _tell("stopped", entries, as_json=as_json)


@verb
def kill(service: Service, role: Role = None, as_json: AsJson = False) -> None:
    """End a service at once, as a power cut would (SIGKILL)."""
    _signal("killed", service, role, signal.SIGKILL, as_json=as_json)


@verb
def pause(service: Service, role: Role = None, as_json: AsJson = False) -> None:
    """Stop a service in its tracks; it keeps its memory and its connections (SIGSTOP)."""
    _signal("paused", service, role, signal.SIGSTOP, as_json=as_json)


@verb
def resume(service: Service, role: Role = None, as_json: AsJson = False) -> None:
    """Wake a paused service (SIGCONT)."""
    _signal("resumed", service, role, signal.SIGCONT, as_json=as_json)


def _signal(
    done: str, service: str, role: str | None, number: signal.Signals, *, as_json: bool
) -> None:
    platform = Platform(places(), say)
    entries = _alive(platform.store.running(), service, role)
    platform.signal(entries, number)
    _tell(done, entries, as_json=as_json)


def _of(state: State, service: str) -> list[Running]:
    """Every process of a service, running or not."""
    entries = [entry for entry in state.processes if service in (entry.service, entry.name)]
    if entries:
        return entries
    known = sorted({entry.service for entry in state.processes})
    if not known:
        raise NotRunning("the platform is not running", "start it with ./waymark up")
    raise Refusal(f"there is no service called {service}", f"there are: {', '.join(known)}")


def _alive(state: State, service: str, role: str | None) -> list[Running]:
    """The processes meant, all of them running."""
    entries = [entry for entry in _of(state, service) if entry.process.alive]
    if not entries:
        raise NotRunning(f"{service} is not running", f"./waymark start {service}")
    if role is None:
        return entries
    _known_role(service, role)
    alone = [entry for entry in entries if entry.roles == (role,)]
    if not alone:
        others = next((entry.roles for entry in entries if role in entry.roles), ())
        raise Refusal(
            f"no process of {service} runs {role} alone"
            + (f": one runs {', '.join(others)}" if others else ""),
            f"without --role the whole process is meant; ./waymark start {service} --role {role}"
            " adds one of that role",
        )
    return alone


def _known_role(service: str, role: str) -> None:
    process = plan.process_of(service)
    roles = process.roles if process else ()
    if role not in roles:
        has = f"its roles are {', '.join(roles)}" if roles else "it has no roles"
        raise Refusal(f"{service} has no role {role}", has)


def _tell(done: str, entries: list[Running], *, as_json: bool) -> None:
    result = {done: [{"name": entry.name, "pid": entry.pid} for entry in entries]}
    names = ", ".join(f"{entry.name} (pid {entry.pid})" for entry in entries)
    show(result, as_json=as_json, lines=[f"{done} {names}" if entries else "nothing to do"])
