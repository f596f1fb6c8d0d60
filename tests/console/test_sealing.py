"""What the browser keeps for the console, and what somebody else could do with it."""

import time
from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.sealing import Seal, TooMuchToKeep

SEAL = Seal("a secret of these tests")
CONTENT = {"access_token": "a.b.c", "name": "Somebody"}


def test_what_was_sealed_opens_under_its_own_name_and_key_alone() -> None:
    sealed = SEAL.close("session", CONTENT, seconds=60)
    assert SEAL.open("session", sealed) == CONTENT
    assert SEAL.open("other", sealed) is None
    assert Seal("another secret of tests").open("session", sealed) is None
    assert "a.b.c" not in sealed


def test_what_was_sealed_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = SEAL.close("session", CONTENT, seconds=60)
    later = time.time() + 61
    monkeypatch.setattr("console.sealing.time.time", lambda: later)
    assert SEAL.open("session", sealed) is None


@given(st.text(max_size=200))
def test_nothing_made_elsewhere_opens(made: str) -> None:
    assert SEAL.open("session", made) is None


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_nothing_changed_on_the_way_opens(place: int, change: int) -> None:
    sealed = SEAL.close("session", CONTENT, seconds=60)
    at = place % len(sealed)
    other = chr((ord(sealed[at]) + change) % 128)
    changed = sealed[:at] + other + sealed[at + 1 :]
    # The last letter of the encoding has bits that stand for nothing.
    says_the_same = _decoded(changed) == _decoded(sealed)
    assert SEAL.open("session", changed) == (CONTENT if says_the_same else None)


def _decoded(sealed: str) -> bytes | None:
    try:
        return urlsafe_b64decode(sealed)
    except ValueError:
        return None


def test_more_than_a_cookie_holds_is_refused_rather_than_lost() -> None:
    with pytest.raises(TooMuchToKeep):
        SEAL.close("session", {"access_token": "x" * 5_000}, seconds=60)
