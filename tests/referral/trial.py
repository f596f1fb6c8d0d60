"""The referral service as its callers meet it: its real application, database and tokens."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from fastapi import FastAPI

from chassis.access.register import Grant, Organisation, store_membership, store_organisation
from chassis.access.service_client import ServiceClient
from chassis.access.tokens import member_key
from chassis.database import Database
from chassis.provisioning import Provisioned
from chassis.service import ApiContext
from chassis.web.app import create_app
from services.referral.api import make_api
from services.referral.settings import ReferralSettings
from tests.issuer import CLIENT_SECRET, Issuer

MEMBER_KEY_SECRET = "a member key secret of tests"
PRACTICES = {"Y99001": "U99001", "Y99002": "U99001", "Y99006": "U99002"}

REFERRER = "referrer Y99001"
OTHER_PRACTICE = "referrer Y99002"
NAVIGATOR = "care-navigator Y99001"
WORKER = "link-worker U99001"
COLLEAGUE = "health-coach U99001"
ANOTHER_WORKER = "another link-worker U99001"
MANAGER = "pcn-manager U99001"
FOREIGN_REFERRER = "referrer Y99006"
FOREIGN_WORKER = "link-worker U99002"
FOREIGN_MANAGER = "pcn-manager U99002"
COUNCIL = "referrer 901"
HOSPITAL = "referrer RX901"
GROUP_ID = "0198c0de-0000-7000-8000-000000000009"
GROUP = f"referrer {GROUP_ID}"
OUTSIDE = {"901": "council", "RX901": "hospital", GROUP_ID: "voluntary-sector"}
ANALYST = "region-analyst QZZ"
REGISTRAR = "registrar QZZ"
MEMBERS = (
    REFERRER,
    OTHER_PRACTICE,
    NAVIGATOR,
    WORKER,
    COLLEAGUE,
    MANAGER,
    FOREIGN_REFERRER,
    FOREIGN_WORKER,
    FOREIGN_MANAGER,
    ANALYST,
)
_KINDS = {"U": "pcn", "Y": "practice", "Q": "region"}


def nhs_number(serial: int) -> str | None:
    """The synthetic NHS number with this serial, where modulus 11 allows one."""
    stem = f"999{serial:06d}"
    check = -sum(int(digit) * (10 - place) for place, digit in enumerate(stem)) % 11
    return None if check == 10 else f"{stem}{check}"


_SERIALS = iter(range(28_000))  # so many days a birth date can lie after 1930


def next_nhs_number() -> str:
    """An NHS number that no other test of this run uses."""
    return next(number for serial in _SERIALS if (number := nhs_number(serial)) is not None)


def a_person(**changes: Any) -> dict[str, Any]:
    """A person like nobody else of this run."""
    number = next_nhs_number()
    return {
        "given_name": "Ada",
        "family_name": "Example",
        "birth_date": (date(1930, 1, 1) + timedelta(days=int(number[3:9]))).isoformat(),
        "sex": "female",
        "nhs_number": number,
        "ethnicity_category": "A",
        "deprivation_decile": 3,
        "language": "en",
        "postcode": "ZZ1 1AA",
        "email": "ada@people.example.org",
        **changes,
    }


def a_referral(**changes: Any) -> dict[str, Any]:
    person = changes.pop("person", None) or a_person()
    return {
        "practice_code": "Y99001",
        "person": person,
        "route": "general-practice",
        "needs": ["isolation", "money"],
        **changes,
    }


@dataclass(slots=True)
class Clinic:
    """The running service with a register of two networks, and members of it to act as."""

    app: FastAPI
    http: httpx.AsyncClient
    issuer: Issuer
    database: Provisioned
    owner: "asyncpg.Connection[asyncpg.Record]"
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        member: str = MANAGER,
        key: str | None = None,
        **headers: str,
    ) -> httpx.Response:
        """Send one request as a member; a POST carries a new key unless one is given."""
        sent: dict[str, str] = {name.replace("_", "-"): text for name, text in headers.items()}
        sent["Authorization"] = f"Bearer {self.token(member)}"
        if method == "POST":
            sent["Idempotency-Key"] = key or str(uuid4())
        return await self.http.request(method, path, json=body, headers=sent)

    async def post(
        self, path: str, body: Any, *, member: str = MANAGER, key: str | None = None, **headers: str
    ) -> httpx.Response:
        return await self.ask("POST", path, body, member=member, key=key, **headers)

    async def get(self, path: str, *, member: str = MANAGER, **headers: str) -> httpx.Response:
        return await self.ask("GET", path, member=member, **headers)

    async def made(self, path: str, body: Any, *, member: str = MANAGER, **headers: str) -> Any:
        """Post, insist that something was made, and give the answer's body."""
        answer = await self.post(path, body, member=member, **headers)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def token(self, member: str) -> str:
        if member not in self.tokens:
            self.tokens[member] = (
                self.issuer.service_token(member.removeprefix("service "))
                if member.startswith("service ")
                else self.issuer.token(member)
            )
        return self.tokens[member]

    def member_key(self, member: str) -> str:
        """The key by which every service knows a member."""
        return member_key(MEMBER_KEY_SECRET, self.issuer.url, member)

    async def rows(self, table: str, order: str = "1") -> list[dict[str, Any]]:
        """Everything in a table, past every row policy."""
        return [
            dict(row) for row in await self.owner.fetch(f"select * from {table} order by {order}")
        ]

    async def events(self, *subjects: str) -> list[dict[str, Any]]:
        """The events waiting to be told of these subjects, in the order they were written."""
        found = await self.owner.fetch(
            "select * from outbox where subject = any ($1::text[]) order by position",
            list(subjects),
        )
        return [{**dict(row), "data": json.loads(row["data"])} for row in found]

    async def one(self, table: str, row_id: str) -> dict[str, Any]:
        """One row of a table, past every row policy."""
        row = await self.owner.fetchrow(f"select * from {table} where id = $1", UUID(row_id))
        assert row is not None
        return dict(row)

    async def audited(self, person_id: str) -> list[dict[str, Any]]:
        """What the audit says of a person, in the order it happened."""
        found = await self.owner.fetch(
            "select * from access_audit where person_id = $1 order by entry_id", UUID(person_id)
        )
        return [dict(row) for row in found]

    async def count(self, table: str) -> int:
        return await self.owner.fetchval(f"select count(*) from {table}")


