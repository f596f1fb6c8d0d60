"""Templates: our pages under strict rules, the NHS.UK components under theirs.

Promise    A name that a page misspells is a fault and not an empty place. Whatever comes from a
           service is text, never markup. Every address that a page fetches or sends to is this
           console's own; a link leads elsewhere only where ``web_address`` lets it.
Price      Two environments: the components' port needs lenient names, our pages must not have them.
Not here   What a page says: ``templates/``. What it is told: ``pages/``.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import ChainableUndefined, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from chassis import clock
from console.foreign_text import web_address

CONTENT_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
NOTHING_YET: Final = Markup(
    '<span aria-hidden="true">-</span><span class="nhsuk-u-visually-hidden">none yet</span>'
)
TOO_FEW: Final = Markup(
    '<span aria-hidden="true">*</span><span class="nhsuk-u-visually-hidden">too few to show</span>'
)
COMPONENTS: Final = {
    "back_link": ("back-link", "backLink"),
    "button": ("button", "button"),
    "checkboxes": ("checkboxes", "checkboxes"),
    "date_input": ("date-input", "dateInput"),
    "error_summary": ("error-summary", "errorSummary"),
    "input": ("input", "input"),
    "inset_text": ("inset-text", "insetText"),
    "notification_banner": ("notification-banner", "notificationBanner"),
    "pagination": ("pagination", "pagination"),
    "radios": ("radios", "radios"),
    "select": ("select", "select"),
    "skip_link": ("skip-link", "skipLink"),
    "summary_list": ("summary-list", "summaryList"),
    "textarea": ("textarea", "textarea"),
    "warning_callout": ("warning-callout", "warningCallout"),
}
"""The components our pages use: our name, their folder, their macro."""

_LONDON: Final = ZoneInfo("Europe/London")
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86_400


class Pages:
    """Draws pages."""

    def __init__(self, *, release: str, demo: bool) -> None:
        components = Environment(
            loader=PackageLoader("nhsuk_frontend_jinja"),
            undefined=ChainableUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._pages = Environment(
            loader=PackageLoader("console"),
            undefined=StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for name, (folder, macro) in COMPONENTS.items():
            module = components.get_template(f"nhsuk/components/{folder}/macro.jinja").module
            self._pages.globals[name] = getattr(module, macro)
        self._always: Mapping[str, Any] = {"release": release, "demo": demo}
        self._pages.filters.update(
            figure=figure,
            moment=moment,
            day=day_words,
            ago=ago,
            duration=duration,
            count=count,
            web_address=web_address,
        )

    def text(self, name: str, context: Mapping[str, Any]) -> str:
        """Draw a page as text."""
        return self._pages.get_template(name).render({**self._always, **context})

    def answer(self, name: str, context: Mapping[str, Any], *, status: int = 200) -> HTMLResponse:
        """Draw a page as an answer that a browser may neither frame, keep nor add to."""
        return HTMLResponse(
            self.text(name, context),
            status,
            {"Content-Security-Policy": CONTENT_POLICY, "Cache-Control": "no-store"},
        )


def count(value: int | None) -> str:
    """A number as people read it, or that it is not known."""
    return "not known" if value is None else f"{value:,}"


def figure(value: float | str | None) -> str:
    """A figure as it is shown: a number, a hidden small number, or nothing yet."""
    if value is None:
        return NOTHING_YET
    if isinstance(value, str):
        return TOO_FEW
    return (
        f"{value:,.1f}" if isinstance(value, float) and not value.is_integer() else f"{value:,.0f}"
    )


def moment(value: datetime | str | None) -> str:
    """A moment as clocks in England show it."""
    if value is None:
        return "not known"
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = at.astimezone(_LONDON)
    return f"{local:%H:%M:%S} on {local.day} {local:%B %Y}"


def today() -> date:
    """The day it is in England."""
    return clock.now().astimezone(_LONDON).date()


def day_words(value: date | datetime | str | None) -> str:
    """A day as people in England write it; of a moment, the day it was there."""
    if value is None:
        return "not known"
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(at, datetime) and at.tzinfo is not None:
        at = at.astimezone(_LONDON)
    return f"{at.day} {at:%B %Y}"


def ago(value: datetime | str | None) -> str:
    """How long ago a moment was, in words."""
    if value is None:
        return "not known"
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{duration((datetime.now(UTC) - at).total_seconds())} ago"


def duration(seconds: float | None) -> str:
    """A length of time in its largest unit that says enough."""
    if seconds is None:
        return "not known"
    whole = max(int(seconds), 0)
    for size, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if whole >= size:
            number = whole // size
            return f"{number} {name}{'' if number == 1 else 's'}"
    return f"{whole} second{'' if whole == 1 else 's'}"
