"""What groups and other directories wrote, made safe to show beside words of ours.

Promise    Nothing they wrote turns the direction of what stands around it, hides in it, or leads
           anywhere but to a page of the web: an address of another kind is text and no link.
Price      Marks that change direction are taken out, even where they were meant well; a browser
           finds the direction of a text by its letters.
Not here   That text is never markup: ``templating``.
"""

import unicodedata
from typing import Any, Final, cast
from urllib.parse import urlsplit

ADDRESS_LENGTH_MAX: Final = 2_000
_LAYOUT: Final = "\n\t"
_UNPRINTABLE: Final = frozenset({"Cc", "Cs", "Co", "Cn"})
_DIRECTION: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def without_controls(value: Any) -> Any:
    """The same answer, however deep, without characters that control how text is laid out."""
    if isinstance(value, str):
        return _plain(value)
    if isinstance(value, list):
        return [without_controls(one) for one in cast("list[Any]", value)]
    if isinstance(value, dict):
        parts = cast("dict[str, Any]", value).items()
        return {name: without_controls(part) for name, part in parts}
    return value


def web_address(text: str) -> str:
    """The address, if it is one of the web that a link may lead to; else nothing."""
    if len(text) > ADDRESS_LENGTH_MAX or any(one.isspace() or one in "\\<>\"'" for one in text):
        return ""
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ""
    # Who stands before an @ is not where the link leads.
    if parts.scheme.lower() not in {"http", "https"} or not named or "@" in parts.netloc:
        return ""
    return text


def _plain(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(one for one in text if _is_plain(one))


def _is_plain(character: str) -> bool:
    if character in _DIRECTION:
        return False
    return character in _LAYOUT or unicodedata.category(character) not in _UNPRINTABLE
