"""The platform as one object: what ``status --json`` prints and every tool can rely on."""

import re
from typing import Any, Literal

from runner.health import Health, Report, examine
from runner.plan import PLAN
from runner.ports import HOST
from runner.state import KAFKA, POSTGRES, State, Store

PlatformState = Literal["stopped", "starting", "ready", "degraded"]


def describe(store: Store, *, secrets: bool) -> dict[str, Any]:
    """Ask every process now and describe what is."""
    state = store.read()
    report = examine(state) if state.processes else Report([], None)
    return {
        "state": overall(store, state, report),
        "console": _http(state, "console"),
        "issuer": state.issuer or None,
        "mail": {"smtp": f"{HOST}:{state.smtp_port}", "http": _http(state, "mail")},
        "kafka": {"bootstrap": state.kafka or None, "topics": report.topics or []},
        "postgres": {
            service: {"url": roles["worker"] if secrets else hidden(roles["worker"])}
            for service, roles in state.databases.items()
        },
        "services": [_entry(health) for health in sorted(report.processes, key=_place)],
    }


def overall(store: Store, state: State, report: Report) -> PlatformState:
    """The whole platform in one word."""
    if store.busy and store.holder().startswith("./waymark up"):
        return "starting"
    if not state.running:
        return "stopped"
    if report.all_ready:
        return "ready"
    states = {health.state for health in report.processes}
    return "starting" if states <= {"ready", "starting"} else "degraded"


def hidden(url: str) -> str:
    """A database's address without its password."""
    return re.sub(r"(://[^:/@]+):[^@]*@", r"\1@", url)


def _entry(health: Health) -> dict[str, Any]:
    entry = health.entry
    web = entry.service not in (KAFKA, POSTGRES)
    return {
        "service": entry.service,
        "roles": list(entry.roles),
        "ready": health.ready,
        "pid": entry.pid,
        "state": health.state,
        "http": f"http://{HOST}:{entry.port}" if web else None,
        "log": str(entry.log),
        "group": entry.service if "consumer" in entry.roles else None,
        "name": entry.name,
    }


def _place(health: Health) -> tuple[int, str]:
    """Services in the plan's order, each with what was added to it, the servers last."""
    order = [process.service for process in PLAN]
    service = health.entry.service
    return order.index(service) if service in order else len(order), health.entry.name


def _http(state: State, service: str) -> str | None:
    return f"http://{HOST}:{state.ports[service]}" if service in state.ports else None
