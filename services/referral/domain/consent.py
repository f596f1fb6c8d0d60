"""Consent to share: for one recipient and one purpose, how much, until when, and who must hear of it.

Promise    What is not agreed to, for this recipient and this purpose, is not shared; an end counts
           from its day, whether or not anybody noted it. Whoever has something owes an
           acknowledgement of every step that takes something back, and nobody else can give it.
           Where two records of a person were merged, both count and the narrower one wins, until
           the person says otherwise on the record that speaks for them.
Price      A holder acknowledges the latest step, which covers those before it.
Not here   The one channel on which a person may be sent messages: ``domain.people``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from services.referral.domain.refusals import Refused

RecipientKind: TypeAlias = Literal["organization", "practice", "pcn", "person"]
ConsentStatus: TypeAlias = Literal["given", "revoked", "expired"]
Change: TypeAlias = Literal["narrowed", "revoked", "expired"]

LONDON: Final = ZoneInfo("Europe/London")
HOLDERS_MAX: Final = 100
LASTS_DAYS_MAX: Final = 3_660  # ten years


class ConsentStands(Refused):
    """It was given before, and stands; giving it again may only widen or extend it."""

    name = "consent-stands"
    conflicts = True


class ConsentNotNarrower(Refused):
    """Narrowing takes something back, and this would not."""

    name = "consent-not-narrower"


class ConsentEnded(Refused):
    """It was taken back or is over."""

    name = "consent-ended"
    conflicts = True


class ConsentTooShort(Refused):
    """It would end before it begins."""

    name = "consent-too-short"


class ConsentTooLong(Refused):
    """It would last longer than anybody can foresee."""

    name = "consent-too-long"


class BeforeConsent(Refused):
    """Nothing can be taken back before it was given."""

    name = "before-consent"


class TakenBackSince(Refused):
    """They agreed to it before they took something back, which stands."""

    name = "consent-taken-back-since"
    conflicts = True


class MessagesConsentDecides(Refused):
    """A consent to messages was taken back or is over; a mark on the record does not renew it."""

    name = "messages-consent-decides"
    conflicts = True


class NotAHolder(Refused):
    """Who acknowledges has nothing that was shared under this consent."""

    name = "not-a-holder"


class NothingToAcknowledge(Refused):
    """Nothing was taken back that this holder has not acknowledged."""

    name = "nothing-to-acknowledge"
    conflicts = True


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who something may be shared with: an organisation by its code or id, or the person."""

    kind: RecipientKind
    id: str


@dataclass(frozen=True, slots=True)
class Permission:
    """A consent that stands: what of a person may be handed to its recipient."""

    consent_id: UUID
    person_id: UUID
    pcn_code: str
    recipient: Recipient
    purpose: str
    scope: frozenset[str]
    also: tuple[UUID, ...] = ()
    """Consents on records merged with the person's that have to allow it as well."""

    def of(self, what: Iterable[str]) -> frozenset[str]:
        """What of this was agreed to, which alone may be handed over."""
        return self.scope.intersection(what)

    def covers(self, *what: str) -> bool:
        """Whether all of this was agreed to."""
        return self.scope.issuperset(what)


