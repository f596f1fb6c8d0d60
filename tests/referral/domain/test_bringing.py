"""What goes along when support goes on elsewhere, and what comes back."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.referral.domain.bringing import (
    NOTE_LENGTH_MAX,
    RECORD,
    Fate,
    FlagThere,
    both_notes,
    fate_of,
    follow,
    join,
    take_review,
    what_goes,
)
from services.referral.domain.consent import Recipient, SharingConsent
from services.referral.domain.risk import RiskFlag

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = date(2026, 6, 30)


def there(**changes: Any) -> FlagThere:
    known: dict[str, Any] = {
        "id": uuid4(),
        "kind": "threats",
        "note": "A brother.",
        "raised_by": uuid4(),
        "raised_at": NOW,
        "review_by": DAY,
        "reviewed_at": None,
        "ended_at": None,
        "end_reason": None,
        "review_note": None,
        "counterpart_id": None,
        **changes,
    }
    return FlagThere(**known)


def here(**changes: Any) -> RiskFlag:
    known: dict[str, Any] = {
        "id": uuid4(),
        "person_id": uuid4(),
        "pcn_code": "U99002",
        "kind": "threats",
        "raised_by": None,
        "raised_at": NOW,
        "review_by": DAY,
        **changes,
    }
    return RiskFlag(**known)


@pytest.mark.parametrize(
    ("flag", "counterpart", "same_kind", "fate"),
    [
        (there(), None, False, "bring"),
        (there(), None, True, "join"),
        (there(ended_at=NOW), None, False, "leave"),
        (there(), here(), True, "leave"),
        (there(reviewed_at=NOW), here(), True, "review"),
        (there(reviewed_at=NOW), here(reviewed_at=NOW), True, "leave"),
        (there(reviewed_at=NOW), here(reviewed_at=NOW - timedelta(days=1)), True, "review"),
        (there(ended_at=NOW, reviewed_at=NOW), here(), True, "end"),
    ],
)
def test_a_flag_is_brought_once_and_follows_what_became_of_it(
    flag: FlagThere, counterpart: RiskFlag | None, same_kind: bool, fate: Fate
) -> None:
    assert fate_of(flag, counterpart, same_kind=same_kind) == fate


def test_of_two_flags_of_a_kind_the_earlier_review_and_both_notes_count() -> None:
    flag = here()
    join(flag, there(review_by=DAY - timedelta(days=9)))
    assert (flag.review_by, flag.version) == (DAY - timedelta(days=9), 2)
    join(flag, there(review_by=DAY))
    assert flag.review_by == DAY - timedelta(days=9)

    assert both_notes("A dog.", "A brother.") == "A dog.\nA brother."
    assert both_notes("A brother, and a dog.", "A brother") == "A brother, and a dog."
    assert both_notes(None, "A brother.") == "A brother."
    assert both_notes("A dog.", None) == "A dog."
    assert len(both_notes("a" * NOTE_LENGTH_MAX, "b") or "") == NOTE_LENGTH_MAX


def test_a_review_over_there_counts_here() -> None:
    flag, later = here(), DAY + timedelta(days=90)
    take_review(flag, there(review_by=later, reviewed_at=NOW))
    assert (flag.review_by, flag.reviewed_at, flag.version) == (later, NOW, 2)


def test_the_record_goes_along_where_the_person_agreed_and_no_further() -> None:
    assert what_goes((*RECORD, "contacts")) == RECORD
    assert what_goes(()) == frozenset()
    assert what_goes(("goals", "contacts")) == {"goals"}


def a_consent(**changes: Any) -> SharingConsent:
    known: dict[str, Any] = {
        "id": uuid4(),
        "person_id": uuid4(),
        "pcn_code": "U99001",
        "recipient": Recipient("practice", "Y99001"),
        "purpose": "direct-care",
        "scope": frozenset({"plan", "goals"}),
        "expires_on": None,
        "given_at": NOW - timedelta(days=1),
        **changes,
    }
    return SharingConsent(**known)


@pytest.mark.parametrize(
    ("theirs", "step", "scope"),
    [
        (a_consent(), None, {"plan", "goals"}),
        (a_consent(status="revoked"), "revoked", {"plan", "goals"}),
        (a_consent(scope=frozenset({"goals"})), "narrowed", {"goals"}),
        (a_consent(scope=frozenset({"needs"})), "revoked", {"plan", "goals"}),
        (a_consent(scope=frozenset({"plan", "goals", "needs"})), None, {"plan", "goals"}),
        (a_consent(expires_on=DAY), "narrowed", {"plan", "goals"}),
    ],
)
def test_what_was_taken_back_there_is_taken_back_here_and_nothing_grows(
    theirs: SharingConsent, step: str | None, scope: set[str]
) -> None:
    ours = a_consent()
    assert follow(ours, theirs, NOW) == step
    assert ours.scope == scope
    assert ours.permits(NOW) == (step != "revoked")
    assert follow(ours, theirs, NOW) is None
