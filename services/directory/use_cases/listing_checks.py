"""What owners and workers say of a listing: a tap on a question, a mark, a word about its room.

Promise    A token is known here by its hash alone; it opens one question and nothing else. However
           often it is asked for, a question has one token, made from the question and a secret. The
           first answer stands: the same again changes nothing, another is refused. What follows from
           an answer has followed when it is answered.
Not here   When a question is put: ``standing``. Sending it: the notifications service.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.refusals import BrokenRule, NothingFound, NotPermitted, Refusal, RuleBroken
from chassis.web.etags import check_version
from services.directory.domain.capacity import Word
from services.directory.domain.listings import PUBLIC, Actor
from services.directory.domain.register import Moment
from services.directory.store import listing_checks as store
from services.directory.store import standing as standing_store
from services.directory.store.listing_checks import Check, CheckAnswer
from services.directory.store.standing import Standing
from services.directory.use_cases import open_copies
from services.directory.use_cases.listings import standing_to
from services.directory.use_cases.outcome import Outcome
from services.directory.use_cases.standing import settle

TOKEN_PURPOSE: Final = b"waymark listing check "
"""Parts what is made from the secret here from whatever else is ever made from it."""


@dataclass(frozen=True, slots=True)
class Link:
    """What notifications needs to put a question: the token, and whom to send it to."""

    check: Check
    token: str
    email: str | None


async def give_link(
    connection: Connection, region_code: str, check_id: UUID, now: datetime, *, secret: str
) -> Link:
    """Give the link to an open question to the service that sends it, again and again the same."""
    check = await store.lock_check(connection, check_id)
    if check is None or check.region_code != region_code:
        raise NothingFound
    if check.closed_at is not None or check.answer_until <= now:
        raise Refusal(409, "check-closed", "The question was answered, or its time is over.")
    standings = await standing_store.standings(connection, [check.listing_id])
    # An answer can bring back what evidence hid, and not what somebody hid or withdrew.
    if not any(one.state in PUBLIC or one.taken_by_evidence for one in standings):
        raise Refusal(409, "check-closed", "The listing was hidden or withdrawn by somebody.")
    (standing,) = standings
    email = standing.organization_email or standing.email
    token = _token(secret, check_id)
    await store.give_link(connection, check, _hash(token), sent_to=email, now=now)
    return Link(check, token, email)


async def region_of_token(connection: Connection, token: str) -> tuple[UUID, str]:
    """Which question a token opens, and in which region; an unknown one opens nothing."""
    found = await store.check_of_token(connection, _hash(token))
    if found is None:
        raise NothingFound
    return found


async def question(connection: Connection, check_id: UUID) -> Check:
    """The question as whoever holds its link sees it."""
    check = await store.lock_check(connection, check_id)
    if check is None:
        raise NothingFound
    return check


async def answer_check(
    connection: Connection, check_id: UUID, said: CheckAnswer, now: datetime
) -> Check:
    """Take the owner's answer, and do what follows from it."""
    await open_copies.hold_order(connection, now)
    check = await question(connection, check_id)
    if check.answer is not None:
        if check.answer != said:
            raise Refusal(409, "check-closed", "This question was answered otherwise before.")
        return check
    if check.closed_at is not None or check.answer_until <= now:
        raise Refusal(409, "check-closed", "The time for an answer to this question is over.")
    await store.answer(connection, check_id, said, now)
    await settle(connection, check.listing_id, now)
    if said == "runs":
        await open_copies.show_again(connection, check.listing_id, now)
    return await question(connection, check_id)


async def mark_wrong(
    connection: Connection,
    actor: Actor,
    listing_id: UUID,
    *,
    kind: str,
    note: str | None,
    moment: Moment,
) -> None:
    """Take it from somebody who works with listings that one is wrong; again is once."""
    standing, role = await _standing(connection, actor, listing_id)
    if role == "owner":
        raise NotPermitted("You keep this listing: change it, or withdraw it.")
    await store.mark_wrong(
        connection,
        new_id(),
        standing,
        kind=kind,
        note=note,
        member_key=actor.member_key,
        moment=moment,
    )
    await settle(connection, listing_id, moment.recorded_at)


async def say_capacity(
    connection: Connection,
    actor: Actor,
    listing_id: UUID,
    word: Word,
    expected_version: int,
    moment: Moment,
) -> Outcome:
    """Take the group's word about its room, from itself or from a worker on its behalf."""
    if word.until is not None and word.until <= moment.recorded_at.date():
        raise RuleBroken(BrokenRule("/until", "must lie after today"))
    await open_copies.hold_order(connection, moment.recorded_at)
    standing, role = await _standing(connection, actor, listing_id)
    said = Word(
        word.status, moment.occurred_at, "group" if role == "owner" else "worker", word.until
    )
    before = await standing_store.lock_word(connection, listing_id)
    about = {
        "id": listing_id,
        "service_id": listing_id,
        "status": said.status,
        "until": said.until,
        "told_by": said.told_by,
    }
    if before is not None and (before.status, before.told_by, before.until_date, before.occurred_at) == (
        said.status, said.told_by, said.until, said.at
    ):  # fmt: skip
        return Outcome(
            created=False,
            about=about,
            version=before.version,
            event_id=None,
            occurred_at=before.occurred_at,
            recorded_at=before.recorded_at,
        )
    check_version(expected_version, 0 if before is None else before.version)
    if before is not None and moment.occurred_at < before.occurred_at:
        raise Refusal(409, "said-since", "Something newer was said of this listing's room.")
    version = await standing_store.say_capacity(
        connection, standing, said, member_key=actor.member_key, moment=moment
    )
    event_id = await settle(connection, listing_id, moment.recorded_at)
    return Outcome(
        created=False,
        about=about,
        version=version,
        event_id=event_id,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )


async def _standing(connection: Connection, actor: Actor, listing_id: UUID) -> tuple[Standing, str]:
    found = await standing_store.standings(connection, [listing_id])
    if not found:
        raise NothingFound
    (standing,) = found
    role = standing_to(actor, standing.region_code, standing.organization_id)
    if standing.state not in PUBLIC:
        raise Refusal(409, "not-published", "Only of what the public finds something can be said.")
    return standing, role


def _token(secret: str, check_id: UUID) -> str:
    made = hmac.digest(secret.encode(), TOKEN_PURPOSE + check_id.bytes, hashlib.sha256)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