@dataclass(slots=True)
class Holder:
    """Somebody who has something that was shared, and which step they still have to confirm."""

    recipient: Recipient
    has: frozenset[str]
    since: datetime
    latest_at: datetime
    owes: int | None = None
    """The version of the consent to acknowledge; None: nothing is asked of them."""
    acknowledged: int | None = None
    acknowledged_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class SharingConsent:
    """What a person agreed to for one recipient and one purpose, and who has what of it."""

    id: UUID
    person_id: UUID
    pcn_code: str
    recipient: Recipient
    purpose: str
    scope: frozenset[str]
    expires_on: date | None
    given_at: datetime
    status: ConsentStatus = "given"
    change: Change | None = None
    """The latest step that took something back."""
    version: int = 1
    holders: dict[Recipient, Holder] = field(default_factory=dict[Recipient, Holder])

    def permits(self, at: datetime) -> bool:
        """Whether it stands at a time."""
        return self.status == "given" and at >= self.given_at and not self._is_over(at)

    def permission(self, at: datetime) -> Permission | None:
        """What may be handed over at a time; None: nothing."""
        if not self.permits(at):
            return None
        return Permission(
            self.id, self.person_id, self.pcn_code, self.recipient, self.purpose, self.scope
        )

    def renew(
        self, scope: frozenset[str], expires_on: date | None, at: datetime, *, settles: bool = False
    ) -> None:
        """The person agreed again, to more or for longer; who is over begins anew.

        Where it ``settles`` what two merged records say, it may be less, or the same.
        """
        check_lasts(expires_on, at)
        if at < self.given_at:
            raise BeforeConsent("This is before the person first agreed.", "/occurred_at")
        if self.permits(at) and not settles:
            if not (scope >= self.scope and _not_before(expires_on, self.expires_on)):
                raise ConsentStands(
                    "The person has agreed to more than this. To take something back, narrow it."
                )
            if (scope, expires_on) == (self.scope, self.expires_on):
                raise ConsentStands("The person has agreed to exactly this before.")
        elif not self.permits(at):
            self.given_at = at
        self.scope = scope
        self.expires_on = expires_on
        self.status = "given"
        self.version += 1
        for holder in self.holders.values():
            # What is agreed to again is owed to nobody; what is not has been taken back.
            holder.owes = None if holder.has <= scope else self.version
        self.change = "narrowed" if self.outstanding else None

    def narrow(self, scope: frozenset[str], expires_on: date | None, at: datetime) -> None:
        """The person takes part of it back: what may be shared, or for how long."""
        self._check_stands(at)
        if expires_on != self.expires_on:
            check_lasts(expires_on, at)
        less = scope < self.scope or (
            expires_on != self.expires_on and _not_before(self.expires_on, expires_on)
        )
        if not (less and scope <= self.scope and _not_before(self.expires_on, expires_on)):
            raise ConsentNotNarrower(
                "This takes nothing back. Name less than was agreed, or an earlier last day."
            )
        self.scope = scope
        self.expires_on = expires_on
        self._take_back("narrowed")

    def revoke(self, at: datetime) -> None:
        """The person takes all of it back; nothing is shared from now on."""
        self._check_stands(at)
        self.status = "revoked"
        self._take_back("revoked")

    def expire(self, at: datetime) -> bool:
        """Its last day is over; say whether that ended it."""
        if self.status != "given" or not self._is_over(at):
            return False
        self.status = "expired"
        self._take_back("expired")
        return True

    def acknowledge(self, by: Recipient, at: datetime) -> int:
        """A holder confirms the latest step that took something back; its version."""
        holder = self.holders.get(by)
        if holder is None:
            raise NotAHolder("Nothing was shared with them under this consent.")
        if holder.owes is None:
            raise NothingToAcknowledge("Nothing was taken back that they have not acknowledged.")
        confirmed = holder.owes
        holder.acknowledged = confirmed
        holder.acknowledged_at = at
        holder.owes = None
        if self.change in {"revoked", "expired"}:
            holder.has = frozenset()
        else:
            holder.has &= self.scope
        self.version += 1
        return confirmed

    @property
    def outstanding(self) -> int:
        """How many holders have not acknowledged what was taken back."""
        return sum(holder.owes is not None for holder in self.holders.values())

    def _take_back(self, change: Change) -> None:
        self.change = change
        self.version += 1
        for holder in self.holders.values():
            if holder.has:
                holder.owes = self.version

    def _check_stands(self, at: datetime) -> None:
        if at < self.given_at:
            raise BeforeConsent("This is before the person agreed.", "/occurred_at")
        if self.status != "given" or self._is_over(at):
            raise ConsentEnded("This consent was taken back, or its last day is over.")

    def _is_over(self, at: datetime) -> bool:
        over_at = ends_at(self.expires_on)
        return over_at is not None and at >= over_at


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said on one of their records, and when it became known."""

    consent: SharingConsent
    said_at: datetime | None
    settled_at: datetime | None
    """When they last agreed, if that was since another record was merged into this one."""


def that_count(said: Sequence[Said]) -> list[SharingConsent]:
    """Give what counts: what was agreed since the merge, with what was taken back after; else all."""
    settled_at = max((one.settled_at for one in said if one.settled_at), default=None)
    if settled_at is None:
        return [one.consent for one in said]
    return [
        one.consent
        for one in said
        if one.settled_at is not None or (one.said_at is not None and one.said_at > settled_at)
    ]


def agreed(said: Sequence[Said], at: datetime) -> Permission | None:
    """Give what may be handed over, by all that counts: no more than each of them allows."""
    found = [one.permission(at) for one in that_count(said)]
    permitted = [one for one in found if one is not None]
    if not permitted or len(permitted) < len(found):
        return None
    scope = frozenset[str].intersection(*(one.scope for one in permitted))
    if not scope:
        return None
    first, *others = permitted
    return replace(first, scope=scope, also=tuple(one.consent_id for one in others))


def is_unsettled(said: Sequence[Said]) -> bool:
    """Whether several records speak of it, and the person was not asked since they were merged."""
    return len(said) > 1 and all(one.settled_at is None for one in said)


def check_not_taken_back_since(taken_back_at: datetime | None, at: datetime) -> None:
    """Refuse an agreement that is older than what was taken back."""
    if taken_back_at is not None and at < taken_back_at:
        raise TakenBackSince("The person has taken something back since.", "/occurred_at")


def was_taken_back(said: Sequence[Said]) -> bool:
    """Whether the person took it back, all or part of it, on a record that counts."""
    return any(one.change in {"narrowed", "revoked"} for one in that_count(said))


def ends_at(expires_on: date | None) -> datetime | None:
    """When a consent with this last day is over: as that day ends in England."""
    if expires_on is None:
        return None
    midnight = datetime.combine(expires_on + timedelta(days=1), time(), LONDON)
    return midnight.astimezone(UTC)


def check_lasts(expires_on: date | None, at: datetime) -> None:
    """Refuse an end before the beginning, or one beyond what can be foreseen."""
    if expires_on is None:
        return
    if expires_on > at.astimezone(LONDON).date() + timedelta(days=LASTS_DAYS_MAX):
        raise ConsentTooLong("Name a day within ten years, or none.", "/expires_on")
    over_at = ends_at(expires_on)
    if over_at is not None and over_at <= at:
        raise ConsentTooShort("The last day lies before the agreement.", "/expires_on")


def _not_before(later: date | None, earlier: date | None) -> bool:
    """Whether one last day is as late as another; none is the latest."""
    return later is None or (earlier is not None and later >= earlier)
