"""The topics of the platform: one per owning service, so an owner's events keep their order."""

from typing import Final, NamedTuple


class Topic(NamedTuple):
    """Where one owner's events are published, and what its streams mostly stand for."""

    name: str
    owner: str
    stream_kind: str


REFERRAL: Final = Topic("referral.events.v1", "referral", "pcn")
DIRECTORY: Final = Topic("directory.events.v1", "directory", "region")
NOTIFICATIONS: Final = Topic("notifications.events.v1", "notifications", "pcn")

TOPICS: Final = (REFERRAL, DIRECTORY, NOTIFICATIONS)

# The register is one stream of the directory's topic, whatever the region:
# every service reads it to know who may do what.
REGISTER_STREAM: Final = "register"


def topic_of(owner: str) -> Topic:
    """The topic that ``owner`` writes; a stranger raises ``KeyError``."""
    return _BY_OWNER[owner]


_BY_OWNER: Final = {topic.owner: topic for topic in TOPICS}
