"""How hard a text in English is to read, as an age in years.

The Flesch-Kincaid grade level: J. P. Kincaid, R. P. Fishburne, R. L. Rogers and B. S. Chissom,
"Derivation of new readability formulas for Navy enlisted personnel", Research Branch Report 8-75,
1975. A school grade of the United States is told as an age by adding five years.

Promise    The same text has the same age, and the sentence that is hardest can be named.
Price      Syllables are counted by rules of spelling and not looked up: a word may be off by one.
Not here   Other languages: the formula was derived for English alone.
"""

import re
from dataclasses import dataclass
from typing import Final

READING_AGE_MAX_YEARS: Final = 9.0
SENTENCE_AGE_MAX_YEARS: Final = 13.0
SENTENCE_WORDS_MIN: Final = 6  # of fewer words the formula says little

_PER_SENTENCE: Final = 0.39
_PER_WORD: Final = 11.8
_OFFSET: Final = 15.59
_YEARS_OF_GRADE: Final = 5.0

_SENTENCE_END: Final = re.compile(r"(?<=[.!?])[\"')\]]*\s+|\n+")
_WORD: Final = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?|[0-9]+")
_VOWELS: Final = re.compile(r"[aeiouy]+")
_TWO_SOUNDS: Final = re.compile(r"(?<![cstg])i[ao](?!u)|eo|(?<![gq])ua|iu")
_SILENT: Final = (
    re.compile(r"(?<=[^tdl])ed$"),
    re.compile(r"(?<=[aeiouyr]l)ed$"),
    re.compile(r"(?<=[^aeiouyscxzgl])es$"),
    re.compile(r"(?<=[aeiouyr]l)es$"),
    re.compile(r"(?<=[^aeiouyl])e$"),
    re.compile(r"(?<=[aeiouyr]l)e$"),
)
# Common in what is written here, and not spelt as they sound.
_KNOWN: Final = {
    "area": 3,
    "being": 2,
    "coordinator": 5,
    "coordinators": 5,
    "hospital": 3,
    "idea": 3,
    "ideas": 3,
    "people": 2,
    "physiotherapist": 6,
    "quiet": 2,
    "science": 2,
    "serious": 3,
    "useful": 2,
    "wellbeing": 3,
}


@dataclass(frozen=True, slots=True)
class Hardness:
    """How old a reader of a text should be, and which sentence, from 1, asks for most.

    Sentences of a few words are passed over for the hardest, unless there are no others.
    """

    years: float
    hardest: int
    hardest_years: float

    @property
    def is_plain(self) -> bool:
        """Whether a child of nine could read it, and no sentence stands out."""
        return self.years <= READING_AGE_MAX_YEARS and self.hardest_years <= SENTENCE_AGE_MAX_YEARS


def hardness_of(text: str) -> Hardness | None:
    """Judge a text; None where it has no words."""
    counted = [
        (len(words), sum(syllables_of(word) for word in words))
        for sentence in _SENTENCE_END.split(text)
        if (words := _WORD.findall(sentence))
    ]
    if not counted:
        return None
    ages = [_age(1, words, syllables) for words, syllables in counted]
    long = [place for place, (words, _) in enumerate(counted) if words >= SENTENCE_WORDS_MIN]
    hardest = max(long or range(len(ages)), key=ages.__getitem__)
    words = sum(words for words, _ in counted)
    syllables = sum(syllables for _, syllables in counted)
    return Hardness(_age(len(counted), words, syllables), hardest + 1, ages[hardest])


def syllables_of(word: str) -> int:
    """Count the syllables of an English word, or of a number read digit by digit."""
    if word.isdigit():
        return len(word)
    letters = re.sub(r"[^a-z]", "", word.lower())
    if letters in _KNOWN:
        return _KNOWN[letters]
    if len(letters) <= 3:  # the, are, you
        return 1
    for ending in _SILENT:
        if ending.search(letters):
            letters = ending.sub("", letters)
            break
    letters = letters.removeprefix("y")
    return max(1, len(_VOWELS.findall(letters)) + len(_TWO_SOUNDS.findall(letters)))


def _age(sentences: int, words: int, syllables: int) -> float:
    grade = _PER_SENTENCE * words / sentences + _PER_WORD * syllables / words - _OFFSET
    return grade + _YEARS_OF_GRADE
