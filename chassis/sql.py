"""SQL kept in SQL files: each query has a name, a sentence and is looked up by name.

Promise    A misspelt, doubled or undescribed query is refused when its file is read.
Price      Positional parameters; the typed function around a query documents them.
Not here   Running queries: that is the connection's.
"""

import importlib.util
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_HEADER = re.compile(r"^-- name: (?P<name>[a-z][a-z0-9_]*)[ \t]*$", re.MULTILINE)


class MalformedQueries(Exception):
    """A query file breaks the form every query file keeps."""


class UnknownQuery(LookupError):
    """No query of that name is written in these files."""


class Queries(Mapping[str, str]):
    """The queries beside a module, by name.

    ``source`` is a package (``"chassis.relay"``) or a directory. Its
    ``queries.sql`` is read or, once that outgrew one file, ``queries/*.sql``.
    """

    def __init__(self, source: str | Path) -> None:
        self._source = source
        directory = _directory_of(source) if isinstance(source, str) else source
        files = [directory / "queries.sql", *sorted((directory / "queries").glob("*.sql"))]
        present = [file for file in files if file.is_file()]
        if not present:
            message = f"{source}: there is no queries.sql"
            raise MalformedQueries(message)
        self._texts: dict[str, str] = {}
        for file in present:
            for name, text in _read(file):
                if name in self._texts:
                    message = f"{file}: the name {name} is used twice"
                    raise MalformedQueries(message)
                self._texts[name] = text

    def __getitem__(self, name: str) -> str:
        """Return the query's text."""
        try:
            return self._texts[name]
        except KeyError:
            message = f"{self._source} has no query named {name}"
            raise UnknownQuery(message) from None

    def __iter__(self) -> Iterator[str]:
        """Walk the names in the order they are written."""
        return iter(self._texts)

    def __len__(self) -> int:
        """Count the queries."""
        return len(self._texts)


def _directory_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        message = f"{package} is not a package"
        raise MalformedQueries(message)
    return Path(next(iter(spec.submodule_search_locations)))


def _read(file: Path) -> Iterator[tuple[str, str]]:
    preamble, *rest = _HEADER.split(file.read_text(encoding="utf-8"))
    if any(line.strip() and not line.startswith("--") for line in preamble.splitlines()):
        message = f"{file}: there is SQL before the first '-- name:'"
        raise MalformedQueries(message)
    for name, text in zip(rest[::2], rest[1::2], strict=True):
        lines = text.strip().splitlines()
        if not lines or not lines[0].startswith("-- "):
            message = f"{file}: {name} lacks its sentence"
            raise MalformedQueries(message)
        statement = "\n".join(line for line in lines if not line.startswith("--")).strip()
        if not statement:
            message = f"{file}: {name} is empty"
            raise MalformedQueries(message)
        yield name, statement.rstrip(";").rstrip()
