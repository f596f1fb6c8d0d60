"""seed, sim, import, replay, quarantine: verbs about what is in the platform."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast, get_args
from uuid import uuid4

import typer

from chassis.web.problem_text import answer_in_one_line
from runner import plan
from runner.cli.output import AsJson, say, show, verb
from runner.places import places
from runner.platform import Platform
from runner.refusals import NotRunning, Refusal
from runner.state import State

if TYPE_CHECKING:
    import httpx

HTTP_TIMEOUT_SECONDS: Final = 15.0
WISH_TIMEOUT_SECONDS: Final = 15.0
WISH_POLL_SECONDS: Final = 0.2
PAGES_MAX: Final = 1_000

sim = typer.Typer(help="Synthetic people who keep using the demonstration.", no_args_is_help=True)
imports = typer.Typer(help="Take in what others kept elsewhere.", no_args_is_help=True)
quarantine = typer.Typer(help="Events a service could not apply.", no_args_is_help=True)

Size = Annotated[str, typer.Option(help="small: 3 PCNs; region: 30 PCNs and a year.")]
Service = Annotated[str, typer.Argument(help="The service that keeps it.")]
Identity = Annotated[str, typer.Argument(help="Its id, as `quarantine list` shows it.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with your name's key.")]


@verb
def seed(size: Size = "small", as_json: AsJson = False) -> None:
    """Load the synthetic region through the public APIs; again is harmless."""
    from runner import seeding

    platform = Platform(places(), say)
    # Without the lock: single processes can be started and stopped meanwhile.
    loaded = seeding.seed(platform, platform.store.running(), size)
    with platform.store.noting() as state:
        state.seeded = loaded
    show({"loaded": loaded}, as_json=as_json, lines=[f"loaded {loaded}"])


@sim.command("on")
@verb
def sim_on(as_json: AsJson = False) -> None:
    """Start the simulator in the background."""
    platform = Platform(places(), say)
    with platform.store.changing("sim on"):
        entry = platform.start_optional(platform.store.running(), plan.SIMULATOR)
    lines = [f"simulator runs (pid {entry.pid}), its log is {entry.log}"]
    show({"pid": entry.pid, "log": str(entry.log)}, as_json=as_json, lines=lines)


@sim.command("off")
@verb
def sim_off(as_json: AsJson = False) -> None:
    """Stop the simulator."""
    platform = Platform(places(), say)
    with platform.store.changing("sim off"):
        state = platform.store.running()
        entry = state.find(plan.SIMULATOR.service)
        entries = [entry] if entry and entry.process.alive else []
        platform.stop(state, entries)
    lines = ["simulator stopped" if entries else "the simulator was not running"]
    show({"stopped": len(entries)}, as_json=as_json, lines=lines)


@sim.command("run")
@verb
def sim_run(
    seconds: Annotated[float, typer.Option(min=0.1, help="For how long.")] = 60.0,
    rate: Annotated[float, typer.Option(min=0.01, help="Events a second.")] = 2.0,
    as_json: AsJson = False,
) -> None:
    """Run the simulator here for a while and say what it did."""
    import asyncio
    import importlib

    from runner.tokens import demo_access

    platform = Platform(places(), say)
    access = demo_access(platform.store.running(), platform.vault)
    simulator = importlib.import_module("demo.simulator")
    done = asyncio.run(simulator.simulate(access, rate=rate, seconds=seconds))
    show({"done": done}, as_json=as_json, lines=[f"done: {done}"])


@imports.command("referrals")
@verb
def import_referrals(
    file: Annotated[
        Path, typer.Argument(help="A CSV file; its columns: docs/how-to/import-a-referral-list.md")
    ],
    practice: Annotated[str, typer.Option(help="The practice whose list it is.")],
    dates: Annotated[str, typer.Option(help="iso, day-first, month-first or excel.")] = "iso",
    encoding: Annotated[str, typer.Option(help="utf-8, or what the file says it is.")] = "utf-8",
    as_json: AsJson = False,
) -> None:
    """Load a practice's list of referrals; again adds nothing, no message is sent."""
    from dataclasses import asdict

    from runner import tokens
    from runner.importing import loading
    from runner.importing.columns import DateStyle
    from runner.importing.reading import FileRefused
    from runner.importing.sending import LoadStopped
    from runner.seeding import Telling

    if not file.is_file() or not os.access(file, os.R_OK):
        raise Refusal(f"{file} is not a file that can be read", "name the CSV file's path")
    if dates not in get_args(DateStyle):
        raise Refusal(f"dates cannot be {dates}", f"choose of: {', '.join(get_args(DateStyle))}")
    platform = Platform(places(), say)
    state = platform.store.running()
    member = tokens.member_for("referrer", {"practice": practice})
    token = tokens.token(state, platform.vault, member)
    with Telling(f"reading {file.name}") as telling:
        try:
            outcome = loading.import_referrals(
                file,
                service_url=platform.http(state, "referral"),
                token=token,
                practice_code=practice,
                dates=cast("DateStyle", dates),
                encoding=encoding,
                on_progress=lambda now: telling.report("bytes", now.bytes_read, now.bytes_total),
            )
        except (FileRefused, LoadStopped) as refused:
            raise Refusal(str(refused), "correct that, then import the same file again") from None
    rejected = loading.rejected_path(file) if outcome.rejected else None
    line = (
        f"{outcome.read:,} rows: {outcome.loaded:,} loaded, {outcome.already:,} already there,"
        f" {outcome.rejected:,} rejected"
    )
    lines = [line, f"rejected rows and reasons: {rejected}"] if rejected else [line]
    show({**asdict(outcome), "rejected_file": rejected}, as_json=as_json, lines=lines)


