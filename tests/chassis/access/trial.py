"""A small register to judge callers by."""

from uuid import uuid4

from chassis.access.register import Grant, Organisation, store_membership, store_organisation
from chassis.access.tokens import member_key
from chassis.database import Connection

SECRET = "a member key secret of tests"


async def fill_register(connection: Connection) -> None:
    """One region of two PCNs with a practice each, and a second region."""
    for organisation in (
        Organisation("region", "QZZ", "QZZ", None, "Synthetic Wayford"),
        Organisation("region", "QYY", "QYY", None, "Synthetic Elsewhere"),
        Organisation("pcn", "U99001", "QZZ", "U99001", "One (synthetic)"),
        Organisation("pcn", "U99002", "QZZ", "U99002", "Two (synthetic)"),
        Organisation("pcn", "U99501", "QYY", "U99501", "Five (synthetic)"),
        Organisation("practice", "Y99001", None, "U99001", "Practice (synthetic)"),
    ):
        await store_organisation(connection, organisation)


async def grant(
    connection: Connection, issuer_url: str, subject: str, role: str, kind: str, code: str
) -> Grant:
    """Let the issuer's subject act in a role."""
    key = member_key(SECRET, issuer_url, subject)
    granted = Grant(uuid4(), key, role, kind, code)
    await store_membership(connection, granted)
    return granted
