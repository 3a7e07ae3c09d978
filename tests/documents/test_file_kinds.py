"""What a file is follows from its content: every kind that is taken is known, everything else is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.documents.file_kinds import BEGINNING, kind_of
from coalition.domain.errors import RefusedFile
from coalition.domain.evidence import FileKind, Refusal
from tests.documents.evidence_samples import HONEST, film


@pytest.mark.parametrize("kind", FileKind)
def test_every_kind_that_is_taken_is_known_by_its_content(kind: FileKind):
    assert kind_of(HONEST[kind][:BEGINNING]) is kind


@pytest.mark.parametrize("brand", [b"3gp4", b"mp42", b"M4V "])
def test_what_telephones_record_is_a_film(brand: bytes):
    assert kind_of(film(brand)) is FileKind.MP4


@given(st.binary(max_size=200))
def test_any_bytes_are_one_of_the_kinds_or_refused(content: bytes):
    try:
        found: FileKind | Refusal = kind_of(content)
    except RefusedFile as refused:
        found = Refusal(refused.reason)
    assert found in {*FileKind, *Refusal}


@pytest.mark.parametrize(
    "text",
    [
        b"From: Ana\n\nHello",  # a name alone is no message
        b"Dear all,\nSubject: to change\nFrom: here\nTo: there\nDate: today\n",
        b"From: a\r\nTo: b\r\nDate: c\r\n<script>x</script>\r\n",
        b"From: a\r\nTo: b\r\nDate: c\r\n\r\nx\0y",
    ],
)
def test_a_text_that_is_no_message_is_none(text: bytes):
    with pytest.raises(RefusedFile):
        kind_of(text)
