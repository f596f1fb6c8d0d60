"""status, logs, doctor, token, config: verbs that change nothing but what a token needs."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from runner import plan
from runner.cli.output import AsJson, say, show, verb
from runner.places import ROOT, places
from runner.platform import Platform
from runner.refusals import NotRunning, Refusal
from runner.state import Store

FOLLOW_SECONDS = 0.2
LINES_DEFAULT = 40

Code = Annotated[str | None, typer.Option()]


@verb
def status(
    as_json: AsJson = False,
    secrets: Annotated[bool, typer.Option(help="Show the databases' passwords.")] = False,
) -> None:
    """How every process is, asked now."""
    from runner.status import describe

    described = describe(Store(places().state), secrets=secrets)
    show(described, as_json=as_json, lines=_lines(described))


@verb
def logs(
    service: Annotated[str | None, typer.Argument(help="One process; none: all.")] = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Keep showing.")] = False,
    lines: Annotated[int, typer.Option("-n", help="How many lines to begin with.")] = LINES_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """What the processes wrote."""
    directory = places().logs
    found = sorted(directory.glob("*.log"))
    chosen = [file for file in found if service is None or file.stem == service]
    if not chosen:
        names = ", ".join(file.stem for file in found)
        remedy = f"there are: {names}" if names else "start the platform with ./waymark up"
        raise NotRunning("there is no such log", remedy)
    if as_json:
        show({file.stem: _tail(file, lines) for file in chosen}, as_json=True)
        return
    for file in chosen:
        mark = f"{file.stem}: " if len(chosen) > 1 else ""
        for line in _tail(file, lines):
            print(f"{mark}{line}")  # noqa: T201 - logs are the result
    if follow:
        _follow(chosen)


@verb
def doctor(as_json: AsJson = False) -> None:
    """Look for whatever could keep the platform from running; one fix for each."""
    from runner.doctor import examine

    findings = examine(places())
    lines = [f" {'ok  ' if one.good else 'FIX '} {one.what}: {one.seen}" for one in findings]
    lines += [f"      {one.what}: {one.fix}" for one in findings if not one.good]
    result = {
        "good": all(one.good for one in findings),
        "findings": [one.as_dict() for one in findings],
    }
    show(result, as_json=as_json, lines=lines)
    if not result["good"]:
        raise typer.Exit(3)


@verb
def token(
    role: Annotated[str, typer.Option(help="A member's role, such as pcn-manager.")],
    region: Code = None,
    pcn: Code = None,
    practice: Code = None,
    organization: Code = None,
    as_json: AsJson = False,
) -> None:
    """Print a bearer token for a demo member of that role."""
    from runner import tokens

    platform = Platform(places(), say)
    state = platform.store.running()
    tokens.demo_access(state, platform.vault)
    given = {"region": region, "pcn": pcn, "practice": practice, "organization": organization}
    member = tokens.member_for(role, given)
    text = tokens.token(state, platform.vault, member)
    result = {
        "token": text,
        "subject": member.subject,
        "role": member.role,
        "organisation_code": member.organisation_code,
    }
    show(result, as_json=as_json, lines=[text])


@verb
def config(
    service: Annotated[str, typer.Argument(help="Whose settings.")] = "referral",
    explain: Annotated[bool, typer.Option("--explain", help="Also what each key means.")] = True,
    as_json: AsJson = False,
) -> None:
    """Show what a service is told: each key, its value (secrets masked), its source, its meaning."""
    platform = Platform(places(), say)
    state = platform.store.read()
    process = plan.process_of(service)
    if process is None or not process.database:
        raise Refusal(f"{service} has no such settings", f"choose of: {', '.join(plan.DATABASES)}")
    if not state.databases:
        raise NotRunning("no platform was ever started here", "start one with ./waymark up")
    command = [sys.executable, "-m", process.module, "config", *(["--explain"] if explain else [])]
    env = platform.environment_of(state, process, state.ports[service])
    answer = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise Refusal(answer.stderr.strip() or "the service did not answer", "look at its settings")
    lines = answer.stdout.splitlines()
    show({"service": service, "settings": lines}, as_json=as_json, lines=lines)


def _lines(described: dict[str, Any]) -> list[str]:
    lines = [f" {described['state']}   console {described['console'] or '-'}"]
    for entry in described["services"]:
        ready = " ".join(name if good else f"({name})" for name, good in entry["ready"].items())
        lines.append(
            f" {entry['name']:<22} {entry['state']:<9} pid {entry['pid']:<8}"
            f" {entry['http'] or '':<24} {ready}"
        )
    if not described["services"]:
        lines.append(" start it with ./waymark up")
    return lines


def _tail(file: Path, count: int) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]


def _follow(files: list[Path]) -> None:
    read_to = {file: file.stat().st_size for file in files}
    while True:
        for file, read in read_to.items():
            size = file.stat().st_size
            if size != read:
                with file.open("rb") as stream:
                    stream.seek(read if size > read else 0)  # smaller: it was rolled
                    text = stream.read().decode(errors="replace")
                read_to[file] = size
                mark = f"{file.stem}: " if len(files) > 1 else ""
                for line in text.splitlines():
                    print(f"{mark}{line}", flush=True)  # noqa: T201 - logs are the result
        time.sleep(FOLLOW_SECONDS)
