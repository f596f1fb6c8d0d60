"""Rules propose and humans choose, once; a wrong role is put right once."""

import hashlib
import json
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from contracts import codes
from services.referral.domain.refusals import Refused
from services.referral.domain.roles import ROLES
from services.referral.domain.triage import (
    ChoiceNeedsReason,
    Facts,
    Helping,
    NotTriaged,
    ReRoutedAlready,
    RoleChosen,
    RoleNotChosen,
    RoleNotHere,
    RulesBroken,
    SameRole,
    reasons_of,
    rules_of,
)
from services.referral.store import triage_rules
from services.referral.store.triage_rules import WORDS, current_rules

RULES_FILE = Path(triage_rules.__file__).parents[1] / "triage_rules.toml"
EVERYWHERE: frozenset[str] = frozenset()
FACTS = st.builds(
    Facts,
    needs=st.lists(st.sampled_from(get_args(codes.Need)), min_size=1, max_size=10, unique=True).map(
        tuple
    ),
    urgency=st.sampled_from(get_args(codes.Urgency)),
    complexity=st.sampled_from(get_args(codes.Complexity)),
    confidence=st.sampled_from(get_args(codes.Confidence)),
)
OFFERED = st.sets(st.sampled_from(ROLES)).map(lambda some: frozenset({*some, "link-worker"}))


@given(FACTS, OFFERED)
def test_whatever_is_known_a_role_of_the_network_is_proposed_with_its_reasons(
    facts: Facts, offered: frozenset[str]
) -> None:
    rules = current_rules()
    proposal = rules.propose(facts, offered)

    assert proposal.role in offered
    assert proposal.reasons
    assert {one.role for one in proposal.reasons} == {proposal.role}
    assert all(one.fits(facts) for one in proposal.reasons)
    assert not set(proposal.not_here) & offered
    assert rules.propose(facts, offered) == proposal


@given(FACTS)
def test_nobody_unsure_or_with_much_at_once_is_only_signposted(facts: Facts) -> None:
    proposal = current_rules().propose(facts, EVERYWHERE)
    if (
        facts.confidence == "low"
        or facts.complexity != "low"
        or len(facts.needs) > 2
        or facts.urgency == "urgent"
    ):
        assert proposal.role != "care-navigator"


@pytest.mark.parametrize(
    ("facts", "role", "rule_id"),
    [
        (Facts(("money",), "routine", "low", "high"), "care-navigator", "finds-own-way"),
        (Facts(("money",), "routine", "low", "some"), "care-navigator", "advice-will-do"),
        (Facts(("isolation",), "routine", "medium", "low"), "link-worker", "alone-and-unsure"),
        (
            Facts(("money", "housing", "work"), "routine", "low", "high"),
            "link-worker",
            "several-needs",
        ),
        (
            Facts(("long-term-condition",), "routine", "medium", "some"),
            "health-coach",
            "health-in-own-hands",
        ),
        (
            Facts(("long-term-condition", "caring"), "routine", "high", "some"),
            "care-coordinator",
            "care-to-hold-together",
        ),
        (Facts(("housing",), "urgent", "low", "high"), "link-worker", "cannot-wait"),
        (Facts(("other",), "routine", "medium", "high"), "link-worker", "otherwise"),
    ],
)
def test_the_rules_say_what_their_words_say(facts: Facts, role: str, rule_id: str) -> None:
    proposal = current_rules().propose(facts, EVERYWHERE)
    assert (proposal.role, proposal.reasons[0].id) == (role, rule_id)


def test_what_the_network_does_not_have_is_named_and_passed_over() -> None:
    facts = Facts(("long-term-condition",), "routine", "medium", "some")
    proposal = current_rules().propose(facts, frozenset({"link-worker", "care-navigator"}))
    assert (proposal.role, proposal.not_here) == ("link-worker", ("health-coach",))


LAST = {"id": "otherwise", "role": "link-worker", "words": "Else."}
BROKEN = {
    "an unknown condition": [{**LAST, "id": "one", "age": 3}, LAST],
    "an unknown role": [{**LAST, "id": "one", "role": "wizard"}, LAST],
    "one id twice": [LAST, LAST],
    "nothing for the rest": [{**LAST, "needs_min": 2}],
    "no rules": [],
    "a word in place of a list": [{**LAST, "id": "one", "complexity": "high"}, LAST],
    "a need that is misspelt": [{**LAST, "id": "one", "needs_any": ["isolatoin"]}, LAST],
    "a confidence nobody has": [{**LAST, "id": "one", "confidence": ["medium"]}, LAST],
    "an urgency nobody has": [{**LAST, "id": "one", "urgency": ["high"]}, LAST],
    "one of nothing": [{**LAST, "id": "one", "needs_any": []}, LAST],
    "a count in words": [{**LAST, "id": "one", "needs_min": "3"}, LAST],
    "a count that is true": [{**LAST, "id": "one", "needs_min": True}, LAST],
}