@imports.command("postcodes")
@verb
def import_postcodes(
    file: Annotated[
        Path,
        typer.Argument(help="A CSV file; its columns: docs/how-to/load-deprivation-deciles.md"),
    ],
    edition: Annotated[str, typer.Option(help="Where the deciles come from, and of when.")],
    as_json: AsJson = False,
) -> None:
    """Load deprivation deciles by postcode; again changes nothing."""
    from dataclasses import asdict

    from runner import tokens
    from runner.importing import postcodes
    from runner.importing.reading import FileRefused
    from runner.importing.sending import LoadStopped
    from runner.seeding import Telling

    if not file.is_file() or not os.access(file, os.R_OK):
        raise Refusal(f"{file} is not a file that can be read", "name the CSV file's path")
    platform = Platform(places(), say)
    state = platform.store.running()
    token = tokens.token(state, platform.vault, tokens.member_for("registrar", {}))
    with Telling(f"reading {file.name}") as telling:
        try:
            loaded = postcodes.import_postcodes(
                file,
                service_url=platform.http(state, "referral"),
                token=token,
                edition=edition,
                on_progress=lambda now: telling.report("bytes", now.bytes_read, now.bytes_total),
            )
        except (FileRefused, LoadStopped) as refused:
            raise Refusal(str(refused), "correct that, then import the same file again") from None
    line = f"{loaded.read:,} postcodes read: {loaded.changed:,} are new or different now"
    show(asdict(loaded), as_json=as_json, lines=[line])


@imports.command("places")
@verb
def import_places(
    file: Annotated[
        Path, typer.Argument(help="A CSV file; its columns: docs/how-to/load-places.md")
    ],
    as_json: AsJson = False,
) -> None:
    """Load postcodes and named places, for searches near them; again changes nothing."""
    from dataclasses import asdict

    from runner import tokens
    from runner.importing import places as loading
    from runner.importing.reading import FileRefused
    from runner.importing.sending import LoadStopped
    from runner.seeding import Telling

    if not file.is_file() or not os.access(file, os.R_OK):
        raise Refusal(f"{file} is not a file that can be read", "name the CSV file's path")
    platform = Platform(places(), say)
    state = platform.store.running()
    token = tokens.token(state, platform.vault, tokens.member_for("registrar", {}))
    with Telling(f"reading {file.name}") as telling:
        try:
            loaded = loading.import_places(
                file,
                service_url=platform.http(state, "directory"),
                token=token,
                on_progress=lambda now: telling.report("bytes", now.bytes_read, now.bytes_total),
            )
        except (FileRefused, LoadStopped) as refused:
            raise Refusal(str(refused), "correct that, then import the same file again") from None
    line = f"{loaded.read:,} places read: {loaded.changed:,} are new or different now"
    show(asdict(loaded), as_json=as_json, lines=[line])


@verb
def replay(service: Service, as_json: AsJson = False) -> None:
    """Let a service read its topics again from the beginning; what it has applied it drops."""
    from runner.replaying import rewind

    platform = Platform(places(), say)
    process = plan.process_of(service)
    if process is None or "consumer" not in process.roles:
        raise Refusal(f"{service} consumes nothing", f"choose of: {', '.join(plan.DATABASES)}")
    with platform.store.changing("replay"):
        state = platform.store.running()
        consuming = [
            entry
            for entry in state.processes
            if entry.service == service and "consumer" in entry.roles and entry.process.alive
        ]
        platform.stop(state, consuming)
        try:
            again = rewind(state.kafka, process.groups)
        finally:
            started = platform.start_again(state, [entry.name for entry in consuming])
        platform.wait_ready(state, started)
    lines = [
        f"{group} reads {count:,} records of {topic} again"
        for group, records in again.items()
        for topic, count in records.items()
    ]
    show({"service": service, "records": again}, as_json=as_json, lines=lines)


