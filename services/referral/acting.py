"""Who asks, when and in what name: what every use case must know beside the request itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from chassis.access.caller import Caller
from chassis.access.workers import worker_id_of
from chassis.refusals import BrokenRule, ReasonRequired, Refusal, RegisterBehind
from contracts import codes
from services.referral.domain import outside, refusals
from services.referral.domain.episodes import Episode
from services.referral.domain.refusals import Refused
from services.referral.store.rules import RememberedRules

WORKER_ROLES: Final = ("link-worker", "health-coach", "care-coordinator")
PCN_ROLES: Final = (*WORKER_ROLES, "pcn-manager")
PRACTICE_ROLES: Final = ("referrer", "care-navigator")


@dataclass(frozen=True, slots=True)
class Done:
    """What was asked is done; ``version`` is that of the thing the answer is about."""

    status: int
    body: Mapping[str, Any]
    version: int


Outcome: TypeAlias = Done | Refusal


@dataclass(frozen=True, slots=True)
class Places:
    """Where practices belong, as far as the register here knows; read before the transaction."""

    pcns: Mapping[str, str]
    behind: bool = False
    """Whether a practice may be unknown only because its event has not arrived."""
    referring: Mapping[str, outside.Referring] = field(default_factory=dict[str, Any])
    """The caller's own organisations that refer and are no practices, by code or id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """One request, or one batch, in the name of one caller."""

    caller: Caller
    now: datetime
    demo: bool
    places: Places
    origin: codes.Origin = "live"
    reason: str | None = None
    rules: RememberedRules = field(default_factory=RememberedRules)
    records_unverified: bool = False
    """Whether codes that no source verifies go into the record: a setting, off."""

    @property
    def worker_id(self) -> UUID | None:
        """The worker the caller is, if they hold a role that works with people."""
        if self.caller.roles.isdisjoint(WORKER_ROLES):
            return None
        return worker_id_of(self.caller.member_key)

    def worker_role_in(self, pcn_code: str) -> str | None:
        """The role in which the caller works with people of a network, the first they hold there."""
        held = (role for role in WORKER_ROLES if self.caller.holds_in(pcn_code, role))
        return next(held, None)

    def worker_id_in(self, pcn_code: str) -> UUID | None:
        """The worker the caller is in a network, if they work with people there."""
        return self.worker_id if self.worker_role_in(pcn_code) else None

    def manages(self, pcn_code: str) -> bool:
        """Whether the caller manages this network."""
        return self.caller.holds_in(pcn_code, "pcn-manager")

    def opens_freely(self, pcn_code: str) -> bool:
        """Whether they are nobody's colleague in a network: its manager, or there for a practice."""
        if self.manages(pcn_code):
            return True
        return self.caller.holds(*PRACTICE_ROLES) and self.worker_role_in(pcn_code) is None

    @property
    def author_id(self) -> UUID | None:
        """Who of the network says something that has to have an author: a manager as well."""
        if self.caller.roles.isdisjoint(PCN_ROLES):
            return None
        return worker_id_of(self.caller.member_key)

    def may_act_for(self, practice_code: str, pcn_code: str) -> bool:
        """Whether the caller belongs to this practice or to its network."""
        return self.caller.may_see(practice_code) or self.caller.may_see(pcn_code)

    @property
    def outside_networks(self) -> list[str]:
        """The networks of the practices named here that the caller refers to from outside."""
        reach = {code for one in self.places.referring.values() for code in one.networks}
        return sorted(reach.intersection(self.places.pcns.values()))

    def refers_from_outside(self, practice_code: str | None, pcn_code: str | None) -> bool:
        """Whether this referral is one of an organisation that is no practice."""
        return bool(self.places.referring) and not (
            practice_code is not None
            and pcn_code is not None
            and self.may_act_for(practice_code, pcn_code)
        )

    def pcn_for(self, practice_code: str) -> str:
        """Give a practice's PCN; a practice that is not the caller's answers as an unknown one."""
        pcn_code = self.places.pcns.get(practice_code)
        if pcn_code is None and self.places.behind:
            raise RegisterBehind
        if pcn_code is None or not self.may_act_for(practice_code, pcn_code):
            raise broken("/practice_code", "must be a practice of the register that you act for")
        return pcn_code

    def check_may_open(self, episode: Episode) -> None:
        """A worker opens a colleague's episode with a reason; a manager is nobody's colleague."""
        if not self.opens_freely(episode.pcn_code):
            episode.check_opened_by(self.worker_id, has_reason=self.reason is not None)

    def check_form(self, *, worker_id: UUID | None = None, recorded_at: datetime | None) -> None:
        """What only a demonstration, an import or a seed may say."""
        if recorded_at is not None and not self.demo:
            raise broken("/recorded_at", "can be given in demonstrations only")
        if worker_id is not None and self.origin == "live":
            raise broken("/worker_id", "can be given by imports and seeds only")

    def check_origin(self) -> None:
        """A seed is something demonstrations have."""
        if self.origin == "seed" and not self.demo:
            raise broken("/origin", "can be seed in demonstrations only")


def refusal_of(refused: Refused) -> Refusal:
    """Give a rule of the domain the status and the place that HTTP callers understand."""
    if isinstance(refused, refusals.ReasonRequired):
        return ReasonRequired()
    status = 409 if refused.conflicts else 422
    return Refusal(status, refused.name, refused.detail, _places(refused))


def _places(refused: Refused) -> tuple[BrokenRule, ...]:
    return (BrokenRule(refused.pointer, refused.detail),) if refused.pointer else ()


def broken(pointer: str, rule: str) -> Refusal:
    """Say which rule of the request is broken, and where."""
    return Refusal(422, "rule-broken", "The request breaks a rule.", (BrokenRule(pointer, rule),))
