"""The mail sink keeps what it said it keeps, shows it as text, and drops only the oldest."""

import asyncio
import contextlib
import re
import socket
import sys
from email.message import EmailMessage

import aiosmtplib
import httpx
import pytest

import demo.mail_sink as sink
from tests.waiting import until


def message(subject: str = "Your referral", text: str = "Grüße <b>bold</b>") -> EmailMessage:
    made = EmailMessage()
    made["From"] = "waymark@example.org"
    made["To"] = "y99001@practice.example.org"
    made["Subject"] = subject
    made["X-Waymark-Message"] = "0198"
    made.set_content(text)
    return made


def a_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextlib.asynccontextmanager
async def running(directory):
    http_port, smtp_port = a_port(), a_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "demo.mail_sink",
        env={
            "WAYMARK_MODE": "demo",
            "WAYMARK_HTTP_PORT": str(http_port),
            "WAYMARK_SMTP_PORT": str(smtp_port),
            "WAYMARK_MAIL_DIRECTORY": str(directory),
        },
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{http_port}") as http:

        async def answers() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                return (await http.get("/readyz")).is_success
            return False

        await until(answers, timeout_seconds=20, what="the mail sink answers")
        yield http, smtp_port
    process.terminate()
    await process.wait()


@pytest.mark.enable_socket
async def test_a_message_sent_is_listed_newest_first_and_survives_a_restart(tmp_path):
    async with running(tmp_path) as (http, port):
        for subject in ("first", "second"):
            await aiosmtplib.send(message(subject), hostname="127.0.0.1", port=port)
        newest, oldest = (await http.get("/messages")).json()
    assert (newest["subject"], oldest["subject"]) == ("second", "first")
    assert newest["to"] == ["y99001@practice.example.org"]
    assert newest["text"] == "Grüße <b>bold</b>\n"
    assert newest["headers"]["X-Waymark-Message"] == "0198"
    async with running(tmp_path) as (http, port):
        await aiosmtplib.send(message("third"), hostname="127.0.0.1", port=port)
        listed = [one["subject"] for one in (await http.get("/messages")).json()]
        assert listed == ["third", "second", "first"]
        to_nobody = await http.get("/messages", params={"to": "nobody@example.org"})
        assert to_nobody.json() == []
        page = await http.get("/")
        assert "&lt;b&gt;bold&lt;/b&gt;" in page.text
        assert "<b>bold" not in page.text
        assert (await http.delete("/messages")).json() == {"deleted": 3}
        assert (await http.get("/messages")).json() == []
    assert list(tmp_path.glob("*.json")) == []


@pytest.mark.enable_socket
async def test_addresses_in_a_message_can_be_followed_and_are_no_markup(tmp_path):
    linked = message("linked")
    linked.set_content(
        "Does it still run? https://example.org/listing-check/ab_-9?a=1&b=2.\n"
        'Never javascript:alert(1) nor http://example.org/"onmouseover=x\n'
    )
    async with running(tmp_path) as (http, port):
        await aiosmtplib.send(linked, hostname="127.0.0.1", port=port)
        page = (await http.get("/")).text
    address = "https://example.org/listing-check/ab_-9?a=1&amp;b=2"
    assert f'<a href="{address}">{address}</a>.' in page
    assert re.findall(r'href="([^"]*)"', page) == [address, "http://example.org/"]
    assert "&quot;onmouseover" in page


def test_only_the_oldest_are_dropped_beyond_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(sink, "MESSAGES_MAX", 3)
    mailbox = sink.Mailbox(tmp_path)
    for number in range(5):
        mailbox.add("a@example.org", ["b@example.org"], bytes(message(f"m{number}")))
    assert [one.subject for one in mailbox.newest_first()] == ["m4", "m3", "m2"]
    assert len(list(tmp_path.glob("*.json"))) == 3
    assert [one.subject for one in sink.Mailbox(tmp_path).newest_first()] == ["m4", "m3", "m2"]


@pytest.mark.enable_socket
async def test_a_message_that_cannot_be_kept_is_not_accepted(tmp_path):
    async with running(tmp_path) as (http, port):
        # A file stands where the message's own would be written.
        (tmp_path / "000000001.partial").mkdir()
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await aiosmtplib.send(message(), hostname="127.0.0.1", port=port)
        assert refused.value.code == 452
        (tmp_path / "000000001.partial").rmdir()
        await aiosmtplib.send(message(), hostname="127.0.0.1", port=port)
        assert len((await http.get("/messages")).json()) == 1


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe no headers", b"Subject: =?utf-8?b?%%?=\r\n\r\nx"])
def test_any_bytes_become_a_message(tmp_path, raw):
    mailbox = sink.Mailbox(tmp_path)
    mailbox.add("", ["b@example.org"], raw)
    assert len(sink.Mailbox(tmp_path).newest_first()) == 1
