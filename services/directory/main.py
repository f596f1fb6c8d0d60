"""The directory, as one declaration."""

from typing import cast

from chassis import clock
from chassis.service import Service, WorkerContext
from contracts.topics import DIRECTORY
from services.directory.api import routers
from services.directory.api.imported import check_entry
from services.directory.consumers import projections
from services.directory.domain.register import Moment
from services.directory.schedules import schedules
from services.directory.settings import DirectorySettings
from services.directory.use_cases.beginning import begin_register


async def begin(context: WorkerContext) -> None:
    """See to it that somebody can keep the register."""
    now = clock.now()
    settings = cast("DirectorySettings", context.settings)
    await begin_register(context.database, settings, Moment(now, now))


SERVICE = Service(
    name="directory",
    settings_type=DirectorySettings,
    make_api=routers,
    projections=lambda _context: projections(),
    # Forms belong to the doors; what comes by a feed passes the same ones.
    schedules=lambda context: schedules(context, check_entry),
    topic=DIRECTORY.name,
    begin=begin,
    holds_register=True,
)
