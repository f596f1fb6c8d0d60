"""Referrals from hospitals, councils and voluntary groups: by whom, by which way, and to whom.

Promise    A person's practice says which network helps them, and nothing else does: a postcode
           lies in the area of many practices, so a network is never guessed.
Not here   Which organisations there are, and who may refer for them: the register.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.referral.domain.refusals import Refused

ID_LENGTH: Final = 36
"""An organisation's code has at most 12 characters; who has none is known by an id."""


class NetworkNotKnown(Refused):
    """Nothing that was said tells which network helps this person."""

    name = "network-not-known"


class ReferrerNotNamed(Refused):
    """Somebody refers for several organisations and did not say for which this time."""

    name = "referrer-not-named"


class ReferrerNotYours(Refused):
    """An organisation that the caller does not refer for."""

    name = "referrer-not-yours"


MADE_HERE: Final = frozenset({"handover", "proactive"})


class RouteNotYours(Refused):
    """A way to refer that is not that of the organisation."""

    name = "route-not-yours"


@dataclass(frozen=True, slots=True)
class Referring:
    """An organisation that refers from outside the practices, and the networks it may refer to."""

    kind: str
    networks: Sequence[str]


def organisation_meant(own: Mapping[str, Referring], named: str | None) -> str:
    """Say for which of their organisations somebody refers."""
    if named is None and len(own) == 1:
        return next(iter(own))
    if named is None:
        raise ReferrerNotNamed("Say for which of your organisations you refer.", "/referrer_code")
    if named not in own:
        raise ReferrerNotYours("You do not refer for this organisation.", "/referrer_code")
    return named


def check_network(own: Mapping[str, Referring], referrer: str, network: str | None) -> str:
    """Insist that the network is known, and one the organisation may refer to."""
    if network is None or network not in own[referrer].networks:
        raise NetworkNotKnown(
            "Say the practice the person is registered with: it must be one of your region that "
            "takes part. Only the practice tells which network helps them.",
            "/practice_code",
        )
    return network


def check_route(own: Mapping[str, Referring], referrer: str, stated: str | None) -> str:
    """Give the way the referral came: what the organisation is."""
    kind = own[referrer].kind
    if stated is not None and stated != kind:
        raise RouteNotYours(f"Referrals of your organisation come by the route {kind}.", "/route")
    return kind


def as_told(referrer: str, network: str) -> tuple[str, UUID | None]:
    """Give a referrer as events name it: by its code, or by its id beside the network's code."""
    return (network, UUID(referrer)) if len(referrer) == ID_LENGTH else (referrer, None)


def check_route_claimed(route: str) -> None:
    """Refuse a route that is not anybody's to claim."""
    if route in MADE_HERE:
        raise RouteNotYours(
            "Referrals by this route are made of a handover or a cohort, and not by hand.", "/route"
        )