@pytest.mark.parametrize("fault", BROKEN)
def test_rules_that_could_leave_somebody_without_a_proposal_are_refused(fault: str) -> None:
    with pytest.raises(RulesBroken):
        rules_of({"version": 1, "since": "2026-01-01", "rules": BROKEN[fault]}, WORDS)


# What each version of the rules held: whoever changes a rule or its words adds a version here.
VERSIONS = {1: "62cfb5ce3a4f47522761c27beaacb1a55d7fe7ad2bd83c44f0150b167e45779e"}


def test_rules_change_under_a_new_version_only() -> None:
    document = tomllib.loads(RULES_FILE.read_text())
    held = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()

    assert held == VERSIONS[document["version"]]
    assert document["version"] == max(VERSIONS)


def test_each_reason_keeps_the_words_it_had() -> None:
    assert reasons_of(["one", "gone"], ["First.", "Then."]) == [
        {"rule": "one", "words": "First."},
        {"rule": "gone", "words": "Then."},
    ]


class HelpingLife(RuleBasedStateMachine):
    """Workers triage, choose and re-route in any order, at once or again."""

    def __init__(self) -> None:
        super().__init__()
        self.helping = Helping()
        self.proposals = 0
        self.proposed: str | None = None
        self.choices: list[str] = []

    def is_refused_and_unchanged(self, before: tuple[object, ...]) -> None:
        assert self.seen() == before

    def seen(self) -> tuple[object, ...]:
        one = self.helping
        return (one.triage_count, one.proposed, one.role, one.re_routed)

    @rule(role=st.sampled_from(ROLES))
    def the_rules_propose(self, role: str) -> None:
        before = self.seen()
        try:
            number = self.helping.propose(role)
        except Refused:
            assert self.choices
            self.is_refused_and_unchanged(before)
        else:
            self.proposals += 1
            self.proposed = role
            assert number == self.proposals

    @rule(role=st.sampled_from(ROLES), reason=st.booleans(), offered=OFFERED)
    def somebody_chooses(self, role: str, *, reason: bool, offered: frozenset[str]) -> None:
        before = self.seen()
        allowed = (
            not self.choices
            and self.proposed is not None
            and role in offered
            and (reason or role == self.proposed)
        )
        try:
            overridden = self.helping.choose(role, has_reason=reason, offered=offered)
        except Refused:
            assert not allowed
            self.is_refused_and_unchanged(before)
        else:
            assert allowed
            assert overridden is (role != self.proposed)
            self.choices.append(role)

    @rule(role=st.sampled_from(ROLES), offered=OFFERED)
    def somebody_re_routes(self, role: str, offered: frozenset[str]) -> None:
        before = self.seen()
        allowed = len(self.choices) == 1 and role != self.choices[0] and role in offered
        try:
            previous = self.helping.re_route(role, offered=offered)
        except Refused:
            assert not allowed
            self.is_refused_and_unchanged(before)
        else:
            assert allowed
            assert previous == self.choices[0]
            self.choices.append(role)

    @invariant()
    def what_stands_is_the_last_choice_of_at_most_two(self) -> None:
        assert len(self.choices) <= 2
        assert self.helping.role == (self.choices[-1] if self.choices else None)
        assert self.helping.re_routed is (len(self.choices) == 2)


TestHelpingLife = HelpingLife.TestCase
TestHelpingLife.settings = settings(max_examples=300, stateful_step_count=20, deadline=None)


def test_each_refusal_has_its_name() -> None:
    with pytest.raises(NotTriaged):
        Helping().choose("link-worker", has_reason=True, offered=EVERYWHERE)
    with pytest.raises(RoleNotChosen):
        Helping().re_route("link-worker", offered=EVERYWHERE)
    with pytest.raises(ChoiceNeedsReason):
        Helping(1, "link-worker").choose("health-coach", has_reason=False, offered=EVERYWHERE)
    with pytest.raises(RoleNotHere):
        Helping(1, "link-worker").choose(
            "health-coach", has_reason=True, offered=frozenset({"link-worker"})
        )
    chosen = Helping(1, "link-worker", "link-worker")
    with pytest.raises(RoleChosen):
        chosen.propose("health-coach")
    with pytest.raises(SameRole):
        chosen.re_route("link-worker", offered=EVERYWHERE)
    chosen.re_route("health-coach", offered=EVERYWHERE)
    with pytest.raises(ReRoutedAlready):
        chosen.re_route("care-navigator", offered=EVERYWHERE)
