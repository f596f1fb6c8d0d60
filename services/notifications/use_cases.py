"""Keeping the messages that are meant, and carrying them out, each to one end.

Promise    An intent is claimed before it is tried and ended in the transaction that tells of it.
           Whoever holds a claim that ran out changes nothing any more. What is away (database,
           directory, referral, mail server) makes messages wait, and loses none.
Price      If this process dies after the mail server took a message and before we wrote that
           down, the claim runs out and the message goes again, under the same Message-ID.
"""

import asyncio
import random
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Final

from prometheus_client import Counter, Gauge

from chassis import clock, outbox, telemetry
from chassis.clock import Clock
from chassis.database import Connection, Database, DatabaseUnavailable
from chassis.metrics import REGISTRY
from chassis.stream.events import Event, EventRefused
from services.notifications import store
from services.notifications.domain import (
    AboutListing,
    AboutReferral,
    Again,
    Card,
    CheckDue,
    End,
    Failed,
    Intent,
    ReferralReceived,
    Suppressed,
    Trouble,
    after_trouble,
    intents_of,
    intents_of_check,
    refused_before_trying,
    refused_by_card,
    refused_by_question,
)
from services.notifications.gateways.cards import CardNotAvailable, Cards
from services.notifications.gateways.letters import (
    Letterhead,
    UnusableAddress,
    letter,
    question_letter,
)
from services.notifications.gateways.mail import CONVERSATION_TIMEOUT_SECONDS, Mail
from services.notifications.gateways.questions import Questions
from services.notifications.published import message_ended

SENDS_AT_ONCE_MAX: Final = 8
SENDS_OF_STREAM_AT_ONCE_MAX: Final = 4
CARD_TIMEOUT_SECONDS: Final = 6.0
TRY_SECONDS_MAX: Final = CARD_TIMEOUT_SECONDS + CONVERSATION_TIMEOUT_SECONDS
# How long the outcome of a try is held while the database is away.
WRITE_DOWN_SECONDS_MAX: Final = 12.0
WRITE_DOWN_PAUSE_SECONDS: Final = 0.25
# Longer than a try and its writing down, so that a claim runs out only when its holder is gone.
LEASE_SECONDS: Final = 35.0

DIED: Final = Suppressed("died")

ended_total = Counter(
    "waymark_messages_ended",
    "Messages that came to an end, by rule and end.",
    ["rule", "end"],
    registry=REGISTRY,
)
tries_in_vain_total = Counter(
    "waymark_message_tries_in_vain",
    "Tries that came to nothing, by reason.",
    ["reason"],
    registry=REGISTRY,
)
waiting_gauge = Gauge(
    "waymark_messages_waiting", "Messages that wait to be sent.", registry=REGISTRY
)
oldest_seconds_gauge = Gauge(
    "waymark_messages_oldest_seconds",
    "Age of the oldest message that waits to be sent.",
    registry=REGISTRY,
)


async def keep_intents(
    connection: Connection,
    referrals: Sequence[Event],
    checks: Sequence[Event],
    *,
    awake: Collection[str],
) -> None:
    """Keep the messages that these referrals and these questions to owners ask for."""
    intents = [one for event in referrals for one in intents_of(_received(event), awake=awake)]
    intents += [one for event in checks for one in intents_of_check(_due(event), awake=awake)]
    if intents:
        await store.keep_intents(connection, intents)


async def suppress_of_the_dead(connection: Connection, events: Sequence[Event]) -> None:
    """End what waits to be sent about people who died, and tell it.

    What is with the mail server at this moment is left to end as it does, and is not tried again.
    """
    for event in events:
        data = event.data
        if data["pcn_code"] != event.stream:
            raise EventRefused("the event speaks for a PCN that is not its stream's")
        ended = await store.suppress_of_people(
            connection,
            pcn_code=event.stream,
            person_ids=[data["person_id"], *data["merged_person_ids"]],
            at=event.recorded_at,
        )
        told = [
            message_ended(intent, DIED, version=version, at=event.recorded_at)
            for intent, version in ended
        ]
        for intent, _ in ended:
            ended_total.labels(intent.rule, "suppressed").inc()
        if told:
            await outbox.record(connection, told)


def _received(event: Event) -> ReferralReceived:
    data = event.data
    if data["pcn_code"] != event.stream:
        raise EventRefused("the event speaks for a PCN that is not its stream's")
    return ReferralReceived(
        event_id=event.event_id,
        referral_id=data["referral_id"],
        episode_id=data["episode_id"],
        person_id=data["person_id"],
        pcn_code=data["pcn_code"],
        practice_code=data["practice_code"],
        # Who refers and has no code of its own is known by its id.
        referrer_code=str(data.get("referrer_organization_id") or data["referrer_code"]),
        route=data["route"],
        messages_consented=data["messages_consented"],
        safe_channel=data["safe_channel"],
        origin=event.origin,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        correlation_id=event.correlation_id,
        traceparent=event.traceparent,
    )


