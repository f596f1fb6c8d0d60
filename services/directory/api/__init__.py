"""The directory's HTTP doors."""

from collections.abc import Sequence

from fastapi import APIRouter

from chassis.service import ApiContext
from services.directory.api import (
    duplicates,
    export,
    feed_terms,
    feeds,
    figures,
    freshness,
    ideas,
    internal,
    listing_life,
    listing_reviews,
    listings,
    open_referral,
    places,
    populations,
    reading,
    register,
    register_changes,
    relations,
    roles,
    search,
    unmet_need,
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
        populations.router,
        register_changes.router,
        relations.router,
        roles.router,
        reading.router,
        listings.router,
        listing_life.router,
        listing_reviews.make_router(),
        freshness.router,
        freshness.make_open_router(),
        freshness.internal,
        feeds.router,
        feed_terms.router,
        duplicates.router,
        figures.router,
        unmet_need.router,
        ideas.router,
        internal.router,
    )
