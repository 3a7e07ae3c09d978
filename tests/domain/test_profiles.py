"""Profiles are files: which are shipped, what can be written into one, and that every mistake is told with its line."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.codebook import codebook
from coalition.domain.consents import WAYS_OUT, Mending, Part, WayOut, mending, way_of
from coalition.domain.errors import NotFound
from coalition.domain.profile_checks import (
    FACTS_OF,
    LABELLED,
    MOST_BYTES,
    BrokenProfile,
    Wrong,
    checked,
    is_code,
    let_out,
)
from coalition.domain.profile_text import profile_text
from coalition.domain.profiles import label_in, profile, profile_for, read_kept, read_profile, shipped, shipped_text
from coalition.domain.vocabulary import IncidentType, Purpose

SOUND = """\
body = "ministry"
name = "Report to the ministry"
language = "en"
purpose = "publish"
recipient = "office@ministry.example"

[texts]
subject = "{year}, {coalition}"
correction_subject = "Correction {year}"
correction_remove = "Line {line}"
correction_subtract = "Less"

[[export]]
field = "date"
header = "Date"

[[columns]]
field = "date"
header = { en = "Month", bg = "Месец" }
width = 10
[[columns]]
field = "type"
header = "Type"
"""
# FBI NIBRS to ODIHR, for import: the receiving body's codes have to lead back to where they came from.
NIBRS = {
    "racist_xenophobic": {11, 12, 13, 14, 15, 16, 31, 32, 33},
    "anti_semitic": {21},
    "anti_muslim": {24},
    "anti_christian": {22, 23, 28, 29, 81, 82},
    "other_religion": {25, 26, 27, 83, 84, 85},
    "gender": {61, 62},
    "anti_lgbti": {41, 42, 43, 45, 71, 72},
    "disability": {51, 52},
}


def problems(text: str, languages=("en", "bg")):
    with pytest.raises(BrokenProfile) as broken:
        checked(text, languages)
    return [(one.line, one.path, one.code) for one in broken.value.problems]


def changed(before: str, after: str) -> str:
    assert SOUND.count(before) >= 1
    return SOUND.replace(before, after, 1)


# --- what is shipped ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "code"),
    [(2009, "odihr-2016"), (2016, "odihr-2016"), (2021, "odihr-2016"), (2022, "odihr-2022"), (2023, "odihr-2022"),
     (2024, "odihr-2024"), (2031, "odihr-2024")],
)  # fmt: skip
def test_each_data_year_has_the_rule_of_its_time(year: int, code: str):
    assert profile_for(year).code == code


def test_a_body_without_a_profile_and_an_unknown_code_are_said():
    for ask in (lambda: profile("nobody"), lambda: profile_for(2024, "nobody"), lambda: shipped_text("nobody")):
        with pytest.raises(NotFound):
            ask()
    assert profile_for(2024, "national").code == "national"


def test_odihrs_files_have_the_columns_that_it_published_and_its_deadline():
    for taken in (profile(code) for code in shipped() if code.startswith("odihr")):
        assert [column.header for column in taken.export] == [
            "Date",
            "Country",
            "Bias motivations",
            "Type of incident",
            "Source",
            "Description",
        ]
        assert (taken.deadline_month, taken.deadline_day, taken.recipient) == (4, 30, "tndinfo@odihr.pl")
        assert taken.texts.subject.format(year=2024, coalition="Us") == "HCR 2024 (Us)"
        assert taken.purpose is Purpose.ODIHR


def test_attacks_on_property_are_numbers_from_2022_and_threats_have_their_newer_name_from_2024():
    only = {year: profile_for(year).statistics_only for year in (2021, 2022, 2024)}
    assert only == {
        2021: frozenset(),
        2022: {IncidentType.PROPERTY_ATTACK},
        2024: {IncidentType.PROPERTY_ATTACK},
    }
    names = {year: label_in(profile_for(year), "incident_types", "threat") for year in (2016, 2023, 2024)}
    assert names == {2016: "Threats", 2023: "Threats", 2024: "Threats/Harassment"}
    assert codebook()["incident_types"].find("Threats/Harassment").code == "threat", "both are read back as one type"


def test_what_goes_to_others_than_odihr_needs_the_consent_to_be_told_in_public():
    for code in ("national", "nibrs"):
        assert profile(code).way is WayOut.DESCRIPTION
        assert WAYS_OUT[profile(code).way] == {Purpose.SHARE_COALITION, Purpose.STATISTICS, Purpose.PUBLISH}


def test_a_withdrawal_touches_what_left_with_the_consent_that_its_profile_asked_for():
    for part, what in ((Part.DESCRIPTIVE, Mending.REMOVE), (Part.STATISTICAL, Mending.SUBTRACT)):
        assert mending(part, {Purpose.ODIHR}) is mending(part, {Purpose.PUBLISH}, Purpose.PUBLISH) is what
        assert mending(part, {Purpose.PUBLISH}) is mending(part, {Purpose.ODIHR}, Purpose.PUBLISH) is None
    assert way_of(Part.TOLD, Purpose.STATISTICS) is WayOut.DESCRIPTION, "only submissions have a profile"


def test_the_codes_of_nibrs_lead_back_to_the_motivation_that_they_came_from():
    for code, words in profile("nibrs").labels["bias_motivations"].items():
        wanted = NIBRS["racist_xenophobic" if code == "anti_roma" else code]
        assert {int(part) for part in words.split("/")} <= wanted
    assert set(profile("nibrs").labels["bias_motivations"]) == set(codebook()["bias_motivations"].codes)


def test_every_field_of_every_column_may_leave_and_neither_day_nor_place_is_one():
    assert all(let_out(name) for name in FACTS_OF)
    assert {"region", "municipality", "time", "narrative", "sub_grounds"}.isdisjoint(FACTS_OF)
    assert all(set(taken.fields) <= set(FACTS_OF) for taken in shipped().values())
    assert set(LABELLED) <= set(codebook().lists)


# --- what can be written into a file -----------------------------------------------------------------------


def test_a_short_profile_is_sound_and_its_headings_are_there_in_both_languages():
    taken = read_profile("ours", SOUND, ("en", "bg"))
    assert (taken.code, taken.version, taken.deadline_day, taken.columns[0].header) == ("ours", "ours", 30, "Month")
    assert (taken.columns[0].headers["bg"], taken.columns[1].width) == ("Месец", 24)
    assert read_profile("ours", SOUND.replace('"en"', '"bg"', 1).replace('"Type"', '{ bg = "Вид" }')).columns[0].header


@pytest.mark.parametrize(
    ("before", "after", "wrong"),
    [
        ('language = "en"', "language = en", (3, "", Wrong.SYNTAX)),
        ('language = "en"', "language = 3", (3, "language", Wrong.WRONG_TYPE)),
        ('purpose = "publish"', 'purpose = "police"', (4, "purpose", Wrong.UNKNOWN_VALUE)),
        ('purpose = "publish"', 'purpose = "statistics"', (4, "purpose", Wrong.DESCRIBED)),
        ('body = "ministry"', 'body = "The ministry"', (1, "body", Wrong.NOT_A_CODE)),
        ('name = "Report to the ministry"', 'name = " "', (2, "name", Wrong.EMPTY)),
        ('name = "Report to the ministry"', "name = 7", (2, "name", Wrong.WRONG_TYPE)),
        ('name = "Report to the ministry"', f'name = "{"x" * 101}"', (2, "name", Wrong.TOO_LONG)),
        ('name = "Report to the ministry"', "", (0, "name", Wrong.MISSING)),
        ("office@ministry.example", "the ministry", (5, "recipient", Wrong.NOT_AN_ADDRESS)),
        ("\n[texts]", "colour = 1\n[texts]", (6, "colour", Wrong.UNKNOWN_KEY)),
        ("\n[texts]", 'motivations_joiner = " "\n[texts]', (6, "motivations_joiner", Wrong.EMPTY)),
        ("\n[texts]", 'motivations_joiner = "hate"\n[texts]', (6, "motivations_joiner", Wrong.JOINER_INSIDE)),
        ("\n[texts]", "deadline_day = 31\n[texts]", (6, "deadline_day", Wrong.NO_SUCH_DAY)),
        ("\n[texts]", "deadline_day = true\n[texts]", (6, "deadline_day", Wrong.WRONG_TYPE)),
        ("\n[texts]", "deadline_month = 13\n[texts]", (6, "deadline_month", Wrong.OUT_OF_RANGE)),
        ("\n[texts]", "from_year = 2024\nuntil_year = 2022\n[texts]", (7, "until_year", Wrong.YEARS)),
        ("\n[texts]", 'statistics_only = ["murder"]\n[texts]', (6, "statistics_only", Wrong.UNKNOWN_VALUE)),
        ("\n[texts]", '[labels.colours]\nred = "x"\n[texts]', (6, "labels.colours", Wrong.UNKNOWN_KEY)),
        ("\n[texts]", '[labels.genders]\nboy = "x"\n[texts]', (7, "labels.genders.boy", Wrong.UNKNOWN_KEY)),
        ("{year}, ", "{yaer}, ", (8, "texts.subject", Wrong.PLACEHOLDER)),
        ("{year}, ", "{year.__class__}, ", (8, "texts.subject", Wrong.PLACEHOLDER)),
        ("{year}, ", "{year!r}, ", (8, "texts.subject", Wrong.PLACEHOLDER)),
        ("{year}, ", "{year:>9999999}, ", (8, "texts.subject", Wrong.PLACEHOLDER)),
        ("{year}, ", "{", (8, "texts.subject", Wrong.BRACES)),
        ("{year}, ", "{year}\\nBcc: all@example.org", (8, "texts.subject", Wrong.ONE_LINE)),
        ('= "Less"', '= "Less\\u0000"', (11, "texts.correction_subtract", Wrong.UNSEEN)),
        ('correction_subtract = "Less"', "", (7, "texts.correction_subtract", Wrong.MISSING)),
        ('[[export]]\nfield = "date"\nheader = "Date"\n', "", (0, "export", Wrong.NO_COLUMN)),
        ('field = "type"', 'field = "date"', (22, "columns.2.field", Wrong.TWICE)),
        ('field = "type"', 'field = "municipality"', (22, "columns.2.field", Wrong.NOT_LET_OUT)),
        ('field = "type"', 'field = "contact_name"', (22, "columns.2.field", Wrong.NOT_LET_OUT)),
        ('field = "type"', 'field = "shoe_size"', (22, "columns.2.field", Wrong.UNKNOWN_FIELD)),
        ('field = "type"', "", (21, "columns.2.field", Wrong.MISSING)),
        ("{ en = ", "{ de = ", (19, "columns.1.header", Wrong.NO_HEADING)),
        ("width = 10", "width = 900", (20, "columns.1.width", Wrong.OUT_OF_RANGE)),
        ("width = 10", 'colour = "red"', (20, "columns.1.colour", Wrong.UNKNOWN_KEY)),
    ],
)
def test_what_is_wrong_is_told_with_its_line(before: str, after: str, wrong: tuple[int, str, Wrong]):
    assert problems(changed(before, after)) == [wrong]


def test_a_language_that_the_site_does_not_have_is_refused():
    assert problems(changed('language = "en"', 'language = "xx"'))[0] == (3, "language", Wrong.UNKNOWN_VALUE)


def test_a_profile_for_what_is_published_asks_for_nothing_else():
    text = shipped_text("national")
    place = text.rindex('field = "type"')
    (line, _path, code) = problems(text[:place] + 'field = "victims"' + text[place + len('field = "type"') :])[0]
    assert (line, code) == (text[:place].count("\n") + 1, Wrong.NOT_PUBLIC)


def test_every_mistake_is_told_at_once_in_the_order_of_the_lines():
    text = changed('name = "Report to the ministry"', 'name = ""').replace('field = "type"', 'field = "region"')
    found = problems(text + '[labels.incident_types]\nthreats = "T"\n')
    assert [(line, code) for line, _path, code in found] == [
        (2, Wrong.EMPTY),
        (22, Wrong.NOT_LET_OUT),
        (25, Wrong.UNKNOWN_KEY),
    ]


def test_what_something_was_built_with_is_still_read_without_what_is_gone():
    sound = shipped_text("odihr-2024")
    gone = sound.replace('field = "indicators"', 'field = "gone"').replace(
        "[labels.incident_types]",
        '[labels.genders]\nrobot = "Robot"\n[labels.robots]\none = "One"\n[labels.incident_types]',
    )
    found, before = read_kept("ours", gone), profile("odihr-2024")
    assert [column.field for column in before.columns if column not in found.columns] == ["indicators"]
    assert [column for column in before.columns if column.field != "indicators"] == [*found.columns]
    assert (found.texts, found.labels["incident_types"]) == (before.texts, before.labels["incident_types"])
    assert found.labels["genders"] == {}
    assert "robots" not in found.labels
    for text in (sound.replace('purpose = "odihr"', 'purpose = "gone"'), "body = ", "columns = 3", ""):
        with pytest.raises(BrokenProfile):
            read_kept("ours", text)
    with pytest.raises(BrokenProfile, match=r"^the profile cannot be read: line \d+: unknown field 'gone' \(columns.7"):
        read_profile("ours", sound.replace('field = "indicators"', 'field = "gone"'))


def test_a_text_of_many_lines_does_not_move_the_lines_behind_it():
    letter = 'letter = """\n[not a table]\nkey = 1\n# {year}\n\\"""\n"""\n'
    assert problems(
        changed("correction_subject", letter + "correction_subject").replace("width = 10", "width = 1")
    ) == [(26, "columns.1.width", Wrong.OUT_OF_RANGE)]
    windows = changed("width = 10", "width = 1").replace("\n", "\r\n")
    assert problems(windows) == [(20, "columns.1.width", Wrong.OUT_OF_RANGE)]


