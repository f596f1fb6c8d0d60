# ruff: noqa: INP001 - Compose mounts this file into an image; it belongs to no package.
"""Makes what the services of the Compose file expect: roles, databases, topics.

Promise    Run again, it changes nothing but passwords.
Not here   Tables: each service's own ``migrate``.
"""

import asyncio
import os

from chassis.provisioning import Passwords, provision_database, provision_topics
from contracts.topics import TOPICS


async def main() -> None:
    """Make them, told where by POSTGRES_URL and KAFKA."""
    password = os.environ["DATABASE_PASSWORD"]
    for service in os.environ["SERVICES"].split():
        passwords = Passwords(owner=password, api=password, worker=password)
        await provision_database(os.environ["POSTGRES_URL"], service, passwords)
    names = [topic.name for topic in TOPICS]
    await provision_topics(os.environ["KAFKA"], int(os.environ["PARTITIONS"]), names)


if __name__ == "__main__":
    asyncio.run(main())
