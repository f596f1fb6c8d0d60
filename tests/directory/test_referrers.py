"""Hospitals, councils and voluntary groups are entered, and their people may refer."""

from uuid import uuid4

import pytest

from tests.directory.trial import (
    ANALYST,
    FOREIGN_ANALYST,
    FOREIGN_REGISTRAR,
    MANAGER,
    Office,
    fill_foreign_region,
)

pytestmark = pytest.mark.postgres

COUNCIL = {
    "referrer_kind": "council",
    "region_code": "QZZ",
    "ods_code": "902",
    "name": "Wayford Council (synthetic)",
    "contact_email": "adults@council.example.org",
}


def _referrer_at(code: str) -> dict[str, str]:
    return {
        "subject": f"somebody at {code}",
        "role": "referrer",
        "organisation_kind": "organization",
        "organisation_code": code,
    }


async def test_a_council_is_told_with_what_it_is_and_known_here_at_once(
    empty_office: Office,
) -> None:
    made = await empty_office.post("/register/organisations", COUNCIL)

    assert made.status_code == 201, made.text
    (told,) = await empty_office.events("referring-organisation-registered")
    assert (told["stream"], told["subject"]) == ("register", "organisation/902")
    assert told["data"] == {
        "organisation_code": "902",
        "referrer_kind": "council",
        "region_code": "QZZ",
        "name": COUNCIL["name"],
    }
    known = {row["code"]: row for row in await empty_office.rows("access_organisation")}
    assert (known["902"]["kind"], known["902"]["referrer_kind"]) == ("organization", "council")
    shown = await empty_office.found(made.headers["Location"])
    assert (shown["referrer_kind"], shown["contact_email"]) == ("council", COUNCIL["contact_email"])


async def test_the_same_entry_again_tells_nothing_and_another_name_does(
    empty_office: Office,
) -> None:
    first = await empty_office.post("/register/organisations", COUNCIL)
    again = await empty_office.post("/register/organisations", COUNCIL)
    renamed = await empty_office.post(
        "/register/organisations", {**COUNCIL, "name": "Wayford Borough (synthetic)"}
    )

    assert (first.status_code, again.status_code, renamed.status_code) == (201, 200, 200)
    assert again.json() == first.json()
    assert renamed.json()["version"] == 2
    assert len(await empty_office.events("referring-organisation-registered")) == 2


async def test_a_group_that_offers_something_refers_as_the_same_organisation(
    office: Office,
) -> None:
    group = await office.made(
        "/organizations", {"name": f"Walkers {uuid4().hex[:8]} (synthetic)", "description": "Walks"}
    )
    entry = {
        "referrer_kind": "voluntary-sector",
        "region_code": "QZZ",
        "organization_id": group["id"],
    }

    made = await office.made("/register/organisations", entry)
    granted = await office.made("/register/memberships", _referrer_at(group["id"]))

    assert (made["organisation_code"], made["name"]) == (group["id"], group["name"])
    assert granted["organisation_code"] == group["id"]
    listed = (await office.found("/register/organisations", member=ANALYST))["items"]
    assert group["id"] in [one["id"] for one in listed]


async def test_nobody_refers_for_an_organisation_that_was_not_entered_as_one_that_does(
    office: Office,
) -> None:
    group = await office.made(
        "/organizations", {"name": f"Singers {uuid4().hex[:8]} (synthetic)", "description": "Songs"}
    )
    for code in (group["id"], "903", str(uuid4())):
        refused = await office.post("/register/memberships", _referrer_at(code))

        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["pointer"] == "/organisation_code"
    # What it offers it may still be asked about.
    provider = {**_referrer_at(group["id"]), "role": "provider"}
    assert (await office.post("/register/memberships", provider)).status_code == 201


@pytest.mark.parametrize("code", ["U99001", "Y99001", "QZZ"])
async def test_a_code_that_opens_something_is_given_to_no_second_organisation(
    office: Office, code: str
) -> None:
    refused = await office.post("/register/organisations", {**COUNCIL, "ods_code": code})

    assert refused.status_code == 409
    assert refused.json()["type"].endswith("code-taken")


async def test_what_has_a_code_is_entered_by_it(office: Office) -> None:
    group = await office.made(
        "/organizations", {"name": f"Ward {uuid4().hex[:8]} (synthetic)", "description": "A ward"}
    )
    by_id = {"region_code": "QZZ", "organization_id": group["id"]}
    for wrong in (
        {**by_id, "referrer_kind": "hospital"},
        {**by_id, "referrer_kind": "voluntary-sector", "ods_code": "904", "name": "Both"},
        {"region_code": "QZZ", "referrer_kind": "council"},
        {"region_code": "QZZ", "referrer_kind": "council", "ods_code": "904"},
    ):
        assert (await office.post("/register/organisations", wrong)).status_code == 422, wrong


async def test_another_region_neither_enters_nor_sees_it(office: Office) -> None:
    await fill_foreign_region(office)
    await office.post("/register/organisations", COUNCIL)

    theirs = await office.post("/register/organisations", COUNCIL, member=FOREIGN_REGISTRAR)
    taken = {**COUNCIL, "region_code": "QYY"}
    foreign = await office.get("/register/organisations/902", member=FOREIGN_ANALYST)
    random = await office.get("/register/organisations/987", member=FOREIGN_ANALYST)

    assert theirs.status_code == 422
    answer = await office.post("/register/organisations", taken, member=FOREIGN_REGISTRAR)
    assert answer.status_code == 409
    assert (foreign.status_code, len(foreign.content)) == (404, len(random.content))
    assert (
        await office.post("/register/organisations", COUNCIL, member=MANAGER)
    ).status_code == 403


async def test_a_service_learns_where_to_write_to_it(office: Office) -> None:
    await office.post("/register/organisations", COUNCIL)

    card = await office.found("/internal/practices/902/card", member="service notifications")

    assert (card["name"], card["contact_email"]) == (COUNCIL["name"], COUNCIL["contact_email"])
