"""Sending a batch of rows that may be sent again: what is loaded already is not changed.

Not here   Lists of referrals, whose rows are answered one by one: ``loading``.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import httpx

from chassis.web.problem_text import answer_in_one_line
from runner.importing.loading import LoadStopped

REQUEST_TIMEOUT_SECONDS: Final = 30
TRIES_MAX: Final = 5
TRY_AGAIN: Final = frozenset({429, 502, 503, 504})


def send_batch(
    client: httpx.Client, method: Literal["POST", "PUT"], path: str, body: Any, *, whose: str
) -> int:
    """Give how many rows are new or different; raises :class:`LoadStopped`.

    ``whose`` names service and rows, as in "the directory did not take the places".
    """
    fault = ""
    for _ in range(TRIES_MAX):
        try:
            answer = client.request(method, path, json=body)
        except httpx.TransportError as error:
            fault = type(error).__name__
            continue
        if answer.status_code == httpx.codes.OK:
            return int(answer.json()["changed"])
        fault = answer_in_one_line(answer)
        if answer.status_code not in TRY_AGAIN:
            break
    message = f"{whose} ({fault}). Import the same file again: what is loaded is not changed."
    raise LoadStopped(message)