@pytest.mark.parametrize(
    "text", ["", "\n\n", "x", "= 1", "[", '"""', "columns = 3\nexport = [1]", "texts = []", "labels = 1"]
)
def test_whatever_is_sent_as_a_profile_is_refused_with_a_reason(text: str):
    assert problems(text)


def test_a_file_that_is_far_too_large_is_not_read():
    assert problems("#" * (MOST_BYTES + 1)) == [(0, "", Wrong.TOO_LARGE)]


@pytest.mark.parametrize(("text", "fits"), [("ours-2", True), ("Ours", False), ("new", False), ("a--b", False),
                                            ("../x", False), ("9a", False), ("x" * 41, False)])  # fmt: skip
def test_a_code_can_stand_in_an_address_and_in_the_name_of_a_file(text: str, fits: bool):
    assert is_code(text) is fits


# --- writing one -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", list(shipped()))
def test_what_is_written_is_read_back_as_the_same(code: str):
    said = tomllib.loads(shipped_text(code))
    assert tomllib.loads(profile_text(said)) == said
    assert read_profile(code, profile_text(said)) == profile(code)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_and_any_key_is_written_so_that_it_is_read_back(text: str):
    said = {"name": text, "texts": {"letter": f"{text}\n"}, "labels": {"genders": {text: text}}}
    expected = {**said, "labels": {"genders": {text: text}}}
    assert tomllib.loads(profile_text(said).replace("\r\n", "\n")) == expected
