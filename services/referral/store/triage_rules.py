"""The rules of triage: data that is stored beside the code and comes with each version of it."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final, get_args

from contracts import codes
from services.referral.domain.triage import Rules, rules_of

WORDS: Final = {
    "needs_any": frozenset(get_args(codes.Need)),
    "complexity": frozenset(get_args(codes.Complexity)),
    "confidence": frozenset(get_args(codes.Confidence)),
    "urgency": frozenset(get_args(codes.Urgency)),
}
_FILE: Final = Path(__file__).parents[1] / "triage_rules.toml"


@cache
def current_rules() -> Rules:
    """The rules as this version of the service has them."""
    with _FILE.open("rb") as opened:
        return rules_of(tomllib.load(opened), WORDS)
