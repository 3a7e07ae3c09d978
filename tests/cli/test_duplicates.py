"""Duplicates, the text index and the list of codes from the command line: a contract for operators' scripts."""

import json
from pathlib import Path

import pytest

from tests.installation import Installation, refused

HEAD = "Date,Country,Bias motivations,Type of incident,Source,Description\n"
MOSQUE = "2020-05,Bulgaria,Anti-Muslim hate crime,Attacks against property,{source},{text}\n"
ENGLISH = "Seven Molotov cocktails were thrown at a mosque and the building was burned."
BULGARIAN = "Седем коктейла „Молотов“ са хвърлени по джамия; сградата е изгоряла."


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation with two members that recorded the same attack, and one of them another one too."""
    folder = tmp_path_factory.mktemp("used")
    made = Installation(folder / "data")
    made.done("db", "upgrade")
    other = "2020-05,Bulgaria,Anti-LGBTI hate crime,Threats,Second,A lesbian couple was insulted on a tram.\n"
    for code, rows in {
        "FIRST": MOSQUE.format(source="First", text=ENGLISH),
        "SECOND": MOSQUE.format(source="Second", text=BULGARIAN) + other,
    }.items():
        made.done("organisations", "create", code, code.title())
        (folder / f"{code}.csv").write_text(HEAD + rows)
        made.done("incidents", "import", str(folder / f"{code}.csv"), "--organisation", code, "--accepted")
    return made


def listed(installation: Installation, year: int = 2020) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(installation.done("incidents", "list", "--year", str(year), "--json"))
    return found


def references(installation: Installation) -> dict[tuple[object, object], str]:
    return {(item["organisation"], item["type"]): str(item["reference"]) for item in listed(installation)}


def test_the_candidates_of_every_record_are_written_as_json(used: Installation):
    first, second, other = (
        references(used)[key]
        for key in (("FIRST", "property_attack"), ("SECOND", "property_attack"), ("SECOND", "threat"))
    )
    found = {
        item["incident"]: item["candidates"] for item in json.loads(used.done("duplicates", "candidates", "--json"))
    }
    assert set(found) == {first, second, other}
    (best,) = found[first]
    assert set(best) == {"incident", "score", "reasons"}
    assert best["incident"] == second
    assert 0.5 < best["score"] <= 1
    assert set(best["reasons"]) == {"same_month", "same_motivation", "same_type", "similar_text"}
    assert found[other] == []


def test_the_candidates_of_one_record_in_json_and_in_lines(used: Installation):
    first, second = (references(used)[code, "property_attack"] for code in ("FIRST", "SECOND"))
    told = json.loads(used.done("duplicates", "candidates", "--json", "--incident", first.lower(), "--limit", "1"))
    assert [(item["incident"], [one["incident"] for one in item["candidates"]]) for item in told] == [(first, [second])]
    said = used.done("duplicates", "candidates", "--incident", first)
    assert said.startswith(f"{first}  {second}  0.")
    assert "same_month" in said


def test_looking_for_candidates_changes_nothing(used: Installation):
    before = listed(used)
    used.done("duplicates", "candidates", "--json")
    assert listed(used) == before
    assert {item["state"] for item in before} == {"accepted"}


def test_a_record_that_does_not_exist_is_named(used: Installation):
    assert (
        refused(used.run("duplicates", "candidates", "--incident", "NONE0-00000")) == "there is no incident NONE0-00000"
    )


def test_the_list_of_a_year_holds_codes_and_no_text(used: Installation):
    assert [item["date"] for item in listed(used)] == ["2020-05"] * 3
    assert {item["country"] for item in listed(used)} == {"BG"}
    said = used.done("incidents", "list", "--year", "2020", "--json")
    for word in ("Molotov", "джамия", "lesbian", "Second"):
        assert word not in said
    assert listed(used, 2019) == []
    assert len(used.done("incidents", "list", "--year", "2020").splitlines()) == 3


def test_the_index_is_thrown_away_and_made_anew(used: Installation, tmp_path: Path):
    own = used.copied(tmp_path)
    assert own.done("index", "rebuild") == "The text index holds 3 incidents.\n"
    (own.data / "text-index.db").unlink()
    assert own.done("index", "rebuild") == "The text index holds 3 incidents.\n"
