"""One event of each type of onward referrals and signposts, as the service tells them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from chassis.outbox import NewEvent
from services.referral.domain.episodes import Episode, Referral
from services.referral.domain.ladders import Ladder, nudge
from services.referral.domain.onward import Fact, Held, OnwardReferral, Step, begin
from services.referral.domain.signposts import Signpost
from services.referral.published import Moment, signposts
from services.referral.published import onward as published


def events(episode: Episode, moment: Moment) -> list[NewEvent]:
    return [*_of_onward_referrals(episode, moment), *_of_signposts(episode, moment)]


def _of_onward_referrals(episode: Episode, moment: Moment) -> list[NewEvent]:
    steps: dict[Step, Any] = {
        "accepted": "provider",
        "started": "provider",
        "attended": "provider",
        "declined": "person",
        "passed-on": "worker",
        "listing-gone": None,
        "listing-back": None,
    }
    told: dict[str, Any] = {"version": 9, "event_id": uuid4(), "moment": moment}
    begun = [
        published.onward_begun(
            _taken(episode, Fact(step, moment.occurred_at, told_by="worker"), begun=True), **told
        )
        for step in ("drafted", "sent")
    ]
    moved = [
        published.onward_moved(
            _taken(
                episode,
                Fact(
                    step,
                    moment.occurred_at,
                    told_by=told_by,
                    passed_to="provider" if step == "passed-on" else None,
                ),
            ),
            **told,
        )
        for step, told_by in steps.items()
    ]
    held = _onward(episode, Fact("sent", moment.occurred_at, told_by="worker")).standing
    assert isinstance(held, Held)
    nudged = nudge(held, Ladder(), moment.occurred_at + timedelta(days=5))
    return [
        *begun,
        *moved,
        published.onward_moved(_taken(episode, nudged), **told),
        published.ladder_set("U99001", Ladder(), event_id=uuid4(), version=9, moment=moment),
        published.placement_failed(
            uuid4(),
            Referral(uuid4(), episode.id, "Y99001", "Y99002"),
            episode,
            need="isolation",
            reason="full",
            listing_id=uuid4(),
            **told,
        ),
    ]


def _onward(episode: Episode, first: Fact) -> OnwardReferral:
    return OnwardReferral(
        id=uuid4(),
        referral_id=uuid4(),
        episode_id=episode.id,
        person_id=episode.person_id,
        pcn_code=episode.pcn_code,
        practice_code="Y99001",
        listing_id=uuid4(),
        organization_id=uuid4(),
        need="isolation",
        shares_contact=True,
        standing=begin(first),
        drafted_at=first.occurred_at,
        sent_at=None if first.step == "drafted" else first.occurred_at,
    )


def _taken(episode: Episode, fact: Fact, *, begun: bool = False) -> published.Taken:
    first = fact if begun else Fact("sent", episode.opened_at, told_by="worker")
    onward = _onward(episode, first)
    if not begun:
        onward.take(fact)
    return published.Taken(
        onward=onward,
        fact=fact,
        stage_before="sent",
        nudges_before=0,
        first_word=True,
        worker_id=uuid4(),
        episode=episode,
    )


def _of_signposts(episode: Episode, moment: Moment) -> list[NewEvent]:
    told: dict[str, Any] = {"event_id": uuid4(), "moment": moment}
    signpost = Signpost(
        id=uuid4(),
        pcn_code=episode.pcn_code,
        practice_code="Y99001",
        need="isolation",
        listing_id=uuid4(),
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
        echo_agreed=True,
        version=9,
    )
    return [
        signposts.signpost_logged(signpost, "care-navigator", **told),
        signposts.signpost_echo_due(replace(signpost), "sms", **told),
        signposts.signpost_echoed(signpost, "got-there", **told),
    ]
