"""Who could help with a referral: rules propose, a human chooses, and may be wrong once.

Promise    The same facts under the same version of the rules get the same proposal, with every
           rule that spoke for it. No rule decides: a human takes the proposal or says why not. A
           wrong role is put right once, and the referrer is told why.
Price      The rules are data of one service, the same for every network; which roles there are is
           each network's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from services.referral.domain.refusals import Refused
from services.referral.domain.roles import ROLES

_LISTS: Final = ("needs_any", "complexity", "confidence", "urgency")
_COUNTS: Final = ("needs_min", "needs_max")
_SAID: Final = frozenset({"id", "role", "words"})


class NotTriaged(Refused):
    """A role is chosen after the rules proposed one."""

    name = "not-triaged"
    conflicts = True


class RoleChosen(Refused):
    """Who helps was chosen; from here a wrong role is put right, not chosen anew."""

    name = "role-chosen"
    conflicts = True


class RoleNotChosen(Refused):
    """A role that nobody chose cannot be the wrong one."""

    name = "role-not-chosen"
    conflicts = True


class RoleNotHere(Refused):
    """The network has no such role."""

    name = "role-not-here"


class ChoiceNeedsReason(Refused):
    """Choosing another role than the proposed one takes a reason."""

    name = "choice-needs-reason"


class SameRole(Refused):
    """The role it has is no better role."""

    name = "same-role"


class ChosenForAnotherRole(Refused):
    """Care navigators act on what was chosen for them, and this was not."""

    name = "chosen-for-another-role"
    conflicts = True


class ReRoutedAlready(Refused):
    """A referral is sent to another role once: after that people meet and talk."""

    name = "re-routed-already"
    conflicts = True


class RulesBroken(ValueError):
    """The file of rules cannot be used as it stands."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a referral when the rules look at it."""

    needs: tuple[str, ...]
    urgency: str
    complexity: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it asks, which role it speaks for, and why in words."""

    id: str
    role: str
    words: str
    asks: Mapping[str, Any]

    def fits(self, facts: Facts) -> bool:
        """Whether all it asks holds."""
        asks = self.asks
        return (
            ("needs_any" not in asks or not set(asks["needs_any"]).isdisjoint(facts.needs))
            and len(facts.needs) >= asks.get("needs_min", 0)
            and len(facts.needs) <= asks.get("needs_max", len(facts.needs))
            and facts.complexity in asks.get("complexity", (facts.complexity,))
            and facts.confidence in asks.get("confidence", (facts.confidence,))
            and facts.urgency in asks.get("urgency", (facts.urgency,))
        )


@dataclass(frozen=True, slots=True)
class Proposal:
    """Which role the rules propose, why, and which they would have if the network had it."""

    role: str
    reasons: tuple[Rule, ...]
    not_here: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """One version of the rules."""

    version: int
    since: str
    rules: tuple[Rule, ...]

    def words_of(self, ids: Sequence[str]) -> list[str]:
        """Give rules in words, as far as this version has them."""
        known = {rule.id: rule.words for rule in self.rules}
        return [known.get(one, "") for one in ids]

    def propose(self, facts: Facts, offered: frozenset[str]) -> Proposal:
        """Propose a role the network has; one that has not described its roles has them all."""
        fitting = [rule for rule in self.rules if rule.fits(facts)]
        here = [rule for rule in fitting if not offered or rule.role in offered]
        deciding = here[0] if here else self.rules[-1]
        passed = fitting[: fitting.index(deciding)]
        return Proposal(
            deciding.role,
            (deciding, *(one for one in here if one.role == deciding.role and one != deciding)),
            tuple(dict.fromkeys(rule.role for rule in passed)),
        )


def rules_of(document: Mapping[str, Any], words: Mapping[str, frozenset[str]]) -> Rules:
    """Read the rules, and refuse a file by which somebody could be left without a proposal.

    ``words`` holds what may be asked for in each list: a word nobody says would never fit.
    """
    rules = tuple(_rule(one, words) for one in document["rules"])
    if len({rule.id for rule in rules}) != len(rules):
        raise RulesBroken("two rules have one id")
    if not rules or rules[-1].asks or rules[-1].role != "link-worker":
        raise RulesBroken("the last rule must ask nothing and speak for the link worker")
    return Rules(int(document["version"]), str(document["since"]), rules)


def _rule(described: Mapping[str, Any], words: Mapping[str, frozenset[str]]) -> Rule:
    asks = {name: one for name, one in described.items() if name not in _SAID}
    for name, asked in asks.items():
        if not _is_askable(name, asked, words):
            raise RulesBroken(f"the rule {described['id']} asks for {name} = {asked!r}")
    if described["role"] not in ROLES:
        raise RulesBroken(f"the rule {described['id']} speaks for no role there is")
    return Rule(described["id"], described["role"], described["words"], asks)


def _is_askable(name: str, asked: Any, words: Mapping[str, frozenset[str]]) -> bool:
    if name in _COUNTS:
        return type(asked) is int and asked > 0
    if name not in _LISTS or not isinstance(asked, list):
        return False
    named = cast("list[str]", asked)
    return bool(named) and words[name].issuperset(named)


@dataclass(slots=True)
class Helping:
    """Who helps with one referral: proposed, chosen, put right at most once."""

    triage_count: int = 0
    proposed: str | None = None
    role: str | None = None
    re_routed: bool = False

    def propose(self, role: str) -> int:
        """Take over what the rules propose; the number of this triage."""
        if self.role is not None:
            raise RoleChosen("Who helps was chosen. If it is the wrong role, send it to another.")
        self.proposed = role
        self.triage_count += 1
        return self.triage_count

    def choose(self, role: str, *, has_reason: bool, offered: frozenset[str]) -> bool:
        """A human chooses; whether it is another role than the proposed one."""
        if self.role is not None:
            raise RoleChosen("Who helps was chosen. If it is the wrong role, send it to another.")
        if self.proposed is None:
            raise NotTriaged("Ask the rules first: they propose a role and say why.")
        _check_here(role, offered, "/role")
        overridden = role != self.proposed
        if overridden and not has_reason:
            raise ChoiceNeedsReason("Say why you choose another role than proposed.", "/reason")
        self.role = role
        return overridden

    def re_route(self, role: str, *, offered: frozenset[str]) -> str:
        """Another role helps instead; the role it had."""
        if self.role is None:
            raise RoleNotChosen("Nobody has chosen who helps, so it cannot be the wrong role.")
        if self.re_routed:
            raise ReRoutedAlready(
                "This referral was sent to another role once. Talk to each other instead."
            )
        if role == self.role:
            raise SameRole("This is the role that helps now.", "/to_role")
        _check_here(role, offered, "/to_role")
        previous, self.role, self.re_routed = self.role, role, True
        return previous


def _check_here(role: str, offered: frozenset[str], pointer: str) -> None:
    if offered and role not in offered:
        raise RoleNotHere("Your network has no such role.", pointer)


def reasons_of(ids: Sequence[str], words: Sequence[str]) -> list[dict[str, str]]:
    """Give the rules that spoke, in the words they had then."""
    return [{"rule": one, "words": said} for one, said in zip(ids, words, strict=True)]
