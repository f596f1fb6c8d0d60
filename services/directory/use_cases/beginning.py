"""What has to be there before anybody can sign in: the first region and its first registrar.

Promise    Harmless to repeat, and alone: two processes that start together enter each once.
"""

from chassis.access.tokens import member_key
from chassis.database import Database
from chassis.settings import ServiceSettings
from services.directory.domain.register import Moment
from services.directory.settings import DirectorySettings
from services.directory.store import register as store
from services.directory.use_cases.members import MembershipEntry, grant_membership
from services.directory.use_cases.organisations import register_region

GRANTED_BY = "setting:first-registrar"


async def begin_register(database: Database, settings: DirectorySettings, moment: Moment) -> None:
    """Enter the region and the registrar that the settings name."""
    region_code = settings.first_registrar_region
    async with database.transaction() as connection:
        if await store.find_organisation(connection, "region", region_code) is None:
            await register_region(
                connection,
                region_code=region_code,
                name=settings.first_region_name_used,
                moment=moment,
            )
        if settings.first_registrar_subject is not None:
            entry = MembershipEntry(
                member_key=first_registrar_key(settings, settings.first_registrar_subject),
                role="registrar",
                organisation_kind="region",
                organisation_code=region_code,
                granted_by=GRANTED_BY,
            )
            await grant_membership(connection, entry, moment)


def first_registrar_key(settings: ServiceSettings, subject: str) -> str:
    """The key the first registrar will come with."""
    return member_key(settings.member_key_secret.get_secret_value(), settings.issuer_url, subject)
