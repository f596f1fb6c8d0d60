"""The id a member's work is told under, so that every service says the same without asking.

Promise    One way: the member key is itself a keyed hash, so the id leads back to no name. The
           directory puts a name to it for those who may see one.
"""

import hashlib
from uuid import UUID

_PURPOSE = b"waymark worker "


def worker_id_of(member_key: str) -> UUID:
    """Give the worker a member is."""
    digest = hashlib.sha256(_PURPOSE + member_key.encode()).digest()
    return UUID(bytes=digest[:16], version=4)
