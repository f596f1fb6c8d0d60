"""The gate itself: it runs what it lists, tells what it finds, and fails when it should."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.architecture.planting import found_in
from tools import check, commands, leaks
from tools.tree import Tree

# Written apart, so that the gate does not find the faults in the test that plants them.
MISSPELT = "reci" + "eve"
A_KEY = "-----BEGIN RSA PRI" + "VATE KEY-----\nMIIE\n"


def test_a_check_without_findings_passes_and_one_with_findings_fails(tmp_path, capsys):
    good = check.Check("good", lambda _: [])
    bad = check.Check("bad", lambda _: ["this is wrong"])

    assert check.run([good], Tree(tmp_path)) is True
    assert check.run([good, bad], Tree(tmp_path)) is False

    said = capsys.readouterr().out
    assert "1 found" in said
    assert "    this is wrong" in said


def test_a_check_that_breaks_has_not_passed(tmp_path, capsys):
    def breaks(_: Tree) -> list[str]:
        message = "no such thing"
        raise LookupError(message)

    assert check.run([check.Check("broken", breaks)], Tree(tmp_path)) is False
    assert "the check itself broke: LookupError" in capsys.readouterr().out


def test_every_check_has_a_name_of_its_own(capsys):
    names = [one.name for one in check.CHECKS]
    assert len(set(names)) == len(names)
    assert check.main(["--list"]) == 0
    assert capsys.readouterr().out.split() == names


def test_only_what_is_asked_for_is_asked(capsys):
    check.main(["--only", "records", "--only", "sizes"])
    told = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line[0] != " "]
    assert sorted(told) == ["records", "sizes"]


def test_a_name_that_is_no_check_is_refused():
    with pytest.raises(SystemExit):
        check.main(["--only", "everything"])


def test_a_secret_is_found_until_it_is_known(tmp_path):
    files = {"chassis/a.pem": A_KEY}
    (finding,) = found_in(tmp_path, leaks.findings, files)
    assert finding.startswith("chassis/a.pem:1: looks like a secret (Private Key)")

    (digest,) = leaks.scan(Tree(tmp_path))["chassis/a.pem"]
    known = {leaks.BASELINE: json.dumps({"chassis/a.pem": {digest: "Private Key"}})}
    assert found_in(tmp_path, leaks.findings, known) == []

    (tmp_path / "chassis/a.pem").write_text("nothing any more")
    (finding,) = found_in(tmp_path, leaks.findings, {})
    assert "no longer there" in finding


@pytest.mark.parametrize(
    ("findings", "files", "said"),
    [
        (commands.ruff_format, {"a.py": "x  =  1\n"}, "a.py"),
        (commands.ruff_check, {"a.py": "import os\n"}, "F401"),
        (commands.codespell, {"a.md": f"We {MISSPELT} it.\n"}, MISSPELT),
        (
            commands.squawk,
            {
                ".squawk.toml": "assume_in_transaction = true\n",
                "services/a/migrations/0001_a.sql": "grant all on a to {api_role};\n"
                "alter table a drop column b;\n",
            },
            "services/a/migrations/0001_a.sql:2",
        ),
    ],
)
def test_a_planted_fault_is_found_by_the_tool_that_looks_for_it(tmp_path, findings, files, said):
    found = found_in(tmp_path, findings, files)
    assert any(said in finding for finding in found), found


def test_a_migration_with_roles_to_be_put_in_is_no_finding(tmp_path):
    files = {
        ".squawk.toml": "assume_in_transaction = true\n",
        "services/a/migrations/0001_a.sql": "grant select on person to {api_role};\n",
    }
    assert found_in(tmp_path, commands.squawk, files) == []


def test_what_git_ignores_is_not_looked_at(tmp_path):
    for path in ("kept.py", "ignored.py", ".venv/lib/other.py"):
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("")
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)

    assert Tree(tmp_path).paths == (".gitignore", "kept.py")


def test_without_git_everything_of_ours_is_looked_at(tmp_path: Path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "other.py").write_text("")
    (tmp_path / "kept.py").write_text("")
    assert Tree(tmp_path).paths == ("kept.py",)
