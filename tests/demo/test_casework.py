"""What is told of people is as often as it is said to be, and the awkward ones are all there.

The shares are counted over stories of the whole region that are told in full. What they should be
is written here once more, from the published or assumed figures, and not read from the generator.
"""

from collections import Counter
from datetime import date
from functools import cache
from itertools import takewhile

import pytest

from demo.region import networks
from demo.steps import Step
from demo.stories import stories
from demo.telling import Story

TODAY = date(2026, 11, 20)
NETWORKS = 10


@cache
def _region() -> tuple[Story, ...]:
    """The drawn stories of some networks of the large region."""
    wanted = {network.code for network in networks("region")[:NETWORKS]}
    told = takewhile(lambda story: story.practice.pcn_code in wanted, stories("region", TODAY))
    return tuple(story for story in told if story.reference.startswith("seed-"))


@cache
def _full() -> tuple[Story, ...]:
    return tuple(story for story in _region() if story.in_full and not story.joins)


@cache
def _small() -> tuple[Story, ...]:
    return tuple(stories("small", TODAY))


def _supported() -> list[Story]:
    return [story for story in _full() if story.made]


def _steps(what: str) -> list[Step]:
    return [step for story in _full() for step in story.steps if step.what == what]


def _told(what: str) -> list[Story]:
    return [story for story in _full() if story.holds(what)]


def _of(part: float, whole: float) -> float:
    return part / whole


def test_referrals_a_person_and_how_they_ended_are_near_what_is_published() -> None:
    ended = Counter(story.ending[1] for story in _region() if story.ending)
    people = {story.person.email for story in _region()}

    assert _of(len(_region()), len(people)) == pytest.approx(1.37, abs=0.06)
    assert _of(ended["declined"], len(_region())) == pytest.approx(0.12, abs=0.02)
    assert _of(ended["unreachable"], len(_region())) == pytest.approx(0.10, abs=0.02)


def test_routes_and_needs_are_in_the_order_and_size_that_is_published() -> None:
    routes = Counter(story.route for story in _region())
    first = Counter(story.needs[0] for story in _region())

    assert _of(routes["general-practice"], len(_region())) == pytest.approx(0.74, abs=0.03)
    assert {"self", "hospital", "council", "voluntary-sector", "care-navigator"} <= set(routes)
    assert [need for need, _ in first.most_common(2)] == ["mental-wellbeing", "isolation"]


def test_contacts_are_about_five_and_one_booked_in_seven_is_missed() -> None:
    ended = [story for story in _region() if story.ending and story.ending[1] == "completed"]
    outcomes = Counter(one.outcome for story in _region() for one in story.contacts if story.made)
    booked = outcomes["missed"] + outcomes["made"]

    mean = _of(sum(len(story.made) for story in ended), len(ended))
    assert 3.5 <= mean <= 6.5
    assert max(len(story.made) for story in _region()) <= 20
    assert 0.08 <= _of(outcomes["missed"], booked) <= 0.17
    missed = [one for story in _region() for one in story.contacts if one.outcome == "missed"]
    assert all(one.missed_reason for one in missed)


def test_the_most_deprived_fifth_misses_more() -> None:
    def share(deciles: set[int]) -> float:
        met = [
            one.outcome
            for story in _region()
            if story.person.deprivation_decile in deciles and story.made
            for one in story.contacts
        ]
        return _of(met.count("missed"), len(met))

    assert share({1, 2}) > share({3, 4, 5, 6, 7, 8, 9, 10})


def test_onward_referrals_a_case_and_what_came_of_them_are_as_assumed() -> None:
    onward = _steps("onward")
    sent = len(onward) + len(_steps("placement-failed"))
    accepted, refused = _steps("onward-accepted"), _steps("onward-refused")
    arrived = {story.reference for story in _told("onward-attended")}

    assert _of(sent, len(_supported())) == pytest.approx(1.6, abs=0.25)
    answered = len(accepted) + len(refused)
    assert _of(answered, len(onward)) == pytest.approx(0.72, abs=0.12)
    assert _of(len(accepted), answered) == pytest.approx(0.85, abs=0.06)
    # Some of those accepted are still on their way when the day ends.
    assert 0.4 <= _of(len(_steps("onward-attended")), len(accepted)) <= 0.65
    assert 0.2 <= _of(len(arrived), len(_full())) <= 0.42


