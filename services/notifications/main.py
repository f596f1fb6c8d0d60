"""Notifications, as one declaration."""

from collections.abc import Sequence
from typing import cast

from chassis.service import Schedule, Service, WorkerContext
from chassis.stream import Projection
from contracts.topics import NOTIFICATIONS
from services.notifications.api import routers
from services.notifications.consumers import projections
from services.notifications.domain import rules_awake
from services.notifications.gateways.cards import Cards
from services.notifications.gateways.letters import Letterhead
from services.notifications.gateways.mail import Mail
from services.notifications.gateways.questions import Questions
from services.notifications.schedules import schedules
from services.notifications.settings import NotificationsSettings
from services.notifications.use_cases import Sender


class AddressesUnknown(ValueError):
    """Nobody can be written to without knowing where directory and referral answer."""


def make_sender(context: WorkerContext) -> Sender:
    """Put the sender together from the settings."""
    settings = cast("NotificationsSettings", context.settings)
    if settings.directory_url is None or settings.referral_url is None:
        raise AddressesUnknown("WAYMARK_DIRECTORY_URL and WAYMARK_REFERRAL_URL are needed to send")
    password = settings.mail_password
    return Sender(
        context.database,
        Cards(
            context.clients,
            directory_url=settings.directory_url,
            referral_url=settings.referral_url,
        ),
        Questions(context.clients, directory_url=settings.directory_url),
        Mail(
            settings.mail_smtp,
            security=settings.mail_security_used,
            username=settings.mail_username,
            password=None if password is None else password.get_secret_value(),
        ),
        head=Letterhead(settings.mail_from, settings.console_url),
        awake=_awake(settings),
    )


def _awake(settings: NotificationsSettings) -> frozenset[str]:
    return rules_awake(demo=settings.mode == "demo", asks_owners=settings.owners_are_asked)


def _projections(context: WorkerContext) -> Sequence[Projection]:
    return projections(awake=_awake(cast("NotificationsSettings", context.settings)))


def _schedules(context: WorkerContext) -> Sequence[Schedule]:
    settings = cast("NotificationsSettings", context.settings)
    return schedules(make_sender(context), per_second_max=settings.mail_per_second_max)


SERVICE = Service(
    name="notifications",
    settings_type=NotificationsSettings,
    make_api=routers,
    projections=_projections,
    topic=NOTIFICATIONS.name,
    schedules=_schedules,
)
