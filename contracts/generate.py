"""Write the published files from the models, or check that they are up to date.

``python -m contracts.generate [--check | --release]``
"""

import argparse
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from contracts import documents
from contracts.event import event_types

HERE: Final = Path(__file__).parent
SCHEMAS: Final = "schemas"
EXAMPLES: Final = "examples"
RELEASED: Final = "released"


def published() -> dict[str, str]:
    """Every generated file, by its path below ``contracts``."""
    files = {
        "asyncapi.yaml": "# Written by `python -m contracts.generate`.\n"
        + documents.as_yaml(documents.asyncapi())
        + "\n",
        "README.md": _with_tables((HERE / "README.md").read_text()),
    }
    for name, model in event_types().items():
        files[f"{SCHEMAS}/{name}.json"] = documents.as_json(documents.schema_of(model))
        files[f"{EXAMPLES}/{name}.json"] = documents.as_json(documents.example_of(model))
    return files


def _with_tables(readme: str) -> str:
    for name, table in (
        ("envelope", documents.envelope_table()),
        ("events", documents.events_table()),
    ):
        readme, found = re.subn(
            rf"(<!-- {name}: generated -->\n).*?(<!-- end -->)",
            lambda match, table=table: f"{match[1]}\n{table}\n\n{match[2]}",
            readme,
            flags=re.DOTALL,
        )
        if found != 1:
            message = f"README.md has no place for the table of {name}"
            raise LookupError(message)
    return readme


def differences(home: Path = HERE) -> Iterator[str]:
    """Each committed file that is not what the models say."""
    files = published()
    for path, text in files.items():
        place = home / path
        if not place.exists():
            yield f"contracts/{path} is missing"
        elif place.read_text() != text:
            yield f"contracts/{path} is out of date"
    for folder in (SCHEMAS, EXAMPLES):
        for place in sorted((home / folder).glob("*")):
            if f"{folder}/{place.name}" not in files:
                yield f"contracts/{folder}/{place.name} belongs to no event"


def write(home: Path = HERE) -> None:
    for folder in (SCHEMAS, EXAMPLES):
        shutil.rmtree(home / folder, ignore_errors=True)
    for path, text in published().items():
        place = home / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def release(version: str, home: Path = HERE) -> None:
    """Keep the schemas as they stand: from now on they can only grow."""
    place = home / RELEASED / version
    if place.exists():
        message = f"version {version} was released before; a release never changes"
        raise FileExistsError(message)
    shutil.copytree(home / SCHEMAS, place)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m contracts.generate", description=__doc__)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="say what is out of date, and fail")
    choice.add_argument("--release", metavar="VERSION", help="keep the schemas as a release")
    given = parser.parse_args(arguments)
    if given.check:
        found = list(differences())
        for line in found:
            print(f"{line}: run python -m contracts.generate", file=sys.stderr)
        return 1 if found else 0
    write()
    if given.release:
        release(given.release)
    return 0


if __name__ == "__main__":
    sys.exit(main())
