"""Authenticated encryption of what is stored: AES-256-GCM, as the `cryptography` library makes it.

Every sealed value is bound to its place: whoever moves it to another row, column or table makes it unreadable, because
the place goes into the authentication as associated data (NIST SP 800-38D, section 5.2). The form is one byte of
version, twelve random bytes of nonce, the encrypted value and its tag of sixteen bytes.

Keys wrap keys: a data key per incident is wrapped by the key of the member that recorded it, and that by the master
key of the installation. `coalition.db.keys` keeps the wrapped ones, `MasterKeys` the outermost.
"""

import base64
import binascii
import hashlib
import os
import secrets
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
CHUNK = 1024 * 1024
"""Bytes of a file that are sealed together."""
_VERSION = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16
OVERHEAD = len(_VERSION) + _NONCE_BYTES + _TAG_BYTES
"""So many bytes a sealed value is longer than the value."""


class CannotOpen(Exception):
    """A sealed value was made with another key, for another place, or was changed. The message names the place."""


def new_key() -> bytes:
    """Return a random key of 256 bits."""
    return AESGCM.generate_key(KEY_BYTES * 8)


def seal(key: bytes, value: bytes, about: str) -> bytes:
    """Encrypt a value for one place, such as "incident.narrative:<id>"."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, value, about.encode())


def unseal(key: bytes, sealed: bytes, about: str) -> bytes:
    """Decrypt what `seal` made for this place.

    Raises CannotOpen.
    """
    return Opener(key)(sealed, about)


class Opener:
    """Decrypts what was sealed with one key, as `unseal` does; for many values it is made ready once."""

    def __init__(self, key: bytes) -> None:
        """Take the key. One of another length opens nothing."""
        self._cipher = AESGCM(key) if len(key) == KEY_BYTES else None

    def __call__(self, sealed: bytes, about: str) -> bytes:
        """Decrypt what `seal` made for this place.

        Raises CannotOpen.
        """
        version, nonce, body = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if version != _VERSION or self._cipher is None:
            raise CannotOpen(about)
        try:
            return self._cipher.decrypt(nonce, body, about.encode())
        except (InvalidTag, ValueError):
            raise CannotOpen(about) from None


def seal_text(key: bytes, text: str, about: str) -> bytes:
    """Encrypt a text; an empty one stays empty, which tells that nothing was said."""
    return seal(key, text.encode(), about) if text else b""


def unseal_text(key: bytes, sealed: bytes, about: str) -> str:
    """Decrypt what `seal_text` made.

    Raises CannotOpen.
    """
    return unseal(key, sealed, about).decode() if sealed else ""


def _part(about: str, number: int, *, last: bool) -> str:
    # The number and the mark of the last part keep parts from being exchanged, repeated or cut off.
    return f"{about}/{number}{'.' if last else ''}"


def seal_file(key: bytes, source: Path, target: Path, about: str) -> None:
    """Encrypt a file in parts, so that its size does not matter; the target appears whole or not at all."""
    with source.open("rb") as plain:
        seal_parts(key, iter(lambda: plain.read(CHUNK), b""), target, about)


def seal_parts(key: bytes, parts: Iterable[bytes], target: Path, about: str) -> int:
    """Encrypt what comes in parts of any size as `seal_file` does a file; returns how many bytes it was.

    What the parts raise goes on to the caller, and nothing of what came before is left.
    """
    unfinished = target.with_name(f".{target.name}.part")
    size = number = 0
    try:
        with unfinished.open("wb") as sealed:
            waiting = bytearray()
            for part in parts:
                size += len(part)
                waiting += part
                # The last part is marked as such, so a whole one waits until it is known that more follows.
                while len(waiting) > CHUNK:
                    sealed.write(seal(key, bytes(waiting[:CHUNK]), _part(about, number, last=False)))
                    del waiting[:CHUNK]
                    number += 1
            sealed.write(seal(key, bytes(waiting), _part(about, number, last=True)))
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return size


def unseal_file(key: bytes, source: Path, about: str) -> Iterator[bytes]:
    """Decrypt what `seal_file` wrote, part by part.

    Raises CannotOpen, also for a file that was cut off.
    """
    with source.open("rb") as sealed:
        number, part = 0, sealed.read(CHUNK + OVERHEAD)
        while True:
            following = sealed.read(CHUNK + OVERHEAD)
            yield unseal(key, part, _part(about, number, last=not following))
            if not following:
                return
            number, part = number + 1, following


def unsealed_size(path: Path) -> int:
    """Return how many bytes a file holds that `seal_file` wrote, without opening it."""
    size = path.stat().st_size
    return size - OVERHEAD * max(1, -(-size // (CHUNK + OVERHEAD)))


def write_secret(path: Path, text: str) -> None:
    """Write a file that nobody but its owner may read; it appears whole or not at all."""
    _written_aside(path, text).replace(path)


def create_secret(path: Path, text: str) -> None:
    """Write such a file unless it is there: of two processes that begin at once, both go on with the first one's."""
    if path.exists():
        return
    aside = _written_aside(path, text)
    with suppress(FileExistsError):
        os.link(aside, path)
    aside.unlink()


def _written_aside(path: Path, text: str) -> Path:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # of mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


# --- the master key ----------------------------------------------------------------------------------------


