"""Handing a message to the mail server.

Promise    Says which of three things happened: taken over, refused for good, or nothing yet.
Price      A server that took the message and then fell silent looks like nothing yet.
Not here   Trying again: ``use_cases``.
"""

import asyncio
from email.message import EmailMessage
from typing import Final

import aiosmtplib

from services.notifications.domain import Failed, Sent, Trouble
from services.notifications.settings import MailSecurity

CONVERSATION_TIMEOUT_SECONDS: Final = 15.0
STEP_TIMEOUT_SECONDS: Final = 10.0
# From here on a reply of a mail server means never, below it not now (RFC 5321).
_PERMANENT: Final = 500
_START_TLS: Final[dict[MailSecurity, bool | None]] = {
    "opportunistic": None,
    "starttls": True,
    "tls": False,
}


class Mail:
    """The mail server this platform hands messages to."""

    def __init__(
        self,
        smtp: str,
        *,
        security: MailSecurity,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        host, _, port = smtp.rpartition(":")
        self._host = host
        self._port = int(port)
        self._security: MailSecurity = security
        self._username = username
        self._password = password

    async def send(self, message: EmailMessage) -> Sent | Failed | Trouble:
        """Hand over one message."""
        try:
            async with asyncio.timeout(CONVERSATION_TIMEOUT_SECONDS):
                await aiosmtplib.send(
                    message,
                    hostname=self._host,
                    port=self._port,
                    use_tls=self._security == "tls",
                    start_tls=_START_TLS[self._security],
                    username=self._username,
                    password=self._password,
                    timeout=STEP_TIMEOUT_SECONDS,
                )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            codes = [recipient.code for recipient in refused.recipients]
            if codes and min(codes) >= _PERMANENT:
                return Failed("address-refused")
            return Trouble("mail-server-refused")
        except aiosmtplib.SMTPDataError as refused:
            if refused.code >= _PERMANENT:
                return Failed("mail-server-refused")
            return Trouble("mail-server-refused")
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            # Away, overloaded, or set up wrongly: an operator can mend each of them in time.
            return Trouble("mail-server-refused")
        return Sent()
