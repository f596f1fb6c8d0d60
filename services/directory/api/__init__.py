"""The directory's HTTP doors."""

from collections.abc import Sequence

from fastapi import APIRouter

from chassis.service import ApiContext
from services.directory.api import (
    duplicates,
    export,
    feeds,
    figures,
    internal,
    listing_life,
    listing_reviews,
    listings,
    open_referral,
    places,
    reading,
    register,
    roles,
    search,
)


def routers(_context: ApiContext) -> Sequence[APIRouter]:
    """Every router of the directory; what they need, the application carries."""
    return (
        open_referral.router,
        export.router,
        search.router,
        places.open_router,
        places.router,
        register.router,
        roles.router,
        reading.router,
        listings.router,
        listing_life.router,
        listing_reviews.make_router(),
        feeds.router,
        duplicates.router,
        figures.router,
        internal.router,
    )
