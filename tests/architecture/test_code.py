"""Sizes, words, SQL and the plain domain: a planted fault is found."""

import pytest

from tests.architecture.planting import found_in
from tools import places, plain_domain, sizes, sql, vocabulary


def test_a_function_of_sixty_lines_is_no_finding_and_of_sixty_one_is(tmp_path):
    body = "    x = 1\n"
    text = '"""Why."""\n\ndef good():\n' + body * 59 + "\nasync def bad():\n" + body * 60
    assert found_in(tmp_path, sizes.findings, {"chassis/a.py": text}) == [
        "chassis/a.py:64: bad has 61 lines, 60 at most"
    ]


def test_functions_within_a_function_are_counted_by_themselves(tmp_path):
    inner = "    @mark\n    def inner():\n" + "        x = 1\n" * 50
    text = '"""Why."""\n\ndef outer():\n' + inner * 3
    assert found_in(tmp_path, sizes.findings, {"chassis/a.py": text}) == []

    text = '"""Why."""\n\ndef outer():\n' + inner + "    x = 1\n" * 60
    (finding,) = found_in(tmp_path, sizes.findings, {"chassis/a.py": text})
    assert "outer has 61 lines" in finding


def test_a_module_beyond_four_hundred_lines_is_found(tmp_path):
    files = {
        "runner/good.py": '"""Why."""\n' + "#\n" * 399,
        "runner/bad.py": '"""Why."""\n' + "#\n" * 400,
        "tests/long.py": '"""Why."""\n' + "#\n" * 800,
    }
    assert found_in(tmp_path, sizes.findings, files) == ["runner/bad.py: 401 lines, 400 at most"]


def test_a_module_that_does_not_say_why_it_exists_is_found(tmp_path):
    (finding,) = found_in(tmp_path, sizes.findings, {"console/a.py": "x = 1\n"})
    assert finding == "console/a.py: does not say why it exists"


@pytest.mark.parametrize(
    "text",
    [
        "def load_patient(): ...",
        "class PatientRecord: ...",
        "def f(customer): ...",
        "user = 1",
        "caseCount = 1",
        "self.booking = 1",
        "def on_activity(): ...",
    ],
)
def test_a_word_we_do_not_use_is_found_in_a_name(tmp_path, text):
    assert len(found_in(tmp_path, vocabulary.findings, {"services/a/b.py": text})) == 1


@pytest.mark.parametrize(
    "text",
    [
        "from services.referral import use_cases",
        "http_client = 1",
        "def f(client, service_clients, client_id): ...",
        "x = user.name",
        "staircase = 1",
        "'a patient is mentioned'",
        "def load_person(): ...",
        "def load_client(): ...",
    ],
)
def test_a_word_that_means_something_else_is_no_finding(tmp_path, text):
    assert found_in(tmp_path, vocabulary.findings, {"services/a/b.py": text}) == []


def test_a_page_that_says_patient_is_found_unless_it_says_what_not_to_say(tmp_path):
    files = {"docs/a.md": "one\nThe Patients wait.", "docs/reference/glossary.md": "not patient"}
    (finding,) = found_in(tmp_path, vocabulary.findings, files)
    assert finding == "docs/a.md:2: says Patients; we say person"


@pytest.mark.parametrize("path", ["chassis/utils.py", "tests/helpers/a.py", "services/a/common.py"])
def test_a_module_named_for_nothing_in_particular_is_found(tmp_path, path):
    (finding,) = found_in(tmp_path, vocabulary.findings, {path: "x = 1"})
    assert finding == f"{path}: is named for nothing in particular"


SQL = {
    "services/a/queries.sql": """
        -- name: load_person
        -- One person.
        select 1
        """,
    "services/a/store.py": 'x = QUERIES["load_person"]',
    "services/a/migrations/0001_people.sql": "-- People.\ncreate table person (id uuid);",
}


def test_queries_in_files_asked_once_are_no_finding(tmp_path):
    assert found_in(tmp_path, sql.findings, SQL) == []


@pytest.mark.parametrize(
    "statement",
    [
        "select a from b",
        " SELECT 1",
        "insert into a values (1)",
        "update a set b = 1",
        "delete from a",
        "create table a ()",
        "with a as (select 1) select * from a",
        "copy a from stdin",
    ],
)
def test_a_statement_in_python_is_found(tmp_path, statement):
    files = {
        **SQL,
        "services/a/b.py": f'def f():\n    """Select a person."""\n    g("{statement}")',
    }
    (finding,) = found_in(tmp_path, sql.findings, files)
    assert finding.startswith("services/a/b.py:3: a statement in Python")


