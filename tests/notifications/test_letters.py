"""The words of messages."""

import re
from datetime import timedelta
from email.message import EmailMessage
from uuid import uuid4

import pytest

from services.notifications.domain import (
    LISTING_CHECK,
    OF_REFERRALS,
    RULES,
    AboutListing,
    AboutReferral,
    Card,
    Helped,
    Intent,
    Question,
)
from services.notifications.gateways.letters import (
    SUBJECTS,
    Letterhead,
    UnusableAddress,
    letter,
    question_letter,
)
from tests.notifications.trial import START

HEALTH_WORDS = re.compile(
    r"health|patient|illness|disease|bereave|lonel|isolat|debt|mental|nhs|medic|doctor|diagnos",
    re.IGNORECASE,
)
HEAD = Letterhead("no-reply@example.org", "https://console.example.org")
TOKEN = "t" * 43


def _about(recipient_kind: Helped = "referrer") -> AboutReferral:
    return AboutReferral(
        recipient_kind=recipient_kind,
        referral_id=uuid4(),
        episode_id=uuid4(),
        person_id=uuid4(),
        pcn_code="U99001",
        practice_code="Y99001",
        referrer_code="Y99001",
    )


def _intent(rule: str, about: AboutReferral | AboutListing) -> Intent:
    return Intent(
        id=uuid4(), rule=rule, event_id=uuid4(), about=about, recorded_at=START, send_until=START
    )


def _letter(email: str, rule: str = "referrer-told-received") -> EmailMessage:
    about = _about()
    return letter(_intent(rule, about), about, Card(email), HEAD)


def _question(email: str = "a@example.org", name: str = "Growing group") -> EmailMessage:
    about = AboutListing(check_id=uuid4(), listing_id=uuid4(), region_code="QZZ")
    question = Question(email, name, START + timedelta(days=21), TOKEN)
    return question_letter(_intent(LISTING_CHECK.name, about), question, HEAD)


@pytest.mark.parametrize("rule", RULES)
def test_a_letter_says_nothing_of_health_and_asks_for_no_reply(rule: str) -> None:
    of_referrals = {one.name for one in OF_REFERRALS.values()}
    message = _letter("a@example.org", rule) if rule in of_referrals else _question()
    text = message.get_content()

    assert message.get_content_type() == "text/plain"
    assert not HEALTH_WORDS.search(text + message["Subject"])
    assert "{" not in text
    assert "do not reply" in text
    assert set(SUBJECTS) == set(RULES)
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("rule", [rule.name for rule in OF_REFERRALS.values()])
def test_what_is_about_a_person_holds_no_link(rule: str) -> None:
    assert "http" not in _letter("a@example.org", rule).get_content()


def test_a_question_says_which_listing_what_each_answer_does_and_what_silence_does() -> None:
    message = _question(name="Café du jardin, Tuesdays")
    text = message.get_content()

    assert re.findall(r"https?://\S+", text) == [
        f"https://console.example.org/listing-check/{TOKEN}"
    ]
    assert TOKEN not in str(message["Subject"]) + str(message["Message-ID"])
    for words in (
        "Café du jardin, Tuesdays",
        "It runs:",
        "Something changed:",
        "It runs no longer:",
        "before 24 June 2026",
        "with a warning that it may be out of date",
    ):
        assert words in text


def test_every_try_has_the_same_message_id() -> None:
    about = _about()
    intent = _intent("referrer-told-received", about)

    letters = [letter(intent, about, Card(f"{name}@example.org"), HEAD) for name in ("one", "two")]

    assert {message["Message-ID"] for message in letters} == {f"<{intent.id}@example.org>"}


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@example.org\nBcc: all@example.org",
        "a@example.org, b@example.org",
        "<a@example.org>",
        "a@",
        "@example.org",
        "a b@example.org",
        "ä@example.org",
        "a@example.org\x00",
    ],
)
def test_what_is_no_address_reaches_no_header(address: str) -> None:
    with pytest.raises(UnusableAddress):
        _letter(address)
    with pytest.raises(UnusableAddress):
        _question(address)
