"""The synonyms of needs, read once from the repository and checked against the catalogue."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from contracts.needs import TERMS
from services.directory.domain.wording import Wording, wording_of

_FILE: Final = Path(__file__).parents[1] / "synonyms.toml"


@cache
def wording() -> Wording:
    """What is known of how people say things; raises ``WordingBroken`` if the file does not hold."""
    named = {code: (term.name, code.replace("-", " ")) for code, term in TERMS.items()}
    with _FILE.open("rb") as opened:
        return wording_of(tomllib.load(opened), named)
