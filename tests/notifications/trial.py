"""Notifications at work: its database, a mail server that is one, and the services it asks."""

import asyncio
import email
import json
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis.access.service_client import ServiceClient
from chassis.database import Database
from chassis.provisioning import Provisioned
from chassis.stream.events import Event
from contracts.directory.v1 import ListingCheckDue
from contracts.reading import reader_for
from contracts.referral.v1 import ReferralCreated
from services.notifications.consumers import Messages
from services.notifications.domain import RULES
from services.notifications.gateways.cards import Cards
from services.notifications.gateways.letters import Letterhead
from services.notifications.gateways.mail import Mail
from services.notifications.gateways.questions import Questions
from services.notifications.settings import NotificationsSettings
from services.notifications.use_cases import Sender
from tests.issuer import CLIENT_SECRET, Issuer

MEMBER_KEY_SECRET = "a member key secret of tests"
START = datetime(2026, 6, 3, 9, tzinfo=UTC)
HEAD = Letterhead("no-reply@waymark.example", "https://console.example")


@dataclass
class Sink:
    """A mail server on a loopback port that keeps what it takes over."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list[EmailMessage])
    rcpt_answer: str = "250 OK"
    data_answer: str = "250 OK"
    taking_over: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None

    async def handle_RCPT(  # noqa: N802 - named by the library
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt_answer

    async def handle_DATA(  # noqa: N802 - named by the library
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.data_answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            message = email.message_from_bytes(content, policy=default)
            assert isinstance(message, EmailMessage)
            self.messages.append(message)
        self.taking_over.set()
        await self.may_answer.wait()
        return self.data_answer

    async def open(self) -> None:
        """Answer on the same port as before, if there was one."""
        self.may_answer.set()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="sink", loop=loop), "127.0.0.1", self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Answer no longer."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    @property
    def message_ids(self) -> list[str]:
        return [message["Message-ID"] for message in self.messages]


@dataclass
class Neighbours:
    """Directory and referral as notifications knows them: two cards and a question, over HTTP."""

    practices: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    people: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    questions: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    closed: set[str] = field(default_factory=set[str])
    away: bool = False
    asked: int = 0

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/internal/practices/{key}/card", self._practice),
                Route("/internal/people/{key}/card", self._person),
                Route(
                    "/internal/regions/QZZ/listing-checks/{key}/link",
                    self._question,
                    methods=["POST"],
                ),
            ]
        )

    async def _practice(self, request: Request) -> Response:
        return self._answer(request, self.practices)

    async def _person(self, request: Request) -> Response:
        return self._answer(request, self.people)

    async def _question(self, request: Request) -> Response:
        if request.path_params["key"] in self.closed:
            return JSONResponse({"type": "/problems/check-closed"}, 409)
        return self._answer(request, self.questions)

    def _answer(self, request: Request, cards: dict[str, dict[str, Any]]) -> Response:
        self.asked += 1
        assert request.headers["Authorization"].startswith("Bearer ")
        if self.away:
            return JSONResponse({"type": "/problems/unavailable"}, 503)
        card = cards.get(request.path_params["key"])
        if card is None:
            return JSONResponse({"type": "/problems/not-found"}, 404)
        return JSONResponse(card)


@dataclass
class Watch:
    """A clock that moves when it is told to."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Post:
    """The service's worker side, and what surrounds it."""

    settings: NotificationsSettings
    worker: Database
    owner: "asyncpg.Connection[asyncpg.Record]"
    provisioned: Provisioned
    sink: Sink
    neighbours: Neighbours
    clients: ServiceClient
    watch: Watch

    def sender(
        self, *, awake: Collection[str] = frozenset(RULES), database: Database | None = None
    ) -> Sender:
        """A sender as a process that was just started has it."""
        return Sender(
            database or self.worker,
            Cards(self.clients, directory_url="http://directory", referral_url="http://referral"),
            Questions(self.clients, directory_url="http://directory"),
            Mail(f"127.0.0.1:{self.sink.port}", security="opportunistic"),
            head=HEAD,
            awake=awake,
            now=self.watch,
            chance=lambda: 0.0,
        )

    async def begin_again(self) -> None:
        """Forget what the test before did to the mail server, the neighbours and the clock."""
        self.sink.messages.clear()
        self.sink.rcpt_answer = self.sink.data_answer = "250 OK"
        await self.sink.close()
        await self.sink.open()
        self.neighbours.practices = {"Y99001": a_practice()}
        self.neighbours.people = {}
        self.neighbours.questions = {}
        self.neighbours.closed = set()
        self.neighbours.away = False
        self.neighbours.asked = 0
        self.watch.now = START

    async def apply(
        self, events: Sequence[Event], *, awake: Collection[str] = frozenset(RULES)
    ) -> None:
        """Fold events as the consumer does."""
        async with self.worker.transaction() as connection:
            await Messages(awake=awake).apply(connection, events)

    async def intents(self) -> list[dict[str, Any]]:
        rows = await self.owner.fetch("select * from intent order by recorded_at, rule")
        return [dict(row) for row in rows]

    async def states(self) -> dict[str, str]:
        return {row["rule"]: row["state"] for row in await self.intents()}

    async def told(self) -> list[dict[str, Any]]:
        """The events waiting to be told."""
        rows = await self.owner.fetch("select * from outbox order by position")
        return [dict(row) | {"data": json.loads(row["data"])} for row in rows]


