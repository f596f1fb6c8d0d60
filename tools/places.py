"""Nothing tracked names where packages come from, or a path of one machine.

A lock file that records addresses cannot be used behind a mirror; a path of
somebody's machine works nowhere else.
"""

import re
from collections.abc import Iterator
from typing import Final

from tools.tree import Tree

# Written apart so that this file does not name them.
_HOSTS: Final = (
    ("pypi", "org"),
    ("files.pythonhosted", "org"),
    ("repo1.maven", "org"),
    ("repo.maven.apache", "org"),
    ("central.sonatype", "com"),
    ("registry.npmjs", "org"),
    ("registry.yarnpkg", "com"),
    ("proxy.golang", "org"),
    ("registry-1.docker", "io"),
    ("deb.debian", "org"),
)
_HOST = re.compile("|".join(re.escape(".".join(host)) for host in _HOSTS))
_PLACE = re.compile(r"(?<![\w./~-])/(?:work|root|home/[a-z][a-z0-9_-]*|Users/\w+)/[\w.]")
_INDEX = re.compile(r"^\s*(?:-i|--index-url|--extra-index-url|-f|--find-links)\b", re.MULTILINE)

# Files in which such a text is meant.
ALLOWED: Final = {
    "deploy/Dockerfile": "paths inside the image are the image's own",
    "docker-compose.yml": "paths inside the images",
}


def findings(tree: Tree) -> Iterator[str]:
    """Each line that names a package host or a path of one machine."""
    for path in tree.paths:
        if path in ALLOWED:
            continue
        raw = (tree.root / path).read_bytes()
        if b"\0" in raw[:4096]:
            continue
        for number, line in enumerate(raw.decode("utf-8", "replace").splitlines(), 1):
            if _HOST.search(line):
                yield f"{path}:{number}: names a package host"
            if _PLACE.search(line):
                yield f"{path}:{number}: names a path of one machine"
            if path.startswith("requirements/") and _INDEX.search(line):
                yield f"{path}:{number}: names a package index"
