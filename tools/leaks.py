"""No secret is committed: every string that looks like one is known and harmless.

What is known is in ``.secrets.baseline``, by file and hash. ``python -m tools.leaks``
writes it again; the difference is the review.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

from tools.tree import Tree

BASELINE: Final = ".secrets.baseline"
# Machine-made: hashes of packages and schemas look like secrets by nature.
SKIPPED: Final = (
    BASELINE,
    "requirements/",
    "contracts/released/",
    "contracts/schemas/",
    "bench/results/",
)
# The words of test servers, which live for one test, would be most of the baseline.
_OF_TESTS: Final = ("Secret Keyword", "Basic Auth Credentials")
_BINARY: Final = (".png", ".ico", ".woff", ".woff2", ".jpg", ".gz", ".whl", ".jar", ".min.js")

_SETTINGS: Final = {
    "plugins_used": [
        {"name": "AWSKeyDetector"},
        {"name": "BasicAuthDetector"},
        {"name": "GitHubTokenDetector"},
        {"name": "JwtTokenDetector"},
        {"name": "KeywordDetector", "keyword_exclude": ""},
        {"name": "PrivateKeyDetector"},
        {"name": "SlackDetector"},
        {"name": "StripeDetector"},
    ],
    # None of these asks a server whether a secret is alive.
    "filters_used": [
        {"path": "detect_secrets.filters.allowlist.is_line_allowlisted"},
        {"path": "detect_secrets.filters.heuristic.is_indirect_reference"},
        {"path": "detect_secrets.filters.heuristic.is_likely_id_string"},
        {"path": "detect_secrets.filters.heuristic.is_not_alphanumeric_string"},
        {"path": "detect_secrets.filters.heuristic.is_prefixed_with_dollar_sign"},
        {"path": "detect_secrets.filters.heuristic.is_sequential_string"},
        {"path": "detect_secrets.filters.heuristic.is_templated_secret"},
    ],
}


def findings(tree: Tree) -> Iterator[str]:
    """Each string that looks like a secret and is not known, and each known one that went."""
    path = tree.root / BASELINE
    known: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.exists() else {}
    found = scan(tree)
    for name, secrets in found.items():
        for digest, secret in secrets.items():
            if digest not in known.get(name, {}):
                where = f"{name}:{secret['line']}"
                yield f"{where}: looks like a secret ({secret['kind']}); see tools/leaks.py"
    for name, secrets in known.items():
        for digest in secrets:
            if digest not in found.get(name, {}):
                yield f"{BASELINE}: knows a string of {name} that is no longer there"


def scan(tree: Tree) -> dict[str, dict[str, dict[str, Any]]]:
    """What looks like a secret, by file and hash."""
    collection = SecretsCollection(root=str(tree.root))
    with transient_settings(_SETTINGS):
        for path in tree.paths:
            if not path.startswith(SKIPPED) and not path.endswith(_BINARY):
                collection.scan_file(path)
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for path, secret in sorted(collection, key=lambda pair: (pair[0], pair[1].line_number)):
        if path.startswith("tests/") and secret.type in _OF_TESTS:
            continue
        kept = {"kind": secret.type, "line": secret.line_number}
        found.setdefault(path, {}).setdefault(secret.secret_hash, kept)
    return found


def main() -> int:
    root = Path(__file__).parents[1]
    known = {
        name: {digest: secret["kind"] for digest, secret in secrets.items()}
        for name, secrets in scan(Tree(root)).items()
    }
    (root / BASELINE).write_text(json.dumps(known, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
