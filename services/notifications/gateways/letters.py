"""The words of each message: plain text, no health detail, a subject that tells nothing.

Promise    A template that asks for something it is not given is a fault, not a gap in a letter. What
           is about a person holds no link; a question to a listing's owner holds one, to our page.
Not here   Which message goes to whom: ``domain``.
"""

from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.notifications.domain import AboutReferral, Card, Intent, Question

_TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"

# The words are plain text, so there is nothing to escape.
_LETTERS: Final = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - no HTML is made
    keep_trailing_newline=True,
)

SUBJECTS: Final = {
    "referrer-told-received": "A referral was received",
    "person-told-received": "A message for you",
    "listing-check": "Is your listing still right?",
}
PAGE_OF_CHECK: Final = "/listing-check"
_LONDON: Final = ZoneInfo("Europe/London")


class UnusableAddress(Exception):
    """The card holds something that is no e-mail address."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands on every message: whom it comes from, and where people open the console."""

    sender: str
    console_url: str | None = None

    @property
    def domain(self) -> str:
        """The domain of every Message-ID."""
        return self.sender.rpartition("@")[2]


def letter(intent: Intent, about: AboutReferral, card: Card, head: Letterhead) -> EmailMessage:
    """Write a message about a referral."""
    return _written(
        intent,
        card.email,
        head,
        recipient_name=card.name,
        received_on=f"{intent.recorded_at.day} {intent.recorded_at:%B %Y}",
        reference=about.referral_id,
    )


def question_letter(intent: Intent, question: Question, head: Letterhead) -> EmailMessage:
    """Write the question to the owner of a listing, with the link that answers it."""
    before = question.answer_until.astimezone(_LONDON)
    return _written(
        intent,
        question.email,
        head,
        listing_name=question.listing_name,
        link=f"{head.console_url}{PAGE_OF_CHECK}/{question.token}",
        answer_before=f"{before.day} {before:%B %Y}",
    )


def _written(intent: Intent, email: str | None, head: Letterhead, **words: object) -> EmailMessage:
    """The message itself; its Message-ID is the intent's, whichever try this is."""
    message = EmailMessage()
    message["To"] = _address(email or "")
    message["From"] = Address(addr_spec=head.sender)
    message["Subject"] = SUBJECTS[intent.rule]
    message["Message-ID"] = f"<{intent.id}@{head.domain}>"
    message["Date"] = format_datetime(intent.recorded_at)
    # Out-of-office replies would go to nobody.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_LETTERS.get_template(f"{intent.rule}.txt").render(words))
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
