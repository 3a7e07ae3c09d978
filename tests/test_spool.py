"""What is sent is kept sealed until it has been looked at, and read anywhere."""

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waitress.buffers import OverflowableBuffer, TempfileBasedBuffer

from coalition.spool import PART, SealedSpool

CONTENT = bytes(range(256)) * (PART // 100)
"""Two parts and a half."""


def filled(content: bytes = CONTENT, step: int = 8192, most: int | None = None) -> SealedSpool:
    made = SealedSpool(most)
    for begin in range(0, len(content), step):
        made.write(content[begin : begin + step])
    made.seek(0)
    return made


@given(
    st.lists(
        st.tuples(st.integers(0, len(CONTENT) + 9), st.none() | st.integers(-1, PART * 2), st.sampled_from([0, 2])),
        max_size=8,
    )
)
def test_it_is_read_anywhere_as_a_file_in_memory_is(steps: list[tuple[int, int | None, int]]):
    made, like = filled(step=70_000), io.BytesIO(CONTENT)
    for offset, size, whence in steps:
        signed = -offset if whence == io.SEEK_END else offset
        assert made.seek(signed, whence) == like.seek(signed, whence)
        assert made.read(size) == like.read(size)
        assert made.tell() == like.tell()


def test_nothing_of_it_lies_on_the_disk_in_clear():
    made = filled(b"canary-in-a-file " * 40_000)
    assert made._file is not None
    on_disk = os.pread(made._file.fileno(), 10_000_000, 0)
    assert len(on_disk) > PART
    assert b"canary" not in on_disk
    assert made.read().startswith(b"canary")


def test_what_is_small_is_in_memory_only():
    assert filled(b"x" * PART)._file is None


def test_it_is_written_at_its_end_only():
    made = filled(b"abc")
    with pytest.raises(io.UnsupportedOperation):
        made.write(b"d")
    made.seek(0, io.SEEK_END)
    made.write(b"d")
    made.seek(0)
    assert made.read() == b"abcd"


def test_no_more_is_kept_than_was_asked_for():
    made = filled(most=PART + 5)
    assert made.read() == CONTENT[: PART + 5]


def test_nothing_is_left_when_it_is_closed():
    made = filled()
    file = made._file
    made.close()
    assert file is not None
    assert file.closed
    assert not made._tail


def test_the_web_server_keeps_a_large_request_in_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(TempfileBasedBuffer, "newfile", lambda _buffer: SealedSpool())
    buffer, got = OverflowableBuffer(1000), b""
    for begin in range(0, len(CONTENT), 50_000):
        buffer.append(CONTENT[begin : begin + 50_000])
        if begin % 3 == 0:
            got += buffer.get(20_000, skip=True)
    file = buffer.getfile()
    assert isinstance(file, SealedSpool)
    assert got + file.read() == CONTENT
    buffer.close()
    assert file.closed
