"""Plans by version, goals with terms and steps, days to look again, and the person's own copy."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.domain.copies import (
    LINE_LENGTH_MAX,
    WHO_HELPS,
    CopiedGoal,
    CopiedStep,
    Copy,
    as_text,
)
from services.referral.domain.episodes import Episode, Goal, Referral
from services.referral.domain.goals import (
    STEPS_MAX,
    GoalTerms,
    Step,
    StepStandsSo,
    TooManySteps,
    add_step,
    first_steps,
    mark_step,
)
from services.referral.domain.plans import Plan, ReviewDayUnlikely, check_review_on, due_at
from services.referral.domain.refusals import EpisodeNotOpen, GoalEnded

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = date(2026, 6, 1)


def a_goal() -> tuple[Episode, Goal, Referral]:
    episode = Episode(uuid4(), uuid4(), "U99001", NOW)
    episode.receive_referral()
    referral = Referral(uuid4(), episode.id, "Y99001", "Y99001")
    episode.set_goal(referral)
    return episode, Goal(uuid4(), episode.id, referral.id, "Y99001"), referral


def test_the_first_plan_is_agreed_and_every_later_one_a_review() -> None:
    first = Plan(uuid4()).agree("To see my sister.", None, DAY)
    same = first.plan.agree("To see my sister.", None, None)
    other = same.plan.agree("To see my sister.", "A bus pass.", None)

    assert [one.plan.version for one in (first, same, other)] == [1, 2, 3]
    assert [one.first for one in (first, same, other)] == [True, False, False]
    assert [one.words_changed for one in (first, same, other)] == [True, False, True]


@pytest.mark.parametrize("day", [date(2026, 3, 2), date(2026, 1, 1), date(2036, 1, 1)])
def test_a_review_lies_ahead_and_not_too_far(day: date) -> None:
    check_review_on(None, NOW)
    check_review_on(date(2026, 3, 3), NOW)
    with pytest.raises(ReviewDayUnlikely):
        check_review_on(day, NOW)


def test_a_review_is_due_from_nine_in_the_morning_whatever_the_clocks_do() -> None:
    winter, summer = due_at(date(2026, 1, 15)), due_at(date(2026, 7, 15))
    assert winter.astimezone(UTC).hour == 9
    assert summer.astimezone(UTC).hour == 8


def test_what_changed_of_a_goal_is_named() -> None:
    before = GoalTerms("money", "Pay the bill.", "No letters.", date(2026, 5, 1), None)
    after = GoalTerms("money", "Pay the bill.", "It is paid.", date(2026, 6, 1), DAY)
    assert before.differing(after) == ["measure", "target-date", "review-date"]
    assert before.differing(before) == []


def test_steps_are_taken_one_by_one_and_can_turn_out_not_to_be() -> None:
    episode, goal, _ = a_goal()
    steps = first_steps(goal.id, ["ring", "go"])
    added, version = add_step(episode, goal, steps, "go again")
    assert ([one.number for one in steps], added.number, version) == ([1, 2, 3], 3, 3)

    assert mark_step(episode, goal, steps[0], what=None, done=True, at=NOW) == 4
    assert (steps[0].done_at, steps[0].version) == (NOW, 2)
    assert mark_step(episode, goal, steps[0], what="ring twice", done=False, at=NOW) == 5
    assert (steps[0].done, steps[0].what, steps[0].version) == (False, "ring twice", 3)


def test_a_step_that_stands_so_is_not_told_again() -> None:
    episode, goal, _ = a_goal()
    step = Step(goal.id, 1, "ring")
    with pytest.raises(StepStandsSo):
        mark_step(episode, goal, step, what="ring", done=False, at=NOW)
    assert (step.version, episode.version) == (1, 2)


def test_a_goal_has_so_many_steps_and_no_more() -> None:
    episode, goal, _ = a_goal()
    steps = first_steps(goal.id, ["one"] * STEPS_MAX)
    with pytest.raises(TooManySteps):
        add_step(episode, goal, steps, "one too many")
    assert (len(steps), episode.version) == (STEPS_MAX, 2)


def test_a_goal_that_ended_and_support_that_ended_take_no_steps() -> None:
    episode, goal, referral = a_goal()
    episode.update_goal(goal, "met")
    with pytest.raises(GoalEnded):
        add_step(episode, goal, [], "one more")
    episode.change_status(referral, "declined", NOW)
    with pytest.raises(EpisodeNotOpen):
        add_step(episode, goal, [], "one more")


def a_copy(**changes: object) -> Copy:
    told: dict[str, object] = {
        "name": "Ada",
        "made_on": date(2026, 3, 2),
        "role": "link-worker",
        "what_matters": "To walk to the shop.",
        "support": None,
        "review_on": DAY,
        "next_visit_at": datetime(2026, 7, 1, 13, 30, tzinfo=UTC),
        "goals": [
            CopiedGoal(
                "Join the walking group.",
                "I go every week.",
                date(2026, 5, 1),
                [CopiedStep("Ring them.", done=True), CopiedStep("Go once.", done=False)],
            )
        ],
        **changes,
    }
    return Copy(**told)


def test_a_copy_says_who_helps_what_was_agreed_and_what_comes_next() -> None:
    assert as_text(a_copy()) == (
        "My plan: Ada\n"
        "Written on Monday 2 March 2026\n"
        "\n"
        "Who helps me\n"
        "------------\n"
        "I have a link worker. They take time to hear what matters to you, and\n"
        "help you find people and places near you.\n"
        "\n"
        "What matters to me\n"
        "------------------\n"
        "To walk to the shop.\n"
        "\n"
        "My goals\n"
        "--------\n"
        "1. Join the walking group.\n"
        "   How I will know: I go every week.\n"
        "   By: Friday 1 May 2026\n"
        "   [x] Ring them.\n"
        "   [ ] Go once.\n"
        "\n"
        "The next visit\n"
        "--------------\n"
        "Wednesday 1 July 2026, 14:30\n"
        "\n"
        "When we look at this again\n"
        "--------------------------\n"
        "Monday 1 June 2026\n"
    )


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Community connector", "a Community connector"),
        ("Independence coach", "an Independence coach"),
        (None, "a health and wellbeing coach"),
    ],
)
def test_whoever_helps_is_called_what_the_network_calls_them(title: str | None, said: str) -> None:
    text = as_text(a_copy(role="health-coach", title=title))
    assert f"I have {said}. They help you build" in text


def test_a_copy_before_anything_was_agreed_says_so() -> None:
    text = as_text(
        a_copy(role=None, what_matters=None, review_on=None, next_visit_at=None, goals=[])
    )
    assert "We have not written this yet." in text
    assert "We have not set a goal yet." in text
    assert "No visit is planned now." in text
    assert "a worker of your local team" in text


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), max_size=400
    )
)
def test_nothing_that_was_written_is_lost_on_the_page(words: str) -> None:
    text = as_text(a_copy(what_matters=f"a {words} z"))
    said = text.partition("What matters to me")[2].partition("My goals")[0]
    assert "".join(f"a{words}z".split()) in "".join(said.split())
    assert all(len(line) <= LINE_LENGTH_MAX for line in text.splitlines())


def test_a_far_visit_is_told_by_the_clocks_of_england() -> None:
    assert a_copy(next_visit_at=NOW + timedelta(days=1)).next_visit == "Tuesday 3 March 2026, 09:00"


def test_whoever_can_help_is_explained() -> None:
    assert set(WHO_HELPS) == {"link-worker", "health-coach", "care-coordinator", "care-navigator"}
