"""Who refers in the demonstration beside the practices: a hospital, a council, a voluntary group."""

from __future__ import annotations

from typing import Any, Final

from demo.batches import Poster
from demo.members import FIRST_REGISTRAR, Member
from demo.region import REFERRERS, REGION_CODE


async def enter_referrers(poster: Poster) -> list[Member]:
    """Enter them with one member each; a group without a code is known by the id it is given."""
    directory = poster.access.directory_url
    groups = [one for one in REFERRERS if one.code is None]
    offered = await poster.post_each(
        FIRST_REGISTRAR,
        f"{directory}/organizations/batch",
        [
            {"key": one.email, "name": one.name, "description": _ABOUT, "email": one.email}
            for one in groups
        ],
    )
    ids = {one.email: body["id"] for one, body in zip(groups, offered, strict=True)}
    items: list[dict[str, Any]] = [
        {
            "key": one.email,
            "referrer_kind": one.kind,
            "region_code": REGION_CODE,
            "name": one.name,
            "contact_email": one.email,
            **({"organization_id": ids[one.email]} if one.code is None else {"ods_code": one.code}),
        }
        for one in REFERRERS
    ]
    entered = await poster.post_each(
        FIRST_REGISTRAR, f"{directory}/register/organisations/batch", items
    )
    return [Member("referrer", body["organisation_code"]) for body in entered]


_ABOUT: Final = "Volunteers who listen, and who know when somebody needs more than that."
