"""Topics: each has one owner who writes it and somebody who listens, and all agree on what is told."""

import json

import pytest

from contracts.documents import example_of
from contracts.event import event_types
from contracts.topics import TOPICS
from tests.architecture.platform import NAMES, projections, service


def test_each_topic_is_written_by_its_owner_and_by_nobody_else():
    written = {name: service(name).topic for name in NAMES if service(name).topic}
    assert written == {topic.owner: topic.name for topic in TOPICS}


def test_somebody_listens_to_each_topic():
    heard: set[str] = set()
    for name in NAMES:
        with projections(name) as found:
            heard.update(topic for projection in found for topic in projection.topics)
    assert heard == {topic.name for topic in TOPICS}


@pytest.mark.parametrize("name", NAMES)
def test_a_consumer_group_is_named_for_the_service_it_belongs_to(name):
    with projections(name) as found:
        groups = [projection.consumer for projection in found]
    assert groups
    assert len(set(groups)) == len(groups)
    assert all(group.startswith(name) for group in groups)


@pytest.mark.parametrize("name", NAMES)
def test_a_consumer_waits_for_no_event_that_its_topics_never_carry(name):
    with projections(name) as found:
        for projection in found:
            told = {
                event
                for topic in TOPICS
                if topic.name in projection.topics
                for event in event_types(topic.owner)
            }
            assert set(projection.readers) <= told
            assert projection.readers


@pytest.mark.parametrize("name", NAMES)
def test_every_consumer_reads_the_example_of_every_event_it_folds(name):
    known = event_types()
    with projections(name) as found:
        for projection in found:
            for event, reader in projection.readers.items():
                value = example_of(known[event])["value"]
                (read,) = reader.validate_json(json.dumps([value]))
                assert set(read) == set(value)


@pytest.mark.parametrize("name", NAMES)
def test_nobody_listens_to_their_own_topic(name):
    with projections(name) as found:
        for projection in found:
            assert service(name).topic not in projection.topics


@pytest.mark.parametrize("name", ["referral", "reporting"])
def test_whoever_takes_a_stream_for_a_network_passes_a_regions_over(name):
    regional = {event for event, model in event_types().items() if model.stream_kind == "region"}
    assert regional
    with projections(name) as found:
        for projection in found:
            assert not regional & set(projection.readers)
