"""Dead links, the life of one event and the numbers of records: a planted fault is found."""

from textwrap import dedent

import pytest

from tests.architecture.planting import found_in
from tools import event_life, links, records

PAGES = {
    "README.md": """
        # Title
        ## The first part
        ## The first part
        Some `code` and [a heading `of code`](docs/a.md#what-is-so-called).
        """,
    "docs/a.md": "# What *is* so-called?\n\n## It's here: a b_c, d",
}


@pytest.mark.parametrize(
    "target",
    [
        "README.md",
        "docs",
        "docs/",
        "docs/a.md",
        "#the-first-part",
        "#the-first-part-1",
        "docs/a.md#what-is-so-called",
        "docs/a.md#its-here-a-b_c-d",
        "https://example.org/nowhere",
        "mailto:nobody@example.org",
        "docs/a.md 'with a title'",
        "<docs/a.md>",
    ],
)
def test_a_link_that_leads_somewhere_is_no_finding(tmp_path, target):
    page = dedent(PAGES["README.md"]) + f"\n[here]({target})\n"
    assert found_in(tmp_path, links.findings, {**PAGES, "README.md": page}) == []


@pytest.mark.parametrize(
    "text",
    [
        "[gone](docs/gone.md)",
        "[gone](../outside.md)",
        "[gone](docs/a.md#no-such-heading)",
        "[gone](#no-such-heading)",
        "![picture](picture.png)",
        "[with [brackets] inside](gone.md)",
        "[gone][1]\n\n[1]: gone.md",
        "`code` then [gone](gone.md) then `code`",
    ],
)
def test_a_link_that_leads_nowhere_is_found(tmp_path, text):
    (finding,) = found_in(tmp_path, links.findings, {**PAGES, "docs/b.md": text})
    assert finding.startswith("docs/b.md: ")


@pytest.mark.parametrize(
    "text",
    ["`[gone](gone.md)`", "```\n[gone](gone.md)\n```", "~~~text\n[gone](gone.md)\n~~~"],
)
def test_what_is_shown_as_code_is_no_link(tmp_path, text):
    assert found_in(tmp_path, links.findings, {"a.md": text}) == []


LIFE = {
    "README.md": """
        # Title

        ### The life of one event

        | step | file | symbol |
        | --- | --- | --- |
        | asked | services/a.py | `ask` |
        | decided | [services/a.py](services/a.py) | `Referral.decide` |
        | recorded | `services/a.py` | `LIMIT` |
        | kept | services/a.py | `Referral` |
        | stored | services/queries.sql | `store_referral` |

        ## Next
        | not | this | one |
        """,
    "services/a.py": """
        LIMIT: int = 3

        class Referral:
            def decide(self): ...

        async def ask(): ...
        """,
    "services/queries.sql": "-- name: store_referral\n-- Keep it.\nselect 1\n",
}


def test_a_true_life_of_an_event_is_no_finding(tmp_path):
    assert found_in(tmp_path, event_life.findings, LIFE) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("`ask`", "`answer`", "services/a.py has no answer"),
        ("`Referral.decide`", "`Referral.close`", "has no Referral.close"),
        ("`store_referral`", "`load_referral`", "has no load_referral"),
        ("| services/a.py | `ask`", "| services/b.py | `ask`", "there is no services/b.py"),
        ("| kept |", "| kept | twice |", "is no row of three"),
        ("### The life of one event", "### The life of two", "has no table"),
        ("| step | file |", "| step | where |", "has no table"),
        ("| kept | services/a.py | `Referral` |\n", "\n", "fewer than 5 steps"),
    ],
)
def test_a_life_of_an_event_that_is_not_true_is_found(tmp_path, old, new, said):
    page = LIFE["README.md"]
    assert old in page
    found = found_in(tmp_path, event_life.findings, {**LIFE, "README.md": page.replace(old, new)})
    assert any(said in finding for finding in found), found


def test_a_repository_without_a_readme_is_found(tmp_path):
    assert found_in(tmp_path, event_life.findings, {}) == ["README.md is missing"]


RECORDS = {
    "docs/adr/README.md": "0001-one.md 0002-two.md",
    "docs/adr/0001-one.md": "# One",
    "docs/adr/0002-two.md": "# Two",
}


def test_records_in_a_row_are_no_finding(tmp_path):
    assert found_in(tmp_path, records.findings, RECORDS) == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("docs/adr/0002-again.md", "has the number of"),
        ("docs/adr/0004-two.md", "number 0003 is missing"),
        ("docs/adr/0003-new.md", "is not in the list"),
        ("docs/adr/three.md", "is not named like"),
    ],
)
def test_a_record_out_of_the_row_is_found(tmp_path, path, said):
    found = found_in(tmp_path, records.findings, {**RECORDS, path: "# New"})
    assert any(said in finding for finding in found), found
