import hashlib
import json

import pytest

from coalition.documents.submission_files import FILES, write_submission
from coalition.domain.codebook import codebook
from coalition.domain.submissions import profile
from tests.documents.samples import ABOUT, submission

INCIDENTS = """\
Date,Country,Bias motivations,Type of incident,Source,Description
2020,Bulgaria,Anti-LGBTI hate crime,Threats,Rainbow House,"'=1+1 was painted on a door, with a threat."
2020-03,Bulgaria,"Anti-Roma hate crime, Disability hate crime",Violent attacks against people,\
Roma Legal Centre,"A teenage Roma boy was beaten, ""kicked"" and insulted by a group of four men."
2020-11,Romania,Anti-Semitic hate crime,Attacks against property,"Partner, Inc.",A synagogue was vandalized.
"""
STATISTICS = """\
Country,Bias motivation,Type of incident,Incidents
Bulgaria,Anti-Roma hate crime,Violent attacks against people,2
Bulgaria,Disability hate crime,Violent attacks against people,1
"""
OVERVIEW = """\
Country,Bias motivation,Violent attacks against people,Threats,Attacks against property,Incidents
Bulgaria,Anti-Roma hate crime,3,0,0,3
Bulgaria,Anti-LGBTI hate crime,0,1,0,1
Bulgaria,Disability hate crime,2,0,0,2
Bulgaria,All incidents,3,1,0,4
Romania,Anti-Semitic hate crime,0,0,1,1
Romania,All incidents,0,0,1,1
"""


@pytest.fixture
def folder(tmp_path):
    write_submission(submission(), ABOUT, tmp_path / "out")
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("incidents.csv", INCIDENTS), ("statistics.csv", STATISTICS), ("overview.csv", OVERVIEW)],
)
def test_the_tables_are_written_to_the_letter(folder, name, expected):
    assert (folder / name).read_bytes().decode() == expected


def test_the_folder_holds_the_files_and_nothing_else(folder):
    assert {path.name for path in folder.iterdir()} == {*FILES, "manifest.json"}


def test_the_manifest_vouches_for_every_file(folder):
    text = (folder / "manifest.json").read_text()
    manifest = json.loads(text)
    for name in FILES:
        assert manifest["sha256"].pop(name) == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert manifest["sha256"] == {}
    assert manifest["counts"] == {"incidents": 5, "descriptive": 3, "statistical": 2}
    assert (manifest["year"], manifest["profile"]) == (2020, profile().version)
    assert manifest["codebook"] == codebook().version
    assert text.endswith("}\n")
    assert list(manifest) == sorted(manifest)


def test_the_manifest_is_also_the_answer(tmp_path):
    answer = write_submission(submission(), ABOUT, tmp_path)
    assert answer == json.loads((tmp_path / "manifest.json").read_text())


def test_built_twice_the_files_are_the_same_to_the_byte(folder, tmp_path):
    again = tmp_path / "again"
    write_submission(submission(), ABOUT, again)
    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_building_again_replaces_an_older_build_and_keeps_other_files(folder):
    (folder / "letter.txt").write_text("ours")
    write_submission(submission(2015), ABOUT, folder)
    assert json.loads((folder / "manifest.json").read_text())["counts"]["incidents"] == 0
    assert (folder / "incidents.csv").read_text().count("\n") == 1
    assert (folder / "letter.txt").read_text() == "ours"


def test_a_build_that_fails_leaves_the_older_files_untouched(folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def stop(*_progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_submission(submission(), ABOUT, folder, stop)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_progress_names_each_file_and_never_passes_its_total(tmp_path):
    told = []
    write_submission(submission(), ABOUT, tmp_path, lambda *progress: told.append(progress))
    assert [name for *_, name in told] == list(FILES)
    assert all(0 < done <= total for done, total, _ in told)
