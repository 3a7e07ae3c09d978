"""Names of files are shown and never used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.evidence import FORMS, ORIGINAL, FileKind, download_name, shown_name


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("снимка 1.jpg", "снимка 1.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Ana\\photo.jpg", "photo.jpg"),
        ("a\0b\r\n.jpg", "ab.jpg"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("e\u0301.png", "é.png"),
        (" .. ", ""),
        ("CON", "CON"),
    ],
)
def test_a_name_is_its_last_part_without_what_steers(sent: str, shown: str):
    assert shown_name(sent) == shown


@given(st.text())
def test_no_name_has_a_path_or_a_control_character(sent: str):
    shown = shown_name(sent)
    assert shown.isprintable()
    assert not {"/", "\\", "\0"} & set(shown)


def test_a_file_leaves_under_a_name_of_ours():
    assert download_name("K7QM2-X9PD4", 3, FORMS[FileKind.HEIC]) == "K7QM2-X9PD4-3.jpg"
    assert download_name("K7QM2-X9PD4", 3, ORIGINAL) == "K7QM2-X9PD4-3.original"


def test_every_kind_leaves_as_something_that_no_browser_runs():
    assert set(FORMS) == set(FileKind)
    types = {form.media_type for form in (*FORMS.values(), ORIGINAL)}
    assert not {"text/html", "image/svg+xml", "text/xml", "application/xhtml+xml"} & types