@asynccontextmanager
async def running_post(
    provisioned: Provisioned, superuser_url: str, issuer: Issuer
) -> AsyncIterator[Post]:
    """Run the worker side on a migrated database, with a mail server and neighbours."""
    sink = Sink()
    await sink.open()
    neighbours = Neighbours(practices={"Y99001": a_practice()})
    settings = NotificationsSettings(
        mode="demo",
        kafka="127.0.0.1:9",
        database_api_url=provisioned.api_url,
        database_worker_url=provisioned.worker_url,
        issuer_url=issuer.url,
        client_id="notifications",
        client_secret=CLIENT_SECRET,
        member_key_secret=MEMBER_KEY_SECRET,
        mail_smtp=f"127.0.0.1:{sink.port}",
        mail_from=HEAD.sender,
        console_url=HEAD.console_url,
    )
    worker = Database(provisioned.worker_url, "worker", 4)
    await worker.open()
    # The superuser alone reads past forced row policies.
    name = provisioned.owner_url.rpartition("/")[2]
    owner = await asyncpg.connect(f"{superuser_url.rpartition('/')[0]}/{name}")
    clients = ServiceClient(settings)
    await route_to(clients, neighbours.app())
    try:
        yield Post(settings, worker, owner, provisioned, sink, neighbours, clients, Watch())
    finally:
        await sink.close()
        await owner.close()
        await worker.close()
        await clients.close()


async def route_to(clients: ServiceClient, app: Any) -> None:
    """Send this service's calls to an application in the same process."""
    await clients.http.aclose()
    clients.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), auth=clients.token)


def a_practice(**changes: Any) -> dict[str, Any]:
    return {
        "practice_code": "Y99001",
        "pcn_code": "U99001",
        "name": "Ashbeck Surgery (synthetic)",
        "contact_email": "y99001@practice.example.org",
        **changes,
    }


def a_person(**changes: Any) -> dict[str, Any]:
    return {
        "given_name": "Zebedee",
        "family_name": "Quillfeather",
        "email": "zebedee@people.example.org",
        "language": "en",
        "messages_consented": True,
        "safe_channel": "email",
        **changes,
    }


def a_referral(
    number: int = 1,
    *,
    stream: str | None = None,
    origin: str = "live",
    occurred_at: datetime = START,
    recorded_at: datetime | None = None,
    event_id: UUID | None = None,
    **changes: Any,
) -> Event:
    """One referral as the referral service tells it."""
    data: dict[str, Any] = {
        "referral_id": str(uuid4()),
        "episode_id": str(uuid4()),
        "person_id": str(uuid4()),
        "pcn_code": "U99001",
        "practice_code": "Y99001",
        "referrer_code": "Y99001",
        "route": "general-practice",
        "needs": ["bereavement"],
        "urgency": "routine",
        "opened_episode": True,
        "age_band": "60-74",
        "sex": "female",
        "ethnicity_category": "A",
        "deprivation_decile": 3,
        "language": "en",
        "messages_consented": False,
        "safe_channel": "none",
        **changes,
    }
    (read,) = reader_for(ReferralCreated).validate_json(json.dumps([data]))
    return Event(
        topic="referral.events.v1",
        stream=stream or data["pcn_code"],
        number=number,
        epoch=1,
        event_id=event_id or uuid4(),
        type=ReferralCreated.type,
        subject=f"episode/{data['episode_id']}",
        related_subjects=(),
        aggregate_version=1,
        occurred_at=occurred_at,
        recorded_at=recorded_at or occurred_at,
        origin=origin,
        correlation_id="a-story",
        causation_id=None,
        traceparent=None,
        data=dict(read),
    )


def a_consenting_referral(post: Post, **changes: Any) -> Event:
    """A referral of a person who agreed to messages, whose card is on record."""
    event = a_referral(messages_consented=True, safe_channel="email", **changes)
    post.neighbours.people[str(event.data["person_id"])] = a_person()
    return event


def a_question(**changes: Any) -> dict[str, Any]:
    """What the directory answers whoever sends a question."""
    return {
        "id": str(uuid4()),
        "service_id": str(uuid4()),
        "name": "Quillfeather choir (synthetic)",
        "reason": "nothing-heard",
        "answer_until": (START + timedelta(days=21)).isoformat(),
        "token": f"{'a-token-of-tests-':a<43}",
        "email": "hello@choir.example.org",
        **changes,
    }


def a_check_due(
    post: Post | None = None,
    number: int = 1,
    *,
    stream: str = "QZZ",
    origin: str = "live",
    occurred_at: datetime = START,
    question: dict[str, Any] | None = None,
    **changes: Any,
) -> Event:
    """One question as the directory tells it, which ``post``'s directory gives the link to."""
    data: dict[str, Any] = {
        "check_id": str(uuid4()),
        "listing_id": str(uuid4()),
        "organization_id": str(uuid4()),
        "region_code": "QZZ",
        "reason": "nothing-heard",
        "answer_until": (occurred_at + timedelta(days=21)).isoformat(),
        **changes,
    }
    if post is not None:
        post.neighbours.questions[data["check_id"]] = question or a_question()
    (read,) = reader_for(ListingCheckDue).validate_json(json.dumps([data]))
    return Event(
        topic="directory.events.v1",
        stream=stream,
        number=number,
        epoch=1,
        event_id=uuid4(),
        type=ListingCheckDue.type,
        subject=f"listing-check/{data['check_id']}",
        related_subjects=(),
        aggregate_version=1,
        occurred_at=occurred_at,
        recorded_at=occurred_at,
        origin=origin,
        correlation_id="a-story",
        causation_id=None,
        traceparent=None,
        data=dict(read),
    )
