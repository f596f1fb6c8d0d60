"""The rows of known roles: kept as the register told them last."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic_core import to_json

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.roles import KnownRole

_SQL: Final = Queries("services.referral")


@dataclass(frozen=True, slots=True)
class ToldRole:
    """What the register told of a role; no description where it was withdrawn."""

    pcn_code: str
    role: str
    description: Mapping[str, Any] | None
    number: int
    changed_at: datetime


async def keep_roles(connection: Connection, told: Sequence[ToldRole]) -> None:
    """Keep what was told last; each role is among them once."""
    await connection.execute(
        _SQL["keep_roles"],
        [one.pcn_code for one in told],
        [one.role for one in told],
        [None if one.description is None else to_json(one.description).decode() for one in told],
        [one.number for one in told],
        [one.changed_at for one in told],
    )


async def list_roles(
    connection: Connection, pcn_codes: Sequence[str]
) -> dict[str, list[KnownRole]]:
    """Read the roles of networks, by network."""
    found: dict[str, list[KnownRole]] = {code: [] for code in pcn_codes}
    for row in await connection.fetch(_SQL["list_roles"], list(pcn_codes)):
        role = KnownRole(row["role"], json.loads(row["description"]))
        found[row["pcn_code"]].append(role)
    return found


async def list_clinical_codes(
    connection: Connection, pcn_codes: Sequence[str]
) -> dict[str, dict[str, frozenset[str]]]:
    """Read which codes each role of these networks may record; nothing where nothing was said."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for row in await connection.fetch(_SQL["list_clinical_codes"], list(pcn_codes)):
        found.setdefault(row["pcn_code"], {})[row["role"]] = frozenset(row["codes"])
    return found


async def find_network(connection: Connection, pcn_code: str) -> str | None:
    """Read the name of a network, if the register knows it."""
    return await connection.fetchval(_SQL["find_network"], pcn_code)


async def find_network_of_practice(connection: Connection, practice_code: str) -> str | None:
    """Read which network a practice of the register belongs to."""
    return await connection.fetchval(_SQL["find_network_of_practice"], practice_code)