def test_a_statement_put_together_in_python_is_found(tmp_path):
    files = {**SQL, "services/a/b.py": 'x = f"select * from {table}"'}
    assert len(found_in(tmp_path, sql.findings, files)) == 1


@pytest.mark.parametrize(
    "text",
    ['"""Select a person from a list."""', 'say("Select a network")', 'say("created")'],
)
def test_a_sentence_is_no_statement(tmp_path, text):
    found = found_in(tmp_path, sql.findings, {**SQL, "services/a/b.py": text})
    assert found == []


def test_a_query_that_nobody_asks_is_found(tmp_path):
    files = {**SQL, "services/a/store.py": "x = 1"}
    assert found_in(tmp_path, sql.findings, files) == ["services/a: load_person is asked by nobody"]


def test_a_query_that_two_modules_ask_is_found(tmp_path):
    files = {**SQL, "services/a/views.py": 'y = _SQL["load_person"]'}
    (finding,) = found_in(tmp_path, sql.findings, files)
    assert "is asked in 2 modules" in finding


def test_a_query_that_is_not_there_is_found(tmp_path):
    files = {**SQL, "services/a/views.py": 'y = QUERIES["load_nobody"]'}
    (finding,) = found_in(tmp_path, sql.findings, files)
    assert finding == "services/a/views.py:1: asks load_nobody, which no query file beside it has"


def test_a_query_whose_name_is_handed_on_is_asked(tmp_path):
    files = {**SQL, "services/a/store.py": 'def f(name="load_person"): return QUERIES[name]'}
    assert found_in(tmp_path, sql.findings, files) == []


def test_queries_of_two_services_may_have_one_name(tmp_path):
    other = {path.replace("/a/", "/b/"): text for path, text in SQL.items()}
    assert found_in(tmp_path, sql.findings, {**SQL, **other}) == []


def test_a_package_within_a_service_may_ask_the_queries_above_it(tmp_path):
    files = {**SQL, "services/a/store.py": "", "services/a/api/b.py": 'x = QUERIES["load_person"]'}
    assert found_in(tmp_path, sql.findings, files) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("0001_again.sql", "-- Again.", "has the number of"),
        ("two.sql", "-- Two.", "is not named like"),
        ("0002_two.sql", "create table a ();", "does not open with a sentence"),
    ],
)
def test_a_migration_out_of_the_row_is_found(tmp_path, name, text, said):
    files = {**SQL, f"services/a/migrations/{name}": text}
    found = found_in(tmp_path, sql.findings, files)
    assert any(said in finding for finding in found), found


@pytest.mark.parametrize(
    "text",
    [
        "import chassis.clock",
        "from contracts import codes",
        "import pydantic",
        "def f():\n    from services.a import store",
        "from .. import store",
    ],
)
@pytest.mark.parametrize("path", ["services/a/domain.py", "services/a/domain/rules.py"])
def test_a_domain_that_is_not_plain_python_is_found(tmp_path, path, text):
    assert len(found_in(tmp_path, plain_domain.findings, {path: text})) == 1


def test_a_plain_domain_and_an_unplain_store_are_no_finding(tmp_path):
    files = {
        "services/a/domain/__init__.py": "import enum\nfrom datetime import UTC",
        "services/a/domain/rules.py": "from services.a.domain import words\nfrom . import words",
        "services/a/store.py": "import asyncpg",
    }
    assert found_in(tmp_path, plain_domain.findings, files) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docs/a.md", "see https://pypi" + ".org/simple"),
        ("requirements/run.txt", "--index-url https://example.org"),
        ("a.py", 'open("/home/' + 'ada/file")'),
        ("a.toml", "path = '/" + "root/x'"),
        ("a.sh", "cd /" + "work/main"),
    ],
)
def test_a_package_host_or_a_path_of_one_machine_is_found(tmp_path, path, text):
    assert len(found_in(tmp_path, places.findings, {path: text})) == 1


@pytest.mark.parametrize(
    "text",
    [
        "http://maven.apache.org/POM/4.0.0",
        "`services/wo" + "rk/main`",
        "~/work/here",
        "https://example.org/roo" + "t/x",
    ],
)
def test_an_address_that_is_neither_is_no_finding(tmp_path, text):
    assert found_in(tmp_path, places.findings, {"a.md": text}) == []