class MasterKeys(Protocol):
    """Whatever wraps the keys of the members: a file, the environment, or a key service of one's own."""

    @property
    def current(self) -> str:
        """The name of the key that wraps from now on."""

    def wrap(self, key: bytes, about: str) -> tuple[str, bytes]:
        """Wrap a key with the current one; returns that one's name, and the wrapped key."""

    def unwrap(self, wrapped: bytes, name: str, about: str) -> bytes:
        """Unwrap what the key of this name wrapped. Raises CannotOpen."""

    def renew(self) -> bool:
        """Make a new current key and keep the old ones for reading; False where keys are made elsewhere."""

    def keep_only(self, names: Collection[str]) -> None:
        """Destroy every key that is neither the current one nor named."""


def _name_of(key: bytes) -> str:
    return hashlib.sha256(b"coalition master key\x00" + key).hexdigest()[:16]


def parse_keys(text: str) -> tuple[bytes, ...]:
    """Read keys of 32 bytes in base64, separated by white space, the current one first.

    Raises ValueError.
    """
    try:
        keys = tuple(base64.b64decode(word, altchars=b"-_", validate=True) for word in text.split())
    except binascii.Error:
        raise ValueError("a master key is 32 bytes in base64") from None
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise ValueError("a master key is 32 bytes in base64")
    return keys


def printed(key: bytes) -> str:
    """Return a key as `parse_keys` reads it."""
    return base64.urlsafe_b64encode(key).decode()


@dataclass
class HeldKeys:
    """Master keys given from outside, such as by the environment: whoever gives them also renews them."""

    keys: Sequence[bytes]

    @property
    def current(self) -> str:
        """The name of the first key."""
        return _name_of(self.keys[0])

    def wrap(self, key: bytes, about: str) -> tuple[str, bytes]:
        """Wrap a key with the first one."""
        return self.current, seal(self.keys[0], key, about)

    def unwrap(self, wrapped: bytes, name: str, about: str) -> bytes:
        """Unwrap with the key of this name. Raises CannotOpen when it is not among them."""
        return unseal(_named(self.keys, name, about), wrapped, about)

    def renew(self) -> bool:
        """Leave that to whoever gives the keys."""
        return False

    def keep_only(self, names: Collection[str]) -> None:
        """Leave that to whoever gives the keys."""


def _named(keys: Iterable[bytes], name: str, about: str) -> bytes:
    for key in keys:
        if secrets.compare_digest(_name_of(key), name):
            return key
    raise CannotOpen(about)


@dataclass
class KeyFile:
    """Master keys in a file of mode 0600, read again when somebody else has renewed them."""

    path: Path

    def _keys(self) -> tuple[bytes, ...]:
        try:
            return parse_keys(self.path.read_text())
        except (FileNotFoundError, ValueError) as error:
            raise CannotOpen(f"the master key in {self.path.name}: {error}") from None

    @property
    def current(self) -> str:
        """The name of the first key in the file."""
        return _name_of(self._keys()[0])

    def wrap(self, key: bytes, about: str) -> tuple[str, bytes]:
        """Wrap a key with the first one in the file, which is read once: somebody may renew it meanwhile."""
        first = self._keys()[0]
        return _name_of(first), seal(first, key, about)

    def unwrap(self, wrapped: bytes, name: str, about: str) -> bytes:
        """Unwrap with the key of this name. Raises CannotOpen when the file does not hold it."""
        return unseal(_named(self._keys(), name, about), wrapped, about)

    def renew(self) -> bool:
        """Put a new key first."""
        self._write((new_key(), *self._keys()))
        return True

    def keep_only(self, names: Collection[str]) -> None:
        """Keep the first key, and those that something is still wrapped with."""
        first, *others = self._keys()
        self._write((first, *(key for key in others if _name_of(key) in names)))

    def create(self) -> None:
        """Make a first key unless there is one."""
        create_secret(self.path, f"{printed(new_key())}\n")

    def _write(self, keys: Sequence[bytes]) -> None:
        write_secret(self.path, "".join(f"{printed(key)}\n" for key in keys))


@dataclass
class KeyService:
    """A key service of one's own, such as a hardware module, behind a command.

    `COMMAND wrap ABOUT` and `COMMAND unwrap ABOUT` read base64 on standard input and write base64 on standard output.
    The master key never enters this process; only the members' keys, once each, for as long as the process lives.
    """

    command: str
    seconds: float = 20.0

    @property
    def current(self) -> str:
        """The service knows its keys itself."""
        return "service"

    def wrap(self, key: bytes, about: str) -> tuple[str, bytes]:
        """Have a key wrapped. Raises CannotOpen when the service fails."""
        return self.current, self._ask("wrap", key, about)

    def unwrap(self, wrapped: bytes, name: str, about: str) -> bytes:
        """Have a key unwrapped. Raises CannotOpen when the service fails."""
        if name != self.current:
            raise CannotOpen(about)
        return self._ask("unwrap", wrapped, about)

    def renew(self) -> bool:
        """Leave that to the service."""
        return False

    def keep_only(self, names: Collection[str]) -> None:
        """Leave that to the service."""

    def _ask(self, what: str, value: bytes, about: str) -> bytes:
        try:
            answer = subprocess.run(  # noqa: S603 - the operator's own command, no shell
                [self.command, what, about],
                input=base64.b64encode(value),
                capture_output=True,
                timeout=self.seconds,
                check=True,
            )
            return base64.b64decode(answer.stdout.strip(), validate=True)
        except (OSError, subprocess.SubprocessError, binascii.Error) as error:
            raise CannotOpen(f"{about}: the key service failed ({type(error).__name__})") from None
