"""Handed over once, never lost, never doubled: however often, and in which order, it is tried."""

from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.referral.domain.handover import (
    Handover,
    HandoverReturned,
    HandoverToItself,
    NotHandedOver,
)

NETWORKS = ("U99001", "U99002", "U99003")


class Journeys(RuleBasedStateMachine):
    """One person's support travels between three networks; the step may run at any time, twice."""

    def __init__(self) -> None:
        super().__init__()
        self.serial = 0
        first = self.an_id()
        self.open_in: dict[UUID, str] = {first: NETWORKS[0]}
        self.continues: dict[UUID, UUID] = {}
        self.handovers: list[Handover] = []

    def an_id(self) -> UUID:
        self.serial += 1
        return UUID(int=self.serial)

    @property
    def pending(self) -> list[Handover]:
        return [one for one in self.handovers if one.is_pending]

    @precondition(lambda self: self.open_in)
    @rule(to=st.sampled_from(NETWORKS))
    def somebody_hands_over(self, to: str) -> None:
        episode_id, pcn_code = next(iter(self.open_in.items()))
        try:
            made = Handover(
                id=self.an_id(),
                pcn_code=pcn_code,
                practice_code=f"Y{pcn_code[1:]}",
                to_pcn_code=to,
                to_practice_code=f"Y{to[1:]}",
                person_id=UUID(int=NETWORKS.index(pcn_code) + 1_000),
                episode_id=episode_id,
                reason="moved-home",
                needs=("money",),
                urgency="routine",
            )
        except HandoverToItself:
            assert to == pcn_code
            return
        del self.open_in[episode_id]
        self.handovers.append(made)

    @precondition(lambda self: self.handovers)
    @rule(place=st.integers(0, 20), cut_off=st.booleans())
    def the_step_runs(self, place: int, cut_off: bool) -> None:
        made = self.handovers[place % len(self.handovers)]
        if cut_off:
            return  # what it did was rolled back with its transaction
        episode_id, before = self.an_id(), (made.status, made.opened_episode_id, made.version)
        if made.open(self.an_id(), episode_id, new_episode=True):
            self.open_in[episode_id] = made.to_pcn_code
            self.continues[episode_id] = made.episode_id
        else:
            assert (made.status, made.opened_episode_id, made.version) == before

    @precondition(lambda self: self.handovers)
    @rule(place=st.integers(0, 20))
    def it_is_returned(self, place: int) -> None:
        came = self.handovers[place % len(self.handovers)]
        if came.opened_episode_id not in self.open_in and came.status == "opened":
            return  # the door refuses what has ended before it asks
        returned = any(one.returns_id == came.id for one in self.handovers)
        try:
            back = came.give_back(
                self.an_id(), reason="returned", needs=("money",), urgency="soon", returned=returned
            )
        except (NotHandedOver, HandoverReturned):
            assert returned or came.status != "opened"
            return
        assert (back.pcn_code, back.to_pcn_code) == (came.to_pcn_code, came.pcn_code)
        assert back.to_person_id == came.person_id
        assert back.episode_id == came.opened_episode_id
        del self.open_in[back.episode_id]
        self.handovers.append(back)

    @invariant()
    def support_is_open_in_one_network_or_on_its_way_to_one(self) -> None:
        assert len(self.open_in) + len(self.pending) == 1

    @invariant()
    def an_episode_is_handed_over_at_most_once_and_continues_one_other(self) -> None:
        given = [one.episode_id for one in self.handovers]
        assert len(given) == len(set(given))
        opened = [one for one in self.handovers if one.status == "opened"]
        assert self.continues == {one.opened_episode_id: one.episode_id for one in opened}

    @invariant()
    def a_handover_is_returned_at_most_once(self) -> None:
        back = [one.returns_id for one in self.handovers if one.returns_id]
        assert len(back) == len(set(back))


TestJourneys = Journeys.TestCase
TestJourneys.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_what_was_refused_there_is_never_opened() -> None:
    made = Handover(
        id=UUID(int=1),
        pcn_code="U99001",
        practice_code="Y99001",
        to_pcn_code="U99002",
        to_practice_code="Y99006",
        person_id=UUID(int=2),
        episode_id=UUID(int=3),
        reason="other",
        needs=("money",),
        urgency="routine",
    )

    assert made.refuse("person-has-died")
    assert not made.open(UUID(int=4), UUID(int=5), new_episode=True)
    with pytest.raises(NotHandedOver):
        made.give_back(UUID(int=6), reason="returned", needs=(), urgency="routine", returned=False)
