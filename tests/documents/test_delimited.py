import csv
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coalition.documents.delimited import guarded, unguarded, write_csv
from coalition.documents.spreadsheet import read_table

FORMULA = re.compile(r"(?:\A|[;\t\r\n])[\"]*[=+\-@＝＋－＠\t\r]")
AWKWARD = st.text(alphabet="'\"=+-@＝;,\t\r\n aя", max_size=20)
TEXTS = AWKWARD | st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\0\ufffe\uffff"))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+359 2 123", "'+359 2 123"),
        ("-5", "'-5"),
        ("@home", "'@home"),
        ("\t=1", "'\t'=1"),
        ("\rx", "'\rx"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("''=1", "'''=1"),
        ('"=1"', '\'"=1"'),
        ("It was; =1", "It was; =1"),
        ("It was;=1", "It was;'=1"),
        ("first\n=1", "first\n'=1"),
        ("'quoted'", "'quoted'"),
        ("''twice''", "''twice''"),
        ("a = b", "a = b"),
        ("", ""),
        ("'", "'"),
    ],
)
def test_a_text_that_begins_like_a_formula_gets_one_apostrophe_and_no_other_text_does(text, cell):
    assert guarded(text) == cell
    assert unguarded(cell) == text


@given(TEXTS)
@example("'=")
@example("\t\t")
@example(";\"'=")
def test_every_text_comes_back_as_it_was(text):
    assert unguarded(guarded(text)) == text


@given(TEXTS)
def test_no_guarded_text_begins_like_a_formula_wherever_a_spreadsheet_may_split_it(text):
    assert not FORMULA.search(guarded(text))


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
def test_what_is_written_is_what_the_importer_reads(tmp_path_factory, rows):
    file = tmp_path_factory.mktemp("csv") / "rows.csv"
    write_csv(file, ("First", "Second"), rows)
    read = [tuple(cells.values()) for _, cells in read_table(file, ("First", "Second"))]
    assert read == [row for row in rows if any(cell.strip() for cell in row)]


def test_a_spreadsheet_set_to_semicolons_finds_no_formula_either(tmp_path):
    file = tmp_path / "rows.csv"
    write_csv(file, ("A", "B"), [("x", 'told;=HYPERLINK("http://evil.example")'), ("y", "told\n=1+1")])
    with file.open(encoding="utf-8", newline="") as text:
        cells = [cell for row in csv.reader(text, delimiter=";") for cell in row]
    assert len(cells) > 4
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