def _due(event: Event) -> CheckDue:
    data = event.data
    if data["region_code"] != event.stream:
        raise EventRefused("the event speaks for a region that is not its stream's")
    return CheckDue(
        event_id=event.event_id,
        check_id=data["check_id"],
        listing_id=data["listing_id"],
        region_code=data["region_code"],
        answer_until=data["answer_until"],
        origin=event.origin,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        correlation_id=event.correlation_id,
        traceparent=event.traceparent,
    )


class Sender:
    """Carries out what is due."""

    def __init__(
        self,
        database: Database,
        cards: Cards,
        questions: Questions,
        mail: Mail,
        *,
        head: Letterhead,
        awake: Collection[str],
        now: Clock = clock.now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._cards = cards
        self._questions = questions
        self._mail = mail
        self._head = head
        self._awake = awake
        self._now = now
        self._chance = chance

    async def send_due(self) -> int:
        """Try once what is due now, up to a limit; say how many were tried."""
        now = self._now()
        async with self._database.transaction() as connection:
            claimed = await store.claim_intents(
                connection,
                now=now,
                lease_until=now + timedelta(seconds=LEASE_SECONDS),
                per_stream=SENDS_OF_STREAM_AT_ONCE_MAX,
                rows=SENDS_AT_ONCE_MAX,
            )
        tries = (self._carry_out(intent) for intent in claimed)
        for fault in await asyncio.gather(*tries, return_exceptions=True):
            # Every try has ended by here; a claim that could not be ended runs out by itself.
            if isinstance(fault, BaseException):
                raise fault
        return len(claimed)

    async def observe(self) -> None:
        """Renew what the metrics say of the messages that wait."""
        async with self._database.transaction() as connection:
            waiting = await store.waiting_intents(connection)
        age = timedelta(0) if waiting.oldest is None else self._now() - waiting.oldest
        waiting_gauge.set(waiting.waiting)
        oldest_seconds_gauge.set(age.total_seconds())

    async def _carry_out(self, intent: Intent) -> None:
        with telemetry.span(
            "send message",
            continues=intent.traceparent,
            attributes={"waymark.schedule": "sender", "waymark.stream": intent.stream},
        ):
            result = await self._try(intent)
            now = self._now()
            if isinstance(result, Trouble):
                tries_in_vain_total.labels(result.reason).inc()
                result = after_trouble(intent, result, now, chance=self._chance())
            await self._write_down(intent, result, now)

    async def _try(self, intent: Intent) -> End | Trouble:
        refused = refused_before_trying(intent, self._now(), awake=self._awake)
        if refused is not None:
            return refused
        try:
            message = await self._written(intent)
        except (CardNotAvailable, TimeoutError):
            return Trouble("card-not-available")
        except UnusableAddress:
            return Failed("address-refused")
        return message if isinstance(message, Suppressed) else await self._mail.send(message)

    async def _written(self, intent: Intent) -> EmailMessage | Suppressed:
        """The message as it is to go out now, or why it is not to."""
        about = intent.about
        if isinstance(about, AboutListing):
            return await self._question(intent, about)
        async with asyncio.timeout(CARD_TIMEOUT_SECONDS):
            card = await self._card(about)
        unwanted = refused_by_card(intent, card)
        if unwanted is not None or card is None:
            return unwanted or Suppressed("no-address")
        return letter(intent, about, card, self._head)

    async def _question(self, intent: Intent, about: AboutListing) -> EmailMessage | Suppressed:
        async with asyncio.timeout(CARD_TIMEOUT_SECONDS):
            question = await self._questions.put(about.region_code, about.check_id)
        unwanted = refused_by_question(question)
        if unwanted is not None or question is None:
            return unwanted or Suppressed("question-closed")
        return question_letter(intent, question, self._head)

    async def _card(self, about: AboutReferral) -> Card | None:
        if about.recipient_kind == "person":
            return await self._cards.of_person(about.person_id)
        return await self._cards.of_referrer(about.referrer_code)

    async def _write_down(self, intent: Intent, result: End | Again, at: datetime) -> None:
        """Write down what a try came to, though the database be away for a moment.

        Giving up at once would send again what the mail server has taken over.
        """
        give_up_at = time.monotonic() + WRITE_DOWN_SECONDS_MAX
        while True:
            try:
                if isinstance(result, Again):
                    return await self._put_back(intent, result, at)
                return await self._end(intent, result, at)
            except DatabaseUnavailable:
                if time.monotonic() >= give_up_at:
                    raise
                await asyncio.sleep(WRITE_DOWN_PAUSE_SECONDS)

    async def _put_back(self, intent: Intent, again: Again, at: datetime) -> None:
        async with self._database.transaction() as connection:
            if await store.put_back_intent(
                connection, intent, next_attempt_at=again.next_attempt_at
            ):
                return
        # Somebody died meanwhile; where another try holds it, this ends nothing.
        await self._end(intent, DIED, at)

    async def _end(self, intent: Intent, end: End, at: datetime) -> None:
        async with self._database.transaction() as connection:
            version = await store.settle_intent(connection, intent, end, at=at)
            if version is None:
                # Our claim ran out and another try took it over: what it finds counts.
                return
            await outbox.record(connection, [message_ended(intent, end, version=version, at=at)])
        ended_total.labels(intent.rule, type(end).__name__.lower()).inc()
