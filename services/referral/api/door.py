"""What every door of this service does: find out who acts, open one transaction, answer.

Promise    A creating request runs once under its key; a refused one leaves nothing behind; a
           read commits with its audit row.
Not here   What is decided: ``use_cases``. What is shown: ``views``.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, cast

from fastapi import Request
from pydantic_core import to_json, to_jsonable_python
from starlette.responses import Response

from chassis import clock
from chassis.access.caller import Caller
from chassis.access.requirement import Access
from chassis.database import Connection
from chassis.ledger import Ledger
from chassis.refusals import Refusal
from chassis.service import ApiContext
from chassis.web.etags import etag
from chassis.web.idempotency import Answer, KeyedRequest, answer_once
from contracts import codes
from services.referral.acting import Acting, Done, Outcome, Places, RememberedRules
from services.referral.api.origin import origin_of
from services.referral.domain.outside import Referring
from services.referral.settings import ReferralSettings

JSON: Final = "application/json"


class Door:
    """What the routes share: the database under the api role, and the rules of this mode."""

    def __init__(self, context: ApiContext) -> None:
        self._database = context.database
        self._demo = context.settings.mode == "demo"
        self._rules = RememberedRules()
        settings = cast("ReferralSettings", context.settings)
        self.has_receiver = settings.writeback_receiver_url is not None
        self._records_unverified = settings.writeback_records_unverified
        self.search_secret = context.settings.member_key_secret.get_secret_value()

    async def acting(
        self,
        request: Request,
        caller: Caller,
        *,
        practices: Iterable[str | None] = (),
        origin: codes.Origin = "live",
        reason: str | None = None,
    ) -> Acting:
        """Find out where the named practices and the caller's own belong, before any lock.

        Without an ``origin`` of its own, a request has the one that its header names.
        """
        access = cast("Access", request.app.state.access)
        places = await _places(access, caller, {*caller.practices, *practices} - {None})
        acting = Acting(
            caller=caller,
            now=clock.now(),
            demo=self._demo,
            places=places,
            origin=origin if origin != "live" else origin_of(request),
            reason=reason,
            rules=self._rules,
            records_unverified=self._records_unverified,
        )
        acting.check_origin()
        return acting

    @asynccontextmanager
    async def transaction(
        self, acting: Acting, *, whole_pcn: bool = False, also: Iterable[str] = ()
    ) -> AsyncIterator[Connection]:
        """Open a transaction that sees what the caller may see.

        With ``whole_pcn`` a practice's request also sees the PCN's records, because a person is
        matched against all of them; what it answers is about the caller's own referral alone.
        ``also`` names PCNs whose episode a provider's answer is about, which it has to lock.
        """
        caller = acting.caller
        widened = (
            [acting.places.pcns[code] for code in caller.practices if code in acting.places.pcns]
            if whole_pcn
            else []
        )
        async with self._database.transaction(
            organisations=[*dict.fromkeys([*caller.organisations, *widened, *also])]
        ) as connection:
            yield connection

    @asynccontextmanager
    async def open_transaction(self) -> AsyncIterator[Connection]:
        """Open a transaction for nobody: it sees what is anybody's, and no row of a network."""
        async with self._database.transaction(organisations=()) as connection:
            yield connection

    async def create(
        self,
        acting: Acting,
        keyed: KeyedRequest,
        use_case: Callable[[Connection], Awaitable[Outcome]],
        *,
        location: Callable[[Mapping[str, Any]], str],
        whole_pcn: bool = False,
        also: Iterable[str] = (),
        ledger: Ledger | None = None,
    ) -> Response:
        """Run a creating use case once under its key; what it left in ``ledger`` goes with it."""
        async with self.transaction(acting, whole_pcn=whole_pcn, also=also) as connection:

            async def effect() -> Answer:
                done = done_or_refuse(await use_case(connection))
                headers = {"Location": location(done.body), "ETag": etag(done.version)}
                return Answer(done.status, to_jsonable_python(done.body), headers)

            return await answer_once(connection, acting.caller, keyed, effect, ledger=ledger)

    async def change(
        self,
        acting: Acting,
        use_case: Callable[[Connection], Awaitable[Outcome]],
        *,
        whole_pcn: bool = False,
    ) -> Response:
        """Run a use case that changes one thing."""
        async with self.transaction(acting, whole_pcn=whole_pcn) as connection:
            done = done_or_refuse(await use_case(connection))
        return answer(done.body, status=done.status, version=done.version)


def done_or_refuse(outcome: Outcome) -> Done:
    """Give what was done; a refusal of a single request ends its transaction."""
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def answer(body: Any, *, status: int = 200, version: int | None = None) -> Response:
    """Give a body as JSON, with the tag of the version it shows."""
    headers = {} if version is None else {"ETag": etag(version)}
    return Response(to_json(body), status_code=status, media_type=JSON, headers=headers)


def stored_body(text: str) -> Any:
    """Read an answer back as it was stored."""
    return json.loads(text)


async def _places(access: Access, caller: Caller, practice_codes: Iterable[str | None]) -> Places:
    found: dict[str, str] = {}
    unknown = False
    for code in practice_codes:
        practice = await access.memberships.organisation("practice", cast("str", code))
        if practice is None or practice.pcn_code is None:
            unknown = True
        else:
            found[practice.code] = practice.pcn_code
    behind = unknown and access.gate is not None and await access.gate.is_behind()
    referring: dict[str, Referring] = {}
    for code in caller.referring_organisations:
        known = await access.memberships.organisation("organization", code)
        if known is not None and known.region_code is not None:
            networks = await access.memberships.pcns_of_region(known.region_code)
            referring[code] = Referring(known.referrer_kind or "other", networks)
    return Places(found, behind=behind, referring=referring)
