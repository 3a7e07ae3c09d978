"""Sealing: what it keeps secret, what it notices, and where the master key comes from."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.encryption import (
    CHUNK,
    OVERHEAD,
    CannotOpen,
    HeldKeys,
    KeyFile,
    KeyService,
    new_key,
    parse_keys,
    printed,
    seal,
    seal_file,
    seal_text,
    unseal,
    unseal_file,
    unseal_text,
)

KEY = bytes(range(32))
PLACE = "incident.narrative/:1"


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_is_sealed_for_a_place_is_opened_for_that_place(value: bytes, place: str):
    assert unseal(KEY, seal(KEY, value, place), place) == value


@pytest.mark.parametrize("key", [b"", KEY[:16], KEY + KEY])
def test_a_key_of_another_length_opens_nothing(key: bytes):
    with pytest.raises(CannotOpen):
        unseal(key, seal(KEY, b"value", PLACE), PLACE)


@given(st.binary(max_size=60), st.data())
def test_a_changed_byte_anywhere_is_noticed(value: bytes, data: st.DataObject):
    sealed = bytearray(seal(KEY, value, PLACE))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CannotOpen):
        unseal(KEY, bytes(sealed), PLACE)


@given(st.binary(max_size=60), st.data())
def test_a_shortened_value_is_noticed(value: bytes, data: st.DataObject):
    sealed = seal(KEY, value, PLACE)
    with pytest.raises(CannotOpen):
        unseal(KEY, sealed[: data.draw(st.integers(0, len(sealed) - 1))], PLACE)


@pytest.mark.parametrize("place", ["incident.narrative/:2", "incident.impact/:1", "job.narrative/:1", ""])
def test_a_value_that_was_moved_is_not_opened(place: str):
    with pytest.raises(CannotOpen, match=f"^{place}$"):
        unseal(KEY, seal(KEY, b"moved", PLACE), place)


def test_another_key_does_not_open_it():
    with pytest.raises(CannotOpen):
        unseal(new_key(), seal(KEY, b"value", PLACE), PLACE)


def test_the_same_value_never_looks_the_same_and_is_as_long_as_promised():
    made = {seal(KEY, b"the same", PLACE) for _ in range(100)}
    assert len(made) == 100
    assert {len(sealed) for sealed in made} == {len(b"the same") + OVERHEAD}


def test_a_text_comes_back_and_an_empty_one_stays_empty():
    text = "Разказ с ударение: и́, 🙂\nна два реда"
    sealed = seal_text(KEY, text, PLACE)
    assert "Разказ".encode() not in sealed
    assert unseal_text(KEY, sealed, PLACE) == text
    assert (seal_text(KEY, "", PLACE), unseal_text(KEY, b"", PLACE)) == (b"", "")


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 7])
def test_a_file_of_any_size_comes_back(tmp_path: Path, size: int):
    plain = tmp_path / "plain"
    plain.write_bytes(os.urandom(size))
    seal_file(KEY, plain, tmp_path / "sealed", "file:1")
    assert b"".join(unseal_file(KEY, tmp_path / "sealed", "file:1")) == plain.read_bytes()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["plain", "sealed"]


def _parts(tmp_path: Path) -> list[bytes]:
    (tmp_path / "plain").write_bytes(b"a" * CHUNK + b"b" * CHUNK + b"c" * CHUNK)
    seal_file(KEY, tmp_path / "plain", tmp_path / "sealed", "file:1")
    sealed, length = (tmp_path / "sealed").read_bytes(), CHUNK + OVERHEAD
    return [sealed[begin : begin + length] for begin in range(0, len(sealed), length)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0, 2), (0, 0, 1, 2), (0, 2), (1, 2), (0, 1, 2, 2)])
def test_parts_of_a_file_that_are_cut_off_exchanged_or_repeated_are_noticed(tmp_path: Path, order: tuple[int, ...]):
    parts = _parts(tmp_path)
    (tmp_path / "changed").write_bytes(b"".join(parts[number] for number in order))
    with pytest.raises(CannotOpen):
        list(unseal_file(KEY, tmp_path / "changed", "file:1"))


def test_the_key_file_is_for_its_owner_only_and_made_once(tmp_path: Path):
    file = KeyFile(tmp_path / "master.key")
    file.create()
    made = file.path.read_text()
    file.create()
    assert file.path.read_text() == made
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_a_renewed_key_file_opens_what_was_wrapped_before_until_it_is_forgotten(tmp_path: Path):
    file = KeyFile(tmp_path / "master.key")
    file.create()
    old_name, wrapped = file.wrap(KEY, PLACE)
    assert file.renew()
    assert file.current != old_name
    assert file.unwrap(wrapped, old_name, PLACE) == KEY
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    file.keep_only({old_name})
    assert file.unwrap(wrapped, old_name, PLACE) == KEY
    file.keep_only(set())
    with pytest.raises(CannotOpen):
        file.unwrap(wrapped, old_name, PLACE)


def test_another_process_takes_up_the_renewed_key_without_being_told(tmp_path: Path):
    mine, theirs = KeyFile(tmp_path / "master.key"), KeyFile(tmp_path / "master.key")
    mine.create()
    theirs.renew()
    name, wrapped = theirs.wrap(KEY, PLACE)
    assert mine.unwrap(wrapped, name, PLACE) == KEY


@pytest.mark.parametrize("content", ["", "short", "AAAA", "not base64 at all !"])
def test_a_key_file_that_cannot_be_used_is_named_without_its_content(tmp_path: Path, content: str):
    file = KeyFile(tmp_path / "master.key")
    file.path.write_text(content)
    with pytest.raises(CannotOpen, match=r"master\.key") as refused:
        file.wrap(KEY, PLACE)
    assert not content or content not in str(refused.value)


def test_keys_from_outside_are_read_the_current_one_first():
    first, second = new_key(), new_key()
    old = HeldKeys([second])
    name, wrapped = old.wrap(KEY, PLACE)
    held = HeldKeys(parse_keys(f"{printed(first)} {printed(second)}"))
    assert held.current != name
    assert held.unwrap(wrapped, name, PLACE) == KEY
    assert not held.renew()


@pytest.fixture
def service(tmp_path: Path) -> KeyService:
    """Give a key service: a command that knows a key of its own."""
    command = tmp_path / "keys.sh"
    command.write_text(
        "#!/bin/sh\n# Turns the bytes around: enough to tell that it was asked.\nbase64 -d | rev | base64\n"
    )
    command.chmod(0o700)
    return KeyService(str(command))


def test_a_key_service_wraps_and_unwraps(service: KeyService):
    key = b"0123456789abcdef0123456789abcdef"
    _, wrapped = service.wrap(key, PLACE)
    assert wrapped != key
    assert service.unwrap(wrapped, service.current, PLACE).rstrip(b"\n") == key
    assert not service.renew()


@pytest.mark.parametrize("script", ["exit 3", "echo not base64 !", "sleep 5"])
def test_a_key_service_that_fails_is_an_error_of_one_line(tmp_path: Path, script: str):
    command = tmp_path / "keys.sh"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o700)
    with pytest.raises(CannotOpen, match="key service failed"):
        KeyService(str(command), seconds=0.3).wrap(KEY, PLACE)
