"""Query files: what breaks their form is refused when they are read."""

import pytest

from chassis.sql import MalformedQueries, Queries, UnknownQuery

GOOD = """-- What this asks.

-- name: count_them
-- How many there are.
-- $1 kind
select count(*)
from thing
where kind = $1;

-- name: name_them
-- What they are called.
select name from thing
"""


def test_queries_are_found_by_name_without_their_comments(tmp_path):
    (tmp_path / "queries.sql").write_text(GOOD)

    queries = Queries(tmp_path)

    assert list(queries) == ["count_them", "name_them"]
    assert queries["count_them"] == "select count(*)\nfrom thing\nwhere kind = $1"


def test_several_files_are_one_set(tmp_path):
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "a.sql").write_text("-- name: one\n-- First.\nselect 1\n")
    (tmp_path / "queries" / "b.sql").write_text("-- name: two\n-- Second.\nselect 2\n")

    assert set(Queries(tmp_path)) == {"one", "two"}


@pytest.mark.parametrize(
    "text",
    [
        "select 1\n-- name: one\n-- First.\nselect 1\n",
        "-- name: one\n-- First.\nselect 1\n-- name: one\n-- Again.\nselect 2\n",
        "-- name: one\nselect 1\n",
        "-- name: one\n-- Only its sentence.\n",
    ],
    ids=["nameless", "doubled", "undescribed", "empty"],
)
def test_a_file_that_breaks_the_form_is_refused(tmp_path, text):
    (tmp_path / "queries.sql").write_text(text)

    with pytest.raises(MalformedQueries):
        Queries(tmp_path)


def test_a_directory_without_queries_and_a_name_without_a_query_are_refused(tmp_path):
    with pytest.raises(MalformedQueries):
        Queries(tmp_path)
    with pytest.raises(MalformedQueries):
        Queries("chassis.nothing_like_it")
    with pytest.raises(UnknownQuery):
        Queries("chassis")["nothing_like_it"]
