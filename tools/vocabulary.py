"""One word for one thing: the words the field would not use stay out of names and pages.

Promise    No name in a service, and no page, calls a person a patient or a listing an offer.
Price      A word with a second, technical meaning has to be let in by name, with a reason.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from tools.tree import Tree

# What not to say, and what is said instead.
INSTEAD: Final = {
    "patient": "person",
    "patients": "people",
    "customer": "person",
    "customers": "people",
    "user": "person, worker or member",
    "users": "people, workers or members",
    "client": "person",
    "clients": "people",
    "agent": "worker",
    "agents": "workers",
    "ticket": "referral",
    "tickets": "referrals",
    "case": "referral or episode",
    "cases": "referrals or episodes",
    "journey": "episode",
    "journeys": "episodes",
    "appointment": "contact",
    "appointments": "contacts",
    "booking": "onward referral",
    "bookings": "onward referrals",
    "offer": "listing",
    "offers": "listings",
    "activity": "listing",
    "activities": "listings",
    "feedback": "message back",
}

# Where such a word means something else: part of a name, and the reason.
LET_IN: Final = {
    r"(^|_)use_cases?(_|$)": "what a service can be asked to do",
    r"(^|_)clients?(_|$)": "the program that calls over HTTP, in OAuth's sense",
}
LET_IN_BELOW: Final = {
    ("services/reporting/", "activity"): "here it is the statistic: how much was done",
}
_LET_IN: Final = tuple(re.compile(pattern) for pattern in LET_IN)

# Pages speak plainly to everybody; these few words never fit there.
PAGE_WORDS: Final = (
    "patient",
    "patients",
    "customer",
    "customers",
    "service user",
    "service users",
)
ALLOWED_PAGES: Final = {
    "docs/reference/glossary.md": "says which words are not used",
    "CONTRIBUTING.md": "says which words are not used",
}


# A module with such a name would hold whatever found no home.
ODDS_AND_ENDS: Final = frozenset({"utils", "util", "helpers", "helper", "common", "misc", "lib"})


def findings(tree: Tree) -> Iterator[str]:
    """Each name and each page that uses a word we do not use, each module named for nothing."""
    for path in tree.find(".py"):
        if ODDS_AND_ENDS & {part.removesuffix(".py") for part in PurePosixPath(path).parts}:
            yield f"{path}: is named for nothing in particular"
    for path, module in tree.python("services"):
        for line, name in sorted(set(_names(module))):
            for word in _words(name):
                if word in INSTEAD and not _is_let_in(path, word):
                    yield f"{path}:{line}: {name} says {word}; we say {INSTEAD[word]}"
    pages = re.compile(rf"\b({'|'.join(PAGE_WORDS)})\b", re.IGNORECASE)
    for path in tree.find(".md"):
        if path not in ALLOWED_PAGES:
            for found in pages.finditer(tree.text(path)):
                line = tree.text(path).count("\n", 0, found.start()) + 1
                yield f"{path}:{line}: says {found[0]}; we say person"


def _names(module: ast.Module) -> Iterator[tuple[int, str]]:
    """The names the module gives: those it merely uses belong to others."""
    for node in ast.walk(module):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr
            case _:
                pass


def _is_let_in(path: str, word: str) -> bool:
    return any(path.startswith(below) and word == known for below, known in LET_IN_BELOW)


def _words(name: str) -> list[str]:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    for let_in in _LET_IN:
        snake = let_in.sub("_", snake)
    return [word for word in snake.split("_") if word]
