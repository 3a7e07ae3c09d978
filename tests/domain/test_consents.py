"""What may leave on which way, what a withdrawal calls for, and the words that were shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from coalition.domain.codebook import codebook
from coalition.domain.consents import (
    TEXT_VERSION,
    WAY_OF,
    WAYS_OUT,
    Mending,
    Message,
    Part,
    WayOut,
    lost,
    may_leave,
    mending,
    purpose_of,
    remaining,
    wordings,
    words_of,
)
from coalition.domain.errors import UnknownCode
from coalition.domain.profiles import shipped
from coalition.domain.vocabulary import Purpose
from coalition.i18n import available_languages, gettext, in_language, pgettext
from tests.domain.samples import COMPLETE, facts, without

PURPOSES = some.frozensets(some.sampled_from([purpose.value for purpose in Purpose]))
PUBLIC = facts(basis="public_source", consents=frozenset(), consent_way="", consent_date=None)


@given(consents=PURPOSES)
@pytest.mark.parametrize("way", list(WayOut))
def test_a_way_out_needs_all_of_its_purposes(way: WayOut, consents: frozenset[str]):
    assert may_leave(facts(consents=consents), way) == (WAYS_OUT[way] <= consents)
    assert not may_leave(facts(basis="", consents=consents), way)


@pytest.mark.parametrize(
    ("way", "open_"), [(way, way not in {WayOut.REFERRAL, WayOut.POLICE, WayOut.CONTACT}) for way in WayOut]
)
def test_a_public_source_opens_what_is_public_and_no_act_towards_a_person(way: WayOut, open_: bool):
    assert may_leave(PUBLIC, way) is open_


def test_every_way_names_a_purpose_and_whatever_leaves_is_shared_first():
    assert set(WAYS_OUT) == set(WayOut)
    assert all(WAYS_OUT.values())
    assert set(WAY_OF) == set(Part)
    assert all(Purpose.SHARE_COALITION in WAYS_OUT[way] for way in WAY_OF.values())
    assert all(taken.purpose in WAYS_OUT[taken.way] for taken in shipped().values())


@pytest.mark.parametrize(
    ("part", "gone", "what"),
    [
        (Part.DESCRIPTIVE, {Purpose.ODIHR}, Mending.REMOVE),
        (Part.DESCRIPTIVE, {Purpose.SHARE_COALITION}, Mending.REMOVE),
        (Part.DESCRIPTIVE, {Purpose.PUBLISH, Purpose.STATISTICS}, None),
        (Part.STATISTICAL, {Purpose.ODIHR, Purpose.PUBLISH}, Mending.SUBTRACT),
        (Part.DESCRIBED, {Purpose.PUBLISH}, Mending.UNDESCRIBE),
        (Part.DESCRIBED, {Purpose.PUBLISH, Purpose.STATISTICS}, Mending.RECOUNT),
        (Part.COUNTED, {Purpose.PUBLISH}, None),
        (Part.COUNTED, {Purpose.STATISTICS}, Mending.RECOUNT),
        (Part.COUNTED, set(), None),
    ],
)
def test_what_is_to_be_done_depends_on_the_part_and_the_purposes(part: Part, gone: set[Purpose], what: Mending | None):
    assert mending(part, gone) is what


@given(before=PURPOSES, after=PURPOSES)
def test_without_consent_to_be_recorded_nothing_remains(before: frozenset[str], after: frozenset[str]):
    expected = frozenset() if "record" in before - after else after
    assert remaining(before, after) == expected


def test_what_was_lost_is_what_was_allowed_before_and_not_after():
    assert lost(COMPLETE, without(Purpose.ODIHR, Purpose.CONTACT)) == {Purpose.ODIHR, Purpose.CONTACT}
    assert lost(without(Purpose.ODIHR), COMPLETE) == frozenset()
    assert lost(COMPLETE, facts(basis="")) == set(Purpose)
    assert lost(COMPLETE, PUBLIC) == {Purpose.REFER, Purpose.POLICE, Purpose.CONTACT}


def test_a_purpose_is_known_by_its_code():
    assert purpose_of("odihr") is Purpose.ODIHR
    with pytest.raises(UnknownCode):
        purpose_of("ODIHR")


def test_a_message_is_saved_with_its_subject():
    assert Message("A", "B\n").text == "Subject: A\n\nB\n"


@pytest.mark.parametrize("language", available_languages())
def test_the_newest_words_are_those_that_the_form_shows(language: str):
    # Changed words are a new version: the old one stays readable for every consent that was given in it.
    (words,) = words_of(TEXT_VERSION, (language,))
    with in_language(language):
        assert words.language == language
        assert words.question == gettext("What did the person agree to?")
        assert words.note == gettext(
            "Each consent is separate, and the person can take each one back at any time, as easily as it was given. "
            "Support does not depend on it."
        )
        labels = {entry.code: pgettext("consent_purposes", entry.label) for entry in codebook()["consent_purposes"]}
        assert dict(words.purposes) == labels
        assert words.told == tuple((gettext(who), gettext(what)) for who, what in english().told)


def english():
    return words_of(TEXT_VERSION, ("en",))[0]


def test_every_version_has_the_same_purposes_in_every_language():
    for words in wordings():
        assert set(words.purposes) == set(Purpose)
    assert max(words.version for words in wordings()) == TEXT_VERSION


def test_a_language_without_words_gets_those_there_are():
    assert [words.language for words in words_of(TEXT_VERSION, ("xx",))] == ["en", "bg"]
