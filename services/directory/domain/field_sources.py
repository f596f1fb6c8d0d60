"""Who says each fact of a listing or an organisation, and whose word stands.

Promise    What a person said, the group or its region, no feed overwrites; and no feed
           overwrites another: what stands first stays, and the other word is shown beside it. A
           feed changes what it said itself, and fills in what nobody said.
Price      A fact that somebody took away stays away until the feed says something new of it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Facts = Mapping[str, Any]
Sources = Mapping[str, Mapping[str, str]]

NEVER_TAKEN_AWAY: Final = frozenset({"name", "status", "needs"})
NEEDS: Final = ("needs", "need_terms")
"""One word in two facts: broad needs follow from the finer ones."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """A feed that says something, and on which day."""

    feed_id: str
    name: str
    day: str

    @property
    def source(self) -> dict[str, str]:
        """How a fact names it as its source."""
        return {"source": "feed", "feed_id": self.feed_id, "feed": self.name, "day": self.day}


def taken_from(
    feed_id: str,
    *,
    stands: Facts,
    sources: Sources,
    says: Facts,
    said: Facts,
    kept: Collection[str] = NEVER_TAKEN_AWAY,
) -> dict[str, Any]:
    """The facts of a listing that a feed's new word changes; None takes a fact away.

    ``said`` is what the feed said before; nothing, where it never spoke of this listing. Facts that
    are ``kept`` nobody takes away.
    """
    taken: dict[str, Any] = {}
    for name in says.keys() | said.keys():
        new, old, now = says.get(name), said.get(name), stands.get(name)
        if new in (old, now):
            continue
        if now is None and name not in said:
            taken[name] = new
        elif sources.get(name, {}).get("feed_id") == feed_id:
            if new is None and name in kept:
                continue
            taken[name] = new
    said_by_others = any(
        name in sources and sources[name].get("feed_id") != feed_id for name in NEEDS
    )
    return {name: new for name, new in taken.items() if not (said_by_others and name in NEEDS)}


@dataclass(frozen=True, slots=True)
class Word:
    """What one source says of one fact."""

    source: Mapping[str, str]
    value: Any
    stands: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that is said of one fact."""

    field: str
    words: tuple[Word, ...]

    @property
    def in_conflict(self) -> bool:
        """Whether a source says something else than what stands."""
        return any(not word.stands for word in self.words)


def words_of(stands: Facts, sources: Sources, feeds: Iterable[tuple[Speaker, Facts]]) -> list[Told]:
    """What every source says of every fact: first what stands, then each feed's word."""
    spoken = [(speaker, facts) for speaker, facts in feeds]
    names = dict.fromkeys([*stands, *(name for _, facts in spoken for name in facts)])
    told: list[Told] = []
    for name in names:
        words: list[Word] = []
        if name in stands:
            words.append(Word(sources.get(name, {}), stands[name], stands=True))
        for speaker, facts in spoken:
            holds = sources.get(name, {}).get("feed_id") == speaker.feed_id
            if name in facts and not (holds and facts[name] == stands.get(name)):
                same = facts[name] == stands.get(name)
                words.append(Word(speaker.source, facts[name], stands=same))
        told.append(Told(name, tuple(words)))
    return told
