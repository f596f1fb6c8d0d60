"""The words of messages."""

import re
from uuid import uuid4

import pytest

from services.notifications.domain import RULES, Card, Intent
from services.notifications.gateways.letters import SUBJECTS, UnusableAddress, letter
from tests.notifications.trial import START

HEALTH_WORDS = re.compile(
    r"health|patient|illness|disease|bereave|lonel|isolat|debt|mental|nhs|medic|doctor|diagnos",
    re.IGNORECASE,
)


def _intent(rule: str) -> Intent:
    return Intent(
        id=uuid4(),
        rule=rule,
        recipient_kind=RULES[rule].recipient_kind,
        event_id=uuid4(),
        referral_id=uuid4(),
        episode_id=uuid4(),
        person_id=uuid4(),
        pcn_code="U99001",
        practice_code="Y99001",
        referrer_code="Y99001",
        recorded_at=START,
        send_until=START,
    )


@pytest.mark.parametrize("rule", RULES)
def test_a_letter_says_nothing_of_health_and_holds_no_link(rule: str) -> None:
    message = letter(
        _intent(rule), Card("a@example.org"), sender="no-reply@example.org", domain="example.org"
    )
    text = message.get_content()

    assert message.get_content_type() == "text/plain"
    assert not HEALTH_WORDS.search(text + message["Subject"])
    assert "http" not in text
    assert "{" not in text
    assert set(SUBJECTS) == set(RULES)
    assert message["Auto-Submitted"] == "auto-generated"


def test_every_try_has_the_same_message_id() -> None:
    intent = _intent("referrer-told-received")

    letters = [
        letter(intent, Card(f"{name}@example.org"), sender="a@example.org", domain="example.org")
        for name in ("one", "two")
    ]

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
        letter(
            _intent("referrer-told-received"),
            Card(address),
            sender="a@example.org",
            domain="example.org",
        )
