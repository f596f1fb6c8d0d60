"""Plain words are told from hard ones by the published formula, sentence by sentence."""

import pytest

from services.directory.domain.reading_age import hardness_of, syllables_of

WORDS = {
    1: ("the", "helped", "choose", "times", "rules", "while", "care"),
    2: ("houses", "needed", "advice", "money", "table", "people", "practice", "settled", "little"),
    3: ("prescribing", "area", "idea", "wellbeing", "video"),
    4: ("navigator", "activity"),
    5: ("organisation", "coordinator"),
}


@pytest.mark.parametrize(
    ("word", "syllables"), [(word, count) for count, words in WORDS.items() for word in words]
)
def test_syllables_are_counted_as_they_are_spoken(word: str, syllables: int) -> None:
    assert syllables_of(word) == syllables


def test_the_age_is_the_published_grade_and_five_years() -> None:
    # Six words of one syllable in one sentence: 0.39 * 6 + 11.8 * 1 - 15.59 = -1.45.
    found = hardness_of("The cat sat on the mat.")
    assert found is not None
    assert found.years == pytest.approx(-1.45 + 5)


def test_numbers_and_short_forms_are_words() -> None:
    found = hardness_of("Call 111. You don't wait.")
    assert found is not None
    # Five words in two sentences, seven syllables.
    assert found.years == pytest.approx(0.39 * 5 / 2 + 11.8 * 7 / 5 - 15.59 + 5)


def test_the_hardest_sentence_is_named_by_its_place() -> None:
    found = hardness_of(
        "You can talk to us. Interdisciplinary professionals facilitate holistic "
        "biopsychosocial interventions. We call you back."
    )
    assert found is not None
    assert found.hardest == 2
    assert not found.is_plain


def test_one_hard_sentence_is_not_hidden_among_many_easy_ones() -> None:
    easy = "You can talk to us. " * 40
    hard = "Interdisciplinary professionals facilitate holistic psychological interventions."
    found = hardness_of(easy + hard)
    assert found is not None
    assert found.years < 9
    assert found.hardest == 41
    assert not found.is_plain


def test_a_text_without_words_has_no_age() -> None:
    assert hardness_of(" … !") is None
