"""The events of signposts: about nobody, on the stream of the network they were given in."""

from typing import cast
from uuid import UUID

from chassis.outbox import NewEvent
from contracts import codes
from contracts.event import EventData
from contracts.referral.v1.signposts import SignpostEchoDue, SignpostEchoed, SignpostLogged
from services.referral.domain.signposts import Echo, Signpost
from services.referral.published import Moment


def signpost_logged(
    signpost: Signpost, role: codes.SignposterRole, *, event_id: UUID, moment: Moment
) -> NewEvent:
    """Tell that somebody was told where to turn."""
    data = SignpostLogged(
        signpost_id=signpost.id,
        pcn_code=signpost.pcn_code,
        practice_code=signpost.practice_code,
        need=cast("codes.Need", signpost.need),
        listing_id=signpost.listing_id,
        role=role,
        echo_asked=signpost.echo_agreed,
    )
    return _event(signpost, data, event_id, moment)


def signpost_echo_due(
    signpost: Signpost, channel: codes.EchoChannel, *, event_id: UUID, moment: Moment
) -> NewEvent:
    """Tell that somebody is to be asked; where, is asked of this service."""
    data = SignpostEchoDue(
        signpost_id=signpost.id,
        pcn_code=signpost.pcn_code,
        practice_code=signpost.practice_code,
        channel=channel,
    )
    return _event(signpost, data, event_id, moment)


def signpost_echoed(signpost: Signpost, echo: Echo, *, event_id: UUID, moment: Moment) -> NewEvent:
    """Tell what came of it."""
    data = SignpostEchoed(
        signpost_id=signpost.id,
        pcn_code=signpost.pcn_code,
        practice_code=signpost.practice_code,
        need=cast("codes.Need", signpost.need),
        listing_id=signpost.listing_id,
        echo=echo,
    )
    return _event(signpost, data, event_id, moment)


def _event(signpost: Signpost, data: EventData, event_id: UUID, moment: Moment) -> NewEvent:
    return NewEvent(
        data=data,
        stream=signpost.pcn_code,
        subject=f"signpost/{signpost.id}",
        aggregate_version=signpost.version,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        origin=moment.origin,
        event_id=event_id,
    )
