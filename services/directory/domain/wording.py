"""Reading what somebody types: the words, the needs they speak of, and the word they meant.

Promise    The same text is always read the same way, by data kept in the repository: which phrases
           speak of which needs, and which words say nothing. Order, case and endings do not matter.
Price      English phrases alone speak of needs; words of any language are looked for as they are.
Not here   The phrases: ``synonyms.toml`` beside this service. Which words any listing holds.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.directory.domain.places import name_key

WORDS_MAX: Final = 16
CONCEPTS_MAX: Final = 5
WEIGHT_OF_WORDS: Final = 0.5
CORRECTED_LENGTH_MIN: Final = 4
EDITS_OF_SHORT_WORDS_MAX: Final = 1
EDITS_OF_LONG_WORDS_MAX: Final = 2
LONG_WORD_LENGTH_MIN: Final = 8


class WordingBroken(ValueError):
    """The file of synonyms says something that cannot hold."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words people use, and the needs they speak of: the first is meant, the others lie near."""

    says: str
    roots: frozenset[str]
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing asked for: a need that is meant with those near to it, or plain words."""

    said: tuple[str, ...]
    """Each way it was said, as words that have to stand together in a listing."""
    meant: tuple[str, ...] = ()
    near: tuple[str, ...] = ()

    @property
    def weight(self) -> float:
        """Words beside a need say less than the need does."""
        return 1.0 if self.meant else WEIGHT_OF_WORDS


@dataclass(frozen=True, slots=True)
class Wording:
    """What is known of how people say things."""

    version: int
    stop_words: frozenset[str]
    soft_words: frozenset[str]
    """Words that say little beside others, such as who in a family it is about."""
    together: Mapping[str, str]
    """What is read as one word, by what is written."""
    phrases: Mapping[frozenset[str], Phrase]
    languages: Mapping[str, str]
    """The code of each language by its names."""
    access: Mapping[str, tuple[str, ...]]
    """What may be asked of a place, and the phrases that say it is so."""
    words: frozenset[str] = field(default=frozenset())
    """Every single word of the phrases: none of them is a misspelling."""


def words_of(text: str) -> list[str]:
    """The words of a text in plain small letters."""
    return name_key(text).split()


def _read(text: str, together: Mapping[str, str]) -> list[str]:
    folded = f" {name_key(text)} "
    for written, word in together.items():
        folded = folded.replace(f" {written} ", f" {word} ")
    return folded.split()


def root_of(word: str) -> str:
    """A word without its commonest endings, so that walks and walking are one."""
    for ending, least in (("iness", 7), ("ing", 6), ("ies", 5), ("ness", 7), ("ed", 5), ("s", 4)):
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            stem = word[: -len(ending)]
            if ending in {"ies", "iness"}:
                return f"{stem}y"
            doubled = len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "ls"
            return stem[:-1] if doubled else stem.removesuffix("e")
    return word.removesuffix("e") if len(word) > 4 else word


def wording_of(raw: Mapping[str, Any], terms: Mapping[str, Collection[str]]) -> Wording:
    """Read the file of synonyms; ``terms`` are the needs there are, with names of their own."""
    stop_words = frozenset(word for one in raw["stop_words"] for word in words_of(one))
    together = {written: word for word, ways in raw["together"].items() for written in ways}
    phrases: dict[frozenset[str], Phrase] = {}
    for group in raw["says"]:
        means = tuple(group["terms"])
        unknown = [term for term in means if term not in terms]
        if unknown or not means:
            raise WordingBroken(f"{group['phrases'][:1]}: {unknown or 'nothing'} is no need")
        for says in group["phrases"]:
            phrase = _phrase(_read(says, together), means, stop_words)
            if not phrase.roots:
                raise WordingBroken(f"{says}: holds nothing but stop words")
            before = phrases.setdefault(phrase.roots, phrase)
            if before.terms != means:
                raise WordingBroken(f"{says}: speaks of other needs too ({before.says})")
    for code, names in terms.items():
        for says in names:
            phrase = _phrase(words_of(says), (code,), stop_words)
            if phrase.roots:
                phrases.setdefault(phrase.roots, phrase)
    return Wording(
        version=raw["version"],
        stop_words=stop_words,
        soft_words=frozenset(word for one in raw["soft_words"] for word in words_of(one)),
        together=together,
        phrases=phrases,
        languages={name: code for code, names in raw["languages"].items() for name in names},
        access={code: tuple(says) for code, says in raw["access"].items()},
        words=frozenset(word for phrase in phrases.values() for word in words_of(phrase.says)),
    )


def _phrase(words: Sequence[str], means: tuple[str, ...], stop_words: frozenset[str]) -> Phrase:
    content = [word for word in words if word not in stop_words]
    return Phrase(" ".join(content), frozenset(map(root_of, content)), means)


def content_words(wording: Wording, text: str) -> list[str]:
    """The words that say something, or all of them where none does; no more than can be asked."""
    words = list(dict.fromkeys(_read(text, wording.together)))
    return ([word for word in words if word not in wording.stop_words] or words)[:WORDS_MAX]


def concepts_of(
    wording: Wording, words: Sequence[str], *, silent: Collection[str] = ()
) -> list[Concept]:
    """What these words ask for: needs first, each once, then the words that name none.

    ``silent`` words say nothing by themselves; soft ones nothing beside others.
    """
    left = {word: root_of(word) for word in words}
    needs: dict[tuple[str, ...], Concept] = {}
    for phrase in _spoken(wording, frozenset(left.values())):
        if not phrase.roots <= set(left.values()):
            continue  # a longer phrase has taken one of its words
        said = " ".join(word for word, root in left.items() if root in phrase.roots)
        left = {word: root for word, root in left.items() if root not in phrase.roots}
        before = needs.get(phrase.terms)
        ways = (said,) if before is None else (*before.said, said)
        needs[phrase.terms] = Concept(ways, phrase.terms[:1], phrase.terms[1:])
    plain = [word for word in left if word not in silent]
    hard = [word for word in plain if word not in wording.soft_words]
    if hard or needs:
        plain = hard
    return [*needs.values(), *(Concept((word,)) for word in plain)][:CONCEPTS_MAX]


def _spoken(wording: Wording, roots: frozenset[str]) -> Iterator[Phrase]:
    """The phrases that these words hold, the longest first."""
    found = [phrase for phrase in wording.phrases.values() if phrase.roots <= roots]
    yield from sorted(found, key=lambda phrase: (-len(phrase.roots), phrase.says))


def nearest_word(word: str, candidates: Sequence[str]) -> str | None:
    """The word that was meant: the fewest edits away and few enough; the first of equals."""
    allowed = (
        EDITS_OF_LONG_WORDS_MAX if len(word) >= LONG_WORD_LENGTH_MIN else EDITS_OF_SHORT_WORDS_MAX
    )
    reckoned = [(edits_between(word, one), rank) for rank, one in enumerate(candidates)]
    edits, rank = min(reckoned, default=(allowed + 1, 0))
    return candidates[rank] if edits <= allowed else None


def edits_between(one: str, other: str) -> int:
    """How many letters were added, left out, changed, or swapped with their neighbour."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        this = [row]
        for column, against in enumerate(other, start=1):
            cost = min(
                last[column] + 1, this[column - 1] + 1, last[column - 1] + (letter != against)
            )
            swapped = row > 1 and column > 1
            if swapped and letter == other[column - 2] and one[row - 2] == against:
                cost = min(cost, before[column - 2] + 1)
            this.append(cost)
        before, last = last, this
    return last[-1]


def is_worth_correcting(word: str) -> bool:
    """Short words and numbers are looked for as they stand."""
    return len(word) >= CORRECTED_LENGTH_MIN and word.isalpha()