@quarantine.command("list")
@verb
def quarantine_list(
    service: Annotated[str | None, typer.Argument(help="One service; none: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """What is in quarantine, and what is held behind it."""
    found: list[dict[str, Any]] = []
    with _operator() as (http, platform, state):
        for name in [service] if service else plan.DATABASES:
            found += [{"service": name, **item} for item in _pages(http, platform, state, name)]
    lines = [_quarantined(item) for item in found]
    show({"items": found}, as_json=as_json, lines=lines or ["nothing is in quarantine"])


@quarantine.command("show")
@verb
def quarantine_show(
    service: Service, identity: Identity, reason: Reason, as_json: AsJson = False
) -> None:
    """Open one event; that you did, and why, is recorded."""
    import json

    with _operator() as (http, platform, state):
        url = f"{platform.http(state, service)}/internal/quarantine/{identity}"
        item = _answer(http.get(url, headers={"Waymark-Reason": reason}))
    show(item, as_json=as_json, lines=[json.dumps(item, indent=2, ensure_ascii=False)])


@quarantine.command("redrive")
@verb
def quarantine_redrive(
    service: Service, identity: Identity, reason: Reason, as_json: AsJson = False
) -> None:
    """Apply it and what is held behind it again, in order."""
    _wish(service, f"quarantine/{identity}/redrive", reason, as_json=as_json)


@quarantine.command("discard")
@verb
def quarantine_discard(
    service: Service, identity: Identity, reason: Reason, as_json: AsJson = False
) -> None:
    """Leave it out for good; what is held behind it goes on."""
    _wish(service, f"quarantine/{identity}/discard", reason, as_json=as_json)


@quarantine.command("resume")
@verb
def quarantine_resume(
    service: Service,
    topic: Annotated[str, typer.Argument(help="The topic.")],
    stream: Annotated[str, typer.Argument(help="The stream that stopped.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Let a stream go on that stopped because too much of it was refused."""
    _wish(service, f"streams/{topic}/{stream}/resume", reason, as_json=as_json)


class _operator:  # noqa: N801 - reads as the phrase it stands for: with an operator's client
    """An HTTP client with an operator's token."""

    def __enter__(self) -> tuple[httpx.Client, Platform, State]:
        import httpx

        from runner import tokens

        platform = Platform(places(), say)
        state = platform.store.running()
        token = tokens.token(state, platform.vault, tokens.member_for("operator", {}))
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(timeout=HTTP_TIMEOUT_SECONDS, headers=headers, trust_env=False)
        return self._http, platform, state

    def __exit__(self, _kind: object, fault: BaseException | None, _trace: object) -> None:
        import httpx

        self._http.close()
        if isinstance(fault, httpx.HTTPError):
            raise NotRunning(
                f"a service does not answer ({type(fault).__name__})",
                "./waymark status shows which",
            ) from None


def _quarantined(item: dict[str, Any]) -> str:
    where = f"{item['stream'] or '-'} number {item['number']}"
    if item["number"] is None:
        where = f"{item['topic']} {item['record_partition']}:{item['record_offset']}"
    return f"{item['service']:<14} {item['id']}  {where}  {item['type'] or 'no type'}  {item['reason']}"


def _wish(service: str, path: str, reason: str, *, as_json: bool) -> None:
    with _operator() as (http, platform, state):
        base = platform.http(state, service)
        headers = {"Idempotency-Key": str(uuid4())}
        sent = http.post(f"{base}/internal/{path}", json={"reason": reason}, headers=headers)
        wish = _answer(sent)
        deadline = time.monotonic() + WISH_TIMEOUT_SECONDS
        while wish.get("carried_out_at") is None and time.monotonic() < deadline:
            time.sleep(WISH_POLL_SECONDS)
            wish = _answer(http.get(f"{base}{sent.headers['Location']}"))
    line = f"{wish['action']}: {wish['outcome']}"
    if wish.get("carried_out_at") is None:
        line += " (the consumer has not come to it yet; ./waymark status shows whether it runs)"
    show(wish, as_json=as_json, lines=[line])


def _pages(
    http: httpx.Client, platform: Platform, state: State, service: str
) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    for _ in range(PAGES_MAX):
        query = {"cursor": cursor} if cursor else {}
        page = _answer(
            http.get(f"{platform.http(state, service)}/internal/quarantine", params=query)
        )
        items += page["items"]
        cursor = page.get("next")
        if not cursor:
            break
    return items


def _answer(response: httpx.Response) -> Any:
    if response.is_success:
        return response.json() if response.content else {}
    said = answer_in_one_line(response)
    if response.status_code in (502, 503, 504):
        raise NotRunning(f"the service is not ready: {said}", "./waymark status shows why")
    raise Refusal(f"the service refused: {said}", "./waymark quarantine list")
