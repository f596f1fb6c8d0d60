"""The words of each message: plain text, no health detail, no link, a subject that tells nothing.

Promise    A template that asks for something it is not given is a fault, not a gap in a letter.
Not here   Which message goes to whom: ``domain``.
"""

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.notifications.domain import Card, Intent

_TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"

# The words are plain text: there is nothing to escape, and nothing in them comes from a person.
_LETTERS: Final = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - no HTML is made
    keep_trailing_newline=True,
)

SUBJECTS: Final = {
    "referrer-told-received": "A referral was received",
    "person-told-received": "A message for you",
}


class UnusableAddress(Exception):
    """The card holds something that is no e-mail address."""


def letter(intent: Intent, card: Card, *, sender: str, domain: str) -> EmailMessage:
    """Write the message; its Message-ID is the intent's, whichever try this is."""
    message = EmailMessage()
    message["To"] = _address(card.email or "")
    message["From"] = Address(addr_spec=sender)
    message["Subject"] = SUBJECTS[intent.rule]
    message["Message-ID"] = f"<{intent.id}@{domain}>"
    message["Date"] = format_datetime(intent.recorded_at)
    # Out-of-office replies would go to nobody.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        _LETTERS.get_template(f"{intent.rule}.txt").render(
            recipient_name=card.name,
            received_on=f"{intent.recorded_at.day} {intent.recorded_at:%B %Y}",
            reference=intent.referral_id,
        )
    )
    return message


def _address(text: str) -> Address:
    if not text.isascii():
        raise UnusableAddress
    try:
        address = Address(addr_spec=text)
    except (MessageError, ValueError, IndexError):
        # The library answers what is malformed with any of these.
        raise UnusableAddress from None
    if not address.username or not address.domain:
        raise UnusableAddress
    return address
