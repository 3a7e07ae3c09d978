import csv
import hashlib
import json
import re
from dataclasses import replace

import openpyxl
import pytest

from coalition.documents.signing import (
    MANIFEST,
    SIGNATURE,
    FileState,
    Signer,
    check_folder,
    grouped,
    read_fingerprint,
)
from coalition.documents.submission_files import FILES, sign, write_changes, write_submission
from coalition.domain.codebook import codebook
from coalition.domain.consents import Included, Part
from coalition.domain.profiles import profile_for
from coalition.domain.versions import difference
from tests.documents.samples import ABOUT, candidates, submission, write

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


PEM = """\
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=
-----END PUBLIC KEY-----
"""
SIGNER = Signer.of(bytes(range(32)))


@pytest.fixture
def folder(tmp_path):
    sign(tmp_path / "out", write(tmp_path / "out"), SIGNER)
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("incidents.csv", INCIDENTS), ("statistics.csv", STATISTICS), ("overview.csv", OVERVIEW)],
)
def test_the_tables_are_written_to_the_letter(folder, name, expected):
    assert (folder / name).read_bytes().decode() == expected


def test_the_manifest_vouches_for_every_file_and_is_signed(folder):
    assert {path.name for path in folder.iterdir()} == {*FILES, MANIFEST, SIGNATURE}
    text = (folder / MANIFEST).read_text()
    manifest = json.loads(text)
    for name in FILES:
        assert manifest["sha256"].pop(name) == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert manifest["sha256"] == {}
    assert manifest["counts"] == {"incidents": 5, "descriptive": 3, "statistical": 2}
    assert (manifest["year"], manifest["profile"]) == (2020, profile_for(2020).version)
    assert (manifest["profile_code"], manifest["codebook"]) == (profile_for(2020).code, codebook().version)
    assert manifest["credited"] == ["Partner, Inc.", "Rainbow House", "Roma Legal Centre"]
    assert manifest["signature"] == SIGNER.about
    assert text.endswith("}\n")
    assert list(manifest) == sorted(manifest)
    assert check_folder(folder).is_whole
    assert check_folder(folder).fingerprint == SIGNER.fingerprint


def test_built_twice_the_files_are_the_same_to_the_byte(folder, tmp_path):
    again = tmp_path / "again"
    assert sign(again, write(again), SIGNER) == json.loads((folder / MANIFEST).read_text())
    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_a_signature_is_good_for_its_own_manifest_and_key_only(folder):
    (folder / SIGNATURE).write_text(Signer.of(bytes(32)).sign((folder / MANIFEST).read_bytes()))
    assert not check_folder(folder).signed
    (folder / SIGNATURE).write_bytes(b"\xff\xff")
    assert not check_folder(folder).signed


def test_a_folder_that_somebody_else_signed_is_whole_and_has_another_fingerprint(folder):
    manifest = json.loads((folder / MANIFEST).read_text())
    sign(folder, manifest, Signer.of(bytes(32)))
    assert check_folder(folder).is_whole
    assert check_folder(folder).fingerprint != SIGNER.fingerprint


def test_what_is_no_file_of_its_own_is_not_followed(folder, tmp_path):
    (tmp_path / "secret.csv").write_bytes((folder / "incidents.csv").read_bytes())
    (folder / "incidents.csv").unlink()
    (folder / "incidents.csv").symlink_to(tmp_path / "secret.csv")
    assert ("incidents.csv", FileState.CHANGED) in check_folder(folder).files


def test_a_fingerprint_is_read_in_any_grouping_and_from_a_key():
    for text in (
        SIGNER.fingerprint,
        grouped(SIGNER.fingerprint).upper(),
        SIGNER.about["public_key"],
        PEM,
    ):
        assert read_fingerprint(text) == SIGNER.fingerprint
    for text in ("", "00", "-----BEGIN PUBLIC KEY-----", "é" * 64):
        with pytest.raises(ValueError, match="neither"):
            read_fingerprint(text)


def test_a_revision_lists_what_it_changes_with_the_headings_of_the_sheet(tmp_path):
    def row(incident, number, description):
        return Included(incident, Part.DESCRIPTIVE, number, {"description": description})

    before = [row("z", 1, "Gone."), row("b", 2, "Same."), row("a", 3, "First.")]
    after = [row("new", 1, "New."), row("b", 2, "Same."), row("a", 3, "Second.")]
    found = difference(before, after, {Part.DESCRIPTIVE: 4})
    write_changes(tmp_path, found, profile_for(2020))
    assert (tmp_path / "changes.csv").read_text() == (
        "Change,Number before,Number now,Part before,Part now,What is different\n"
        "erased,4,,descriptive,,\n"
        "removed,1,,descriptive,,\n"
        "changed,3,3,descriptive,descriptive,Description\n"
        "added,,1,,descriptive,\n"
    )


def test_a_revision_for_a_body_with_another_language_is_listed_in_that(tmp_path):
    before = [Included("a", Part.DESCRIPTIVE, 1, {"description": "First."})]
    after = [Included("a", Part.STATISTICAL, None, {"description": "First."}), Included("b", Part.STATISTICAL, None)]
    found = difference(before, after, {Part.DESCRIPTIVE: 2})
    taken = replace(profile_for(2020), language="bg")
    write_changes(tmp_path, found, taken)
    text = (tmp_path / "changes.csv").read_text()
    assert text == (
        "Промяна,Номер преди,Номер сега,Част преди,Част сега,Какво е различно\n"
        "изтрит,2,,описателна,,\n"
        "променен,1,,описателна,статистическа,Част\n"
        "добавен,,,,статистическа,\n"
    )


def test_progress_names_each_file_and_never_passes_its_total(tmp_path):
    told = []
    write(tmp_path, progress=lambda *progress: told.append(progress))
    assert [name for *_, name in told] == list(FILES)
    assert all(0 < done <= total for done, total, _ in told)


def test_a_profile_in_another_language_has_no_english_heading_or_label_in_any_file(tmp_path):
    labels = {"incident_types": {"threat": "Заплахи и тормоз"}}
    taken = replace(profile_for(2020), language="bg", labels=labels)
    some = [replace(one, facts=replace(one.facts, descriptions={"bg": "Текст."})) for one in candidates()[:3]]
    with submission(2020, [*some, candidates()[3]], taken) as made:
        write_submission(made, ABOUT, tmp_path / "out")
    assert (tmp_path / "out" / "statistics.csv").read_text() == (
        "Държава,Мотив,Вид инцидент,Инциденти\n"
        "България,Престъпление от омраза срещу роми,Насилствени нападения срещу хора,1\n"
    )
    with (tmp_path / "out" / "overview.csv").open() as file:
        header, *rows = csv.reader(file)
    assert header == [
        "Държава",
        "Мотив",
        "Насилствени нападения срещу хора",
        "Заплахи и тормоз",
        "Посегателства срещу имущество",
        "Инциденти",
    ]
    assert [row[:2] for row in rows if row[1] == "Всички инциденти"] == [
        ["България", "Всички инциденти"],
        ["Румъния", "Всички инциденти"],
    ]
    book = openpyxl.load_workbook(tmp_path / "out" / "submission.xlsx")
    assert [cell.value for cell in book["Statistics"][1]] == ["Държава", "Мотив", "Вид инцидент", "Инциденти"]
    assert book["Statistics"]["A2"].value == "България"
    # Names, addresses and versions stay as they are; every heading is Bulgarian.
    assert not [cell.value for cell in book["About"]["A"] if re.search("[A-Za-z]", cell.value)]