def test_many_listings_never_say_a_word() -> None:
    silent = 0
    for story in _full():
        heard = {step.version_of for step in story.steps if step.what.startswith("onward-")}
        silent += sum(step.what == "onward" and step.name not in heard for step in story.steps)

    assert 0.15 <= _of(silent, len(_steps("onward"))) <= 0.45


def test_measures_are_missing_as_often_as_assumed() -> None:
    answers = [
        value
        for what in ("baseline", "follow-up")
        for step in _steps(what)
        for value in step.body["answers"].values()
    ]

    assert _of(len(_told("baseline")), len(_supported())) == pytest.approx(0.65, abs=0.08)
    assert 0.2 <= _of(len(_told("follow-up")), len(_supported())) <= 0.45
    assert {story.reference for story in _told("follow-up")} <= {
        story.reference for story in _told("baseline")
    }
    assert 0.02 <= _of(answers.count(None), len(answers)) <= 0.1


def test_whoever_is_told_in_full_is_closed_by_a_closing_that_says_what_came_of_it() -> None:
    for story in _full():
        assert story.holds("closing") == (story.ending is not None)
    outcomes = {step.body["outcome"] for step in _steps("closing")}
    assert {
        "goals-met", "partly-met", "support-complete", "not-engaged", "unreachable", "declined",
        "moved-away",
    } <= outcomes  # fmt: skip


@pytest.mark.parametrize(
    "what",
    [
        "triage", "role", "re-route", "pause", "resume", "worker",
        "plan", "plan-reviewed", "baseline", "follow-up",
        "visit", "check-in", "check-out", "cancellation",
        "correction", "consent", "consent-narrowed", "consent-revoked",
        "risk", "onward", "onward-sent", "onward-accepted", "onward-started", "onward-attended",
        "onward-refused", "onward-full-until", "onward-declined", "placement-failed",
        "onward-did-not-come", "onward-passed-on", "onward-withdrawn",
        "closing", "reopening", "death", "handover", "merge", "unmerge",
        "alarm", "alarm-acknowledged", "alarm-closed",
    ],
)  # fmt: skip
def test_the_small_region_holds_every_kind_of_thing_that_happens(what: str) -> None:
    assert any(story.holds(what) for story in _small())


def test_each_network_has_every_awkward_story() -> None:
    for network in networks("small"):
        own = {
            story.reference.rsplit(f"{network.code}-", 1)[1]
            for story in _small()
            if story.reference.startswith(f"script-small-{network.code}-")
        }
        expected = {
            "died", "moved", "returned", "merged", "merged-twin", "unmerged", "unmerged-twin",
            "danger", "danger-seen-to", "not-suitable",
        }  # fmt: skip
        if network.code != "U99003":
            expected.add("refused")
        assert own == expected


def test_a_late_correction_becomes_known_after_what_it_corrects() -> None:
    for story in _small():
        for step in story.steps:
            if step.what == "correction" and step.version_of:
                number = int(step.version_of.removeprefix("contact-"))
                assert step.at.date() > story.contacts[number].at.date()


def test_some_people_have_no_number_and_some_have_wishes_of_how_to_be_reached() -> None:
    people = [story.person for story in _region()]

    assert 0.01 <= _of(sum(one.nhs_number is None for one in people), len(people)) <= 0.03
    assert any(one.contact_days and one.contact_from for one in people)
    assert any(one.leave_no_message for one in people)
    assert any(one.access_needs for one in people)
    assert any(one.interpreter_needed for one in people)


def test_whoever_is_sent_to_several_places_from_one_conversation_agrees_to_each_in_its_turn() -> (
    None
):
    for story in _full():
        sent_at = [
            step.occurred_at
            for step in story.steps
            if (step.what == "onward" and not step.body["draft"]) or step.what == "onward-sent"
        ]
        told_in_order = sorted(sent_at)
        assert sent_at == told_in_order
