"""Official figures from the command line: a contract for operators' scripts."""

from pathlib import Path

import pytest

from tests.installation import Installation, refused

HEADING = "country,year,recorded_by_police,prosecuted,sentenced,source_url"
SOURCE = "https://hatecrime.osce.org/bulgaria"
FILE = f"{HEADING}\nBulgaria,2019,22,432,155,{SOURCE}\nBulgaria,2020,0,-,Not available,{SOURCE}\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    installation = Installation(tmp_path_factory.mktemp("official") / "data")
    installation.done("db", "upgrade")
    return installation


def test_official_figures_from_the_file_to_the_list_and_back(made: Installation, tmp_path: Path):
    file = tmp_path / "figures.csv"
    file.write_text(FILE)
    said = made.done("official", "import", str(file), "--seen-on", "2026-01-15")
    assert said == "6 figures added, 0 known before, 0 bad lines.\n"
    assert made.done("official", "import", str(file)) == "0 figures added, 6 known before, 0 bad lines.\n"
    listed = made.done("official", "list", "bulgaria").splitlines()
    assert listed[0] == "BG  2019  recorded_by_police  22  2026-01-15"
    assert [line.split("  ")[3] for line in listed] == ["22", "432", "155", "0", "-", "Not available"]
    assert made.done("official", "list", "PL") == ""

    file.write_text(f"{HEADING}\nBulgaria,2019,23,,,{SOURCE}\nBulgaria,19,1,1,1,{SOURCE}\n")
    result = made.run("official", "import", str(file), "--seen-on", "2026-02-01")
    assert (result.returncode, result.stdout) == (0, "1 figures added, 0 known before, 1 bad lines.\n")
    assert result.stderr == "line 3: the year is not one of four digits from 1990 to this one: '19'\n"
    assert "recorded_by_police  23" in made.done("official", "list", "BG")
    assert len(made.done("official", "list", "BG", "--revisions").splitlines()) == 7

    file.write_text(made.done("official", "list", "--revisions", "--csv"))
    assert made.done("official", "import", str(file)) == "0 figures added, 7 known before, 0 bad lines.\n"


def test_a_file_of_which_nothing_can_be_read_fails_in_one_line(made: Installation, tmp_path: Path):
    file = tmp_path / "figures.csv"
    missing = made.run("official", "import", str(file))
    assert "No such file" in refused(missing)
    file.write_text("country,year\nBG,2019\n")
    assert refused(made.run("official", "import", str(file))).startswith("figures.csv: the columns have to be country,")
    file.write_text(f"{HEADING}\nBulgaria,2019,many,,,{SOURCE}\n")
    result = made.run("official", "import", str(file))
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        'line 2: a figure is neither digits, nor "Not available", nor "-": \'many\'',
        "Error: figures.csv: no line could be read",
    ]
    file.write_text(FILE)
    assert "seen is no day" in refused(made.run("official", "import", str(file), "--seen-on", "2999-01-01"))
    assert "OSCE participating States" in refused(made.run("official", "list", "Freedonia"))
