"""Lost updates are refused: who changes a thing names the version they saw.

Promise    A change without ``If-Match`` answers 428; with an outdated one 412; nothing is done.
Price      A client reads before it writes.
Not here   The lock or version check in SQL that makes the comparison final.
"""

import re
from typing import Annotated

from fastapi import Depends, Header

from chassis.refusals import Refusal

_STRONG_TAG = re.compile(r'"(\d{1,18})"', re.ASCII)


def etag(version: int) -> str:
    """Give the strong entity tag of a version."""
    return f'"{version}"'


def require_version(
    if_match: Annotated[
        str | None,
        Header(alias="If-Match", description='The ETag you saw, such as "3".', max_length=200),
    ] = None,
) -> int:
    """Read the version the caller saw; the dependency of every route that changes a thing."""
    if if_match is None:
        raise Refusal(428, "version-required", "Send the ETag you last saw in the If-Match header.")
    found = _STRONG_TAG.fullmatch(if_match.strip())
    if found is None:
        raise Refusal(412, "version-outdated", "If-Match must hold one strong ETag given by us.")
    return int(found[1])


ExpectedVersion = Annotated[int, Depends(require_version)]


def read_version(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description='The ETag you saw, such as "3"; left out, whatever stands now.',
            max_length=200,
        ),
    ] = None,
) -> int | None:
    """Read the version the caller saw, where a change may come without one."""
    return None if if_match is None else require_version(if_match)


VersionSeen = Annotated[int | None, Depends(read_version)]


def check_version(expected: int, current: int) -> None:
    """Refuse the change unless the caller saw the current version."""
    if expected != current:
        raise Refusal(
            412, "version-outdated", "It has changed since you read it. Read it again first."
        )
