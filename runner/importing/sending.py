"""Asking a service for something that may be asked again, and saying so where it cannot be had.

Promise    What passes by itself is tried again, here and nowhere else; what a service refuses is
           told in its own words.
Not here   What a row or a feed is: the modules beside this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import httpx

from chassis.web.problem_text import answer_in_one_line

REQUEST_TIMEOUT_SECONDS: Final = 30
TRIES_MAX: Final = 5
_TRY_AGAIN: Final = frozenset({429, 502, 503, 504})


class LoadStopped(Exception):
    """The service could not take the rows; the message says why and what was loaded before."""


class NotTaken(Exception):
    """What was sent was not taken, after as many tries as make sense; the message says why."""


def may_pass(answer: httpx.Response) -> bool:
    """Whether the same request may be answered otherwise in a moment."""
    return answer.status_code in _TRY_AGAIN


def send(
    client: httpx.Client,
    method: Literal["POST", "PUT"],
    path: str,
    body: Any,
    *,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Give the answer of success; raises :class:`NotTaken`."""
    fault = ""
    for _ in range(TRIES_MAX):
        try:
            answer = client.request(method, path, json=body, headers=headers)
        except httpx.TransportError as error:
            fault = type(error).__name__
            continue
        if answer.is_success:
            return answer
        fault = answer_in_one_line(answer)
        if not may_pass(answer):
            break
    raise NotTaken(fault)


def send_batch(
    client: httpx.Client, method: Literal["POST", "PUT"], path: str, body: Any, *, whose: str
) -> int:
    """Give how many rows are new or different; raises :class:`LoadStopped`.

    ``whose`` names service and rows, as in "the directory did not take the places".
    """
    try:
        return int(send(client, method, path, body).json()["changed"])
    except NotTaken as fault:
        message = f"{whose} ({fault}). Import the same file again: what is loaded is not changed."
        raise LoadStopped(message) from None
