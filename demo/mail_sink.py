"""The demonstration's mail server: takes every message, delivers none, shows all of them.

Promise    A message that was answered with 250 is on disk, and survives a restart. The oldest are
           dropped beyond MESSAGES_MAX.
Price      One file a message; the list is kept in memory.
Not here   Sending: services/notifications.
"""

from __future__ import annotations

import asyncio
import html
import json
import os
import re
import sys
from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Final, Literal

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

MESSAGES_MAX: Final = 10_000
MESSAGE_BYTES_MAX: Final = 1_000_000
PAGE_MESSAGES_MAX: Final = 200
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")

PAGE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


class Settings(BaseSettings):
    """What the mail sink is told."""

    model_config = SettingsConfigDict(env_prefix="WAYMARK_", hide_input_in_errors=True)

    mode: Literal["demo"]
    http_host: str = "127.0.0.1"
    http_port: int
    smtp_port: int
    mail_directory: Path


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it came in."""

    number: int
    received_at: str
    sender: str
    to: list[str]
    subject: str
    text: str
    headers: dict[str, str]


class Mailbox:
    """Messages in the order they came, each in a file of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._messages: deque[Message] = deque()
        for file in sorted(directory.glob("*.json")):
            self._messages.append(Message(**json.loads(file.read_text(encoding="utf-8"))))
        self._next = self._messages[-1].number + 1 if self._messages else 1
        self._trim()

    def add(self, sender: str, recipients: list[str], content: bytes) -> Message:
        """Keep one message, on disk before anything is answered."""
        parsed = message_from_bytes(content, policy=policy.default)
        body = parsed.get_body(("plain", "html"))
        message = Message(
            number=self._next,
            received_at=datetime.now(UTC).isoformat(),
            sender=sender,
            to=recipients,
            subject=str(parsed.get("subject", "")),
            text=str(body.get_content()).replace("\r\n", "\n") if body else "",
            headers={name: str(value) for name, value in parsed.items()},
        )
        partial = self._directory / f"{message.number:09}.partial"
        with partial.open("w", encoding="utf-8", errors="replace") as stream:
            json.dump(asdict(message), stream)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(self._file(message))
        self._next += 1
        self._messages.append(message)
        self._trim()
        return message

    def newest_first(self, to: str | None = None) -> list[Message]:
        """Every message, or those to one address."""
        return [one for one in reversed(self._messages) if to is None or to in one.to]

    def clear(self) -> int:
        """Forget every message; how many there were."""
        count = len(self._messages)
        while self._messages:
            self._drop_oldest()
        return count

    def _trim(self) -> None:
        while len(self._messages) > MESSAGES_MAX:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        self._file(self._messages.popleft()).unlink(missing_ok=True)

    def _file(self, message: Message) -> Path:
        return self._directory / f"{message.number:09}.json"


class Receiver:
    """What the SMTP server does with a message."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks for this name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content or b""
        if isinstance(content, str):
            content = content.encode("utf-8", "surrogateescape")
        try:
            self._mailbox.add(envelope.mail_from or "", list(envelope.rcpt_tos), content)
        except OSError:
            return "452 The message could not be kept, please repeat"
        return "250 Kept"


class Pages:
    """The messages over HTTP."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def routes(self) -> list[Route]:
        return [
            Route("/", self.page),
            Route("/messages", self.messages, methods=["GET"]),
            Route("/messages", self.clear, methods=["DELETE"]),
            Route("/livez", _alive),
            Route("/readyz", _alive),
        ]

    async def page(self, _request: Request) -> Response:
        messages = self._mailbox.newest_first()
        items = "".join(
            f"<article><h2>{html.escape(one.subject)}</h2>"
            f"<p>To {html.escape(', '.join(one.to))} at {html.escape(one.received_at)}</p>"
            f"<pre>{_shown(one.text)}</pre></article>"
            for one in messages[:PAGE_MESSAGES_MAX]
        )
        shown = min(len(messages), PAGE_MESSAGES_MAX)
        return HTMLResponse(
            PAGE.format(shown=shown, count=len(messages), items=items), headers=PAGE_HEADERS
        )

    async def messages(self, request: Request) -> Response:
        found = self._mailbox.newest_first(request.query_params.get("to"))
        return JSONResponse([asdict(one) for one in found], headers={"Cache-Control": "no-store"})

    async def clear(self, _request: Request) -> Response:
        return JSONResponse({"deleted": self._mailbox.clear()})


def _shown(text: str) -> str:
    """The text as text, with the addresses in it to be followed as a mail program would."""
    pieces: list[str] = []
    end = 0
    for found in _ADDRESS.finditer(text):
        address = html.escape(found[0])
        pieces += [html.escape(text[end : found.start()]), f'<a href="{address}">{address}</a>']
        end = found.end()
    return "".join([*pieces, html.escape(text[end:])])


async def _alive(_request: Request) -> Response:
    return JSONResponse({"status": "ready"})


PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Messages sent - Waymark demonstration</title>
<style>
body {{ font-family: Arial, sans-serif; line-height: 1.5; color: #212b32; background: #f0f4f5;
  margin: 0 auto; max-width: 50rem; padding: 1.5rem; }}
article {{ background: #fff; border: 1px solid #768692; padding: 0 1rem; margin: 0 0 1rem; }}
h2 {{ font-size: 1.1rem; }}
pre {{ white-space: pre-wrap; font: inherit; }}
</style>
</head>
<body>
<main>
<h1>Messages sent</h1>
<p>Nothing leaves this machine. Newest first, {shown} of {count} shown.</p>
{items}
</main>
</body>
</html>
"""


async def serve(settings: Settings) -> None:
    """Take mail and show it until told to stop."""
    mailbox = Mailbox(settings.mail_directory)
    receiver = Receiver(mailbox)
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(
        lambda: SMTP(
            receiver,
            hostname="mail.example.org",
            data_size_limit=MESSAGE_BYTES_MAX,
            enable_SMTPUTF8=True,
        ),
        settings.http_host,
        settings.smtp_port,
    )
    app = Starlette(routes=Pages(mailbox).routes())
    config = uvicorn.Config(
        app, settings.http_host, settings.http_port, log_level="warning", access_log=False
    )
    async with smtp:
        await uvicorn.Server(config).serve()


def main() -> None:
    """Read the settings, then serve."""
    try:
        settings = Settings()  # pyright: ignore[reportCallIssue] - the environment fills it
    except ValidationError as fault:
        for error in fault.errors(include_input=False, include_url=False):
            key = "WAYMARK_" + str(error["loc"][0]).upper()
            print(f"{key}: {error['msg']}", file=sys.stderr)  # noqa: T201 - before any log is set up
        raise SystemExit(2) from None
    asyncio.run(serve(settings))


if __name__ == "__main__":
    main()