@asynccontextmanager
async def running_clinic(
    provisioned: Provisioned, superuser_url: str, issuer: Issuer, *, mode: str = "demo"
) -> AsyncIterator[Clinic]:
    """Run the service's application on a migrated database whose register is filled."""
    settings = ReferralSettings.model_validate(
        {
            "mode": mode,
            "kafka": "127.0.0.1:9",
            "database_api_url": provisioned.api_url,
            "database_worker_url": provisioned.worker_url,
            # A region's issuer must be https; the one of tests is on the loopback interface.
            "issuer_url": "https://issuer.example.org",
            "client_id": "referral",
            "client_secret": CLIENT_SECRET,
            "member_key_secret": MEMBER_KEY_SECRET,
        }
    ).model_copy(update={"issuer_url": issuer.url})
    database = Database(provisioned.api_url, "api")
    await database.open()
    # The superuser alone reads past forced row policies.
    name = provisioned.owner_url.rpartition("/")[2]
    owner = await asyncpg.connect(f"{superuser_url.rpartition('/')[0]}/{name}")
    await fill_register(owner, issuer.url)
    context = ApiContext(settings, database, ServiceClient(settings))
    app = create_app(
        service="referral", settings=settings, database=database, routers=make_api(context)
    )
    transport = httpx.ASGITransport(app=app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://referral") as http:
            yield Clinic(app, http, issuer, provisioned, owner)
    finally:
        await owner.close()
        await context.clients.close()
        await app.state.access.tokens.keys._http.aclose()
        await database.close()


async def fill_register(connection: Any, issuer_url: str) -> None:
    """One region of two networks, and one member for each role and place named above."""
    organisations = [Organisation("region", "QZZ", "QZZ", None, "Wayford (synthetic)")]
    organisations += [
        Organisation("pcn", code, "QZZ", code, f"{code} (synthetic)")
        for code in ("U99001", "U99002")
    ]
    organisations += [
        Organisation("practice", code, None, pcn, f"{code} (synthetic)")
        for code, pcn in PRACTICES.items()
    ]
    organisations += [
        Organisation("organization", code, "QZZ", None, f"{kind} (synthetic)", kind)
        for code, kind in OUTSIDE.items()
    ]
    for organisation in organisations:
        await store_organisation(connection, organisation)
    for member in (*MEMBERS, REGISTRAR, COUNCIL, HOSPITAL, GROUP):
        role, code = member.split()
        key = member_key(MEMBER_KEY_SECRET, issuer_url, member)
        kind = "organization" if code in OUTSIDE else _KINDS[code[0]]
        await store_membership(connection, Grant(uuid4(), key, role, kind, code))


async def joined(clinic: Clinic, member: str) -> None:
    """Let one more work here: a name of their own, then role and place as for all members."""
    *_, role, code = member.split()
    key = member_key(MEMBER_KEY_SECRET, clinic.issuer.url, member)
    await store_membership(clinic.owner, Grant(uuid4(), key, role, _KINDS[code[0]], code))


def without(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def is_uuid(text: str) -> bool:
    return str(UUID(text)) == text
