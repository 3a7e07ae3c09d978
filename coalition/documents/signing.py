"""The signature of a submission, and checking a folder that somebody received: who vouches for it, and is it whole.

The manifest holds a checksum of every file; it is signed with Ed25519 (RFC 8032), whose signatures hold no chance and
no time. The public key is in the manifest. That alone says only that the folder fits together: whoever wants to know
who made it compares the key's fingerprint with one that they have from the coalition itself.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
ALGORITHM = "Ed25519"
_MOST = 1024 * 1024
"""Bytes; no manifest is nearly as long."""
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Signer:
    """Signs with the key of an installation."""

    _key: Ed25519PrivateKey

    @classmethod
    def of(cls, secret: bytes) -> Self:
        """Return the signer of a secret of 32 bytes."""
        return cls(Ed25519PrivateKey.from_private_bytes(secret))

    @property
    def public_key(self) -> bytes:
        """The key that everybody may know, 32 bytes."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the public key."""
        return fingerprint_of(self.public_key)

    @property
    def about(self) -> dict[str, str]:
        """What a manifest says of its signature."""
        public = base64.b64encode(self.public_key).decode()
        return {"algorithm": ALGORITHM, "public_key": public, "fingerprint": self.fingerprint}

    def sign(self, data: bytes) -> str:
        """Return the signature in base64: the same for the same data."""
        return base64.b64encode(self._key.sign(data)).decode()


def fingerprint_of(public_key: bytes) -> str:
    """Return the SHA-256 of a public key, as 64 hexadecimal digits."""
    return hashlib.sha256(public_key).hexdigest()


def grouped(fingerprint: str) -> str:
    """Return a fingerprint in groups of four, as people compare it."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


def read_fingerprint(text: str) -> str:
    """Return the fingerprint that somebody gives: as such, in any grouping, or as a key in base64 or PEM.

    Raises ValueError for anything else.
    """
    plain = re.sub(r"[\s:]", "", text).lower()
    if _HEX.fullmatch(plain):
        return plain
    if "BEGIN PUBLIC KEY" in text:
        try:
            key = load_pem_public_key(text.encode())
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if isinstance(key, Ed25519PublicKey):
            return fingerprint_of(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    found = _decoded(text.strip(), 32)
    if found is None:
        raise ValueError("this is neither a fingerprint nor a public key")
    return fingerprint_of(found)


def _decoded(text: object, length: int) -> bytes | None:
    try:
        found = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == length else None


class FileState(StrEnum):
    """How a file of a folder was found."""

    OK = "ok"
    CHANGED = "changed"
    MISSING = "missing"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True)
class Checked:
    """What was found in a folder."""

    files: tuple[tuple[str, FileState], ...]
    """By name."""
    readable: bool
    """Whether there is a manifest that can be read."""
    signed: bool
    """Whether its signature is good for the key that it names."""
    fingerprint: str = ""
    """Of that key."""
    year: object = None
    version: object = None

    @property
    def is_whole(self) -> bool:
        """Tell whether everything is there, and nothing else, as it was signed."""
        return self.readable and self.signed and all(state is FileState.OK for _name, state in self.files)


def check_folder(folder: Path) -> Checked:
    """Check signature, checksums, and that nothing is missing or was put there.

    Raises NotADirectoryError for what is no folder. Whatever else is wrong is found, not raised.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    text = _read(folder / MANIFEST)
    manifest = _parsed(text)
    if text is None or manifest is None:
        present = ((name, FileState.UNEXPECTED) for name in _names(folder) if name != MANIFEST)
        return Checked((*present,), readable=False, signed=False)
    public = _public_key(manifest)
    return Checked(
        files=tuple(sorted(_states(folder, manifest["sha256"]))),
        readable=True,
        signed=public is not None and _is_signed(folder, public, text),
        fingerprint=fingerprint_of(public) if public else "",
        year=manifest.get("year"),
        version=manifest.get("version"),
    )


def _read(path: Path) -> bytes | None:
    """Return a small file; None where there is none, or something else has its name."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST:
        return None
    return path.read_bytes()


def _parsed(text: bytes | None) -> dict[str, Any] | None:
    try:
        made = json.loads(text or b"")
    except (ValueError, RecursionError):
        return None
    named = made.get("sha256") if isinstance(made, dict) else None
    if not isinstance(named, dict) or not all(isinstance(value, str) for value in named.values()):
        return None
    return made if all(name == Path(name).name for name in named) else None


def _public_key(manifest: Mapping[str, Any]) -> bytes | None:
    about = manifest.get("signature")
    if not isinstance(about, dict) or about.get("algorithm") != ALGORITHM:
        return None
    return _decoded(about.get("public_key"), 32)


def _is_signed(folder: Path, public_key: bytes, text: bytes) -> bool:
    signature = _decoded((_read(folder / SIGNATURE) or b"").decode("ascii", "replace").strip(), 64)
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature or b"", text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _states(folder: Path, checksums: Mapping[str, str]) -> Iterator[tuple[str, FileState]]:
    present = _names(folder)
    for name, checksum in checksums.items():
        path = folder / name
        if name not in present:
            yield name, FileState.MISSING
        elif path.is_symlink() or not path.is_file():
            yield name, FileState.CHANGED
        else:
            with path.open("rb") as file:
                same = hashlib.file_digest(file, "sha256").hexdigest() == checksum
            yield name, FileState.OK if same else FileState.CHANGED
    if SIGNATURE not in present:
        yield SIGNATURE, FileState.MISSING
    for name in present - {*checksums, MANIFEST, SIGNATURE}:
        yield name, FileState.UNEXPECTED


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
