"""The whole platform in real processes, driven as an operator would: by ``./waymark`` and HTTP.

Promise    A platform of its own, with its own Kafka and Postgres, so that a test may kill anything.
Price      Half a minute to start and seed: one platform serves a whole run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx
import pytest

ROOT: Final = Path(__file__).resolve().parent.parent
VERB_TIMEOUT_SECONDS: Final = 240
HTTP_TIMEOUT_SECONDS: Final = 15.0
SERVICES: Final = ("referral", "directory", "notifications", "reporting")


class VerbFailed(AssertionError):
    """A ``./waymark`` verb ended with a code other than 0."""


@dataclass(slots=True)
class LivePlatform:
    """One running platform."""

    state: Path
    environ: dict[str, str]
    tokens: dict[tuple[str, ...], str] = field(default_factory=dict[tuple[str, ...], str])
    addresses: dict[str, str] = field(default_factory=dict[str, str])
    databases: dict[str, str] = field(default_factory=dict[str, str])
    broker: str = ""

    @property
    def bootstrap(self) -> str:
        """Where the broker answers, asked once."""
        self.broker = self.broker or self.status()["kafka"]["bootstrap"]
        return self.broker

    def verb(self, *arguments: str, check: bool = True) -> str:
        """Run a verb as a person would and give what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "runner", *arguments],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=VERB_TIMEOUT_SECONDS,
            check=False,
        )
        if check and done.returncode != 0:
            said = (done.stdout + done.stderr)[-2_000:]
            raise VerbFailed(f"./waymark {' '.join(arguments)}: {done.returncode}\n{said}")
        return done.stdout

    def status(self, *, secrets: bool = False) -> dict[str, Any]:
        """What ``status --json`` says."""
        return json.loads(self.verb("status", "--json", *(["--secrets"] if secrets else [])))

    def url(self, service: str) -> str:
        """Where a service's first process answers."""
        if not self.addresses:
            for entry in self.status()["services"]:
                if "api" in entry["roles"] or entry["service"] in ("console", "issuer"):
                    self.addresses.setdefault(entry["service"], entry["http"])
        return self.addresses[service]

    @contextmanager
    def without(self, service: str) -> Iterator[None]:
        """Stop a service for the length of a block, and start it again whatever happens there."""
        self.verb("stop", service)
        try:
            yield
        finally:
            self.verb("start", service)

    def token(self, role: str, **organisation: str) -> str:
        """A bearer token for a demo member; kept, since a run needs it often."""
        key = (role, *(f"{name}={code}" for name, code in organisation.items()))
        if key not in self.tokens:
            options = [part for name, code in organisation.items() for part in (f"--{name}", code)]
            self.tokens[key] = self.verb("token", "--role", role, *options).strip().split()[-1]
        return self.tokens[key]

    def client(self, service: str, role: str, **organisation: str) -> httpx.Client:
        """An HTTP client that speaks to a service as a demo member."""
        return httpx.Client(
            base_url=self.url(service),
            headers={"Authorization": f"Bearer {self.token(role, **organisation)}"},
            timeout=HTTP_TIMEOUT_SECONDS,
            trust_env=False,
        )

    def flow(self, service: str) -> list[dict[str, Any]]:
        """The conservation figures of a service's consumers, every stream."""
        items: list[dict[str, Any]] = []
        with self.client(service, "operator", region="QZZ") as http:
            after: str | None = None
            while True:
                answer = http.get("/internal/flow", params={"cursor": after} if after else {})
                answer.raise_for_status()
                page = answer.json()
                items += page["items"]
                after = page["next"]
                if after is None:
                    return items

    async def rows(self, service: str, sql: str, *values: object) -> list[asyncpg.Record]:
        """Ask a service's database directly, past its API, as no client can."""
        if not self.databases:
            # Asked once: where a database answers never changes, and a verb takes its time.
            told = self.status(secrets=True)["postgres"]
            self.databases = {name: one["url"] for name, one in told.items()}
        connection = await asyncpg.connect(self.databases[service])
        try:
            return await connection.fetch(sql, *values)
        finally:
            await connection.close()


@contextmanager
def live_platform(state: Path, *, seed: bool = True) -> Iterator[LivePlatform]:
    """Bring up a platform with servers of its own; take it down whatever happens."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")}
    environ |= {
        "WAYMARK_STATE": str(state),
        "WAYMARK_OTLP_ENDPOINT": f"file:{state / 'spans.jsonl'}",
    }
    platform = LivePlatform(state, environ)
    try:
        platform.verb("up", *([] if seed else ["--no-seed"]))
        yield platform
    finally:
        platform.verb("down", check=False)


@pytest.fixture(scope="session")
def live() -> Iterator[LivePlatform]:
    """The seeded demonstration, in real processes: one for every journey and fault of a run."""
    # Not below pytest's own folder: whichever run begins next shuts that for other users, and
    # PostgreSQL is one under root.
    with tempfile.TemporaryDirectory(prefix="waymark-live-") as name:
        Path(name).chmod(0o711)
        with live_platform(Path(name)) as running:
            yield running


def eventually(what: str, holds: Callable[[], Any], *, timeout_seconds: float = 60.0) -> Any:
    """Wait until ``holds`` gives something true; fail with what was last seen."""
    deadline = time.monotonic() + timeout_seconds
    seen: Any = None
    while time.monotonic() < deadline:
        try:
            seen = holds()
        except (httpx.HTTPError, VerbFailed) as fault:
            seen = f"{type(fault).__name__}: {fault}"
            found = False
        else:
            found = bool(seen)
        if found:
            return seen
        time.sleep(0.1)  # between two looks, not instead of one
    raise AssertionError(f"{what}: not within {timeout_seconds:.0f} s; last seen: {seen!r}")


def a_person() -> dict[str, Any]:
    """An inline person nobody has referred before."""
    digits = uuid4().int
    letters = "".join(chr(ord("a") + (digits >> shift) % 26) for shift in range(0, 60, 5))
    return {
        "given_name": letters[:6].title(),
        "family_name": letters[6:].title(),
        "birth_date": "1950-02-03",
        "postcode": "ZZ1 1ZZ",
        "email": f"{letters}@people.example.org",
    }


def a_referral(practice: str = "Y99001", **other: Any) -> dict[str, Any]:
    """The body of a referral that the seeded region accepts."""
    return {
        "practice_code": practice,
        "referrer_code": practice,
        "needs": ["isolation"],
        "person": a_person(),
        **other,
    }


def post(http: httpx.Client, path: str, body: dict[str, Any], key: str | None = None) -> Any:
    """Post with an idempotency key and give the answer of a 201."""
    answer = http.post(path, json=body, headers={"Idempotency-Key": key or str(uuid4())})
    assert answer.status_code == httpx.codes.CREATED, f"{path}: {answer.status_code} {answer.text}"
    return answer.json()
