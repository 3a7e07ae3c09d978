"""Put a folder of files in its place whole: whoever looks there sees all of the old files or all of the new ones.

The new folder is built beside its place, on the same file system, written out to the disk, and then exchanged with
the old one in one step (`renameat2` with RENAME_EXCHANGE, Linux 3.15). Where the file system cannot exchange, the old
folder is moved aside and the new one moved in: whoever is killed between the two leaves both whole, side by side, and
the next build puts one of them back. What is killed at any other moment leaves a hidden folder beside, which the next
build to the same place takes away.
"""

import ctypes
import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_SUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM})


class ForeignFiles(OSError):
    """The folder holds files that no build has made. They are not deleted, so nothing is put there."""

    def __init__(self, folder: Path, names: Collection[str]) -> None:
        """Keep which folder and which files."""
        some = ", ".join(sorted(names)[:5])
        super().__init__(f"{folder} holds what no build has made ({some}): choose another folder, or empty it")


class NotExchangeable(OSError):
    """The folder cannot be exchanged as a whole."""

    def __init__(self, folder: Path, why: str) -> None:
        """Keep which folder and why not."""
        super().__init__(f"{folder} is {why}: choose a folder inside it")


def put_in_place(files: Collection[Path], target: Path, ours: Collection[str]) -> None:
    """Copy files into a folder that takes the place of `target`, whole.

    `ours` are the names that may be replaced. Raises ForeignFiles, NotExchangeable, and NotADirectoryError where a file
    has the name.
    """
    place = target.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    _recover(place, ours)
    check_place(place, ours)
    with _beside(place) as made:
        for file in files:
            shutil.copyfile(file, made / file.name)
            _write_out(made / file.name)
        if place.is_dir():
            shutil.copymode(place, made)
        _write_out(made)
        _move_in(made, place, ours)
        _write_out(place.parent)


def check_place(target: Path, ours: Collection[str]) -> None:
    """Refuse a place that a build must not take, before any work is done. Raises what `put_in_place` raises."""
    place = target.resolve()
    if place.exists() and not place.is_dir():
        raise NotADirectoryError(f"{target} is a file")
    if not place.is_dir():
        return
    _refuse_foreign(place, target, ours)
    if place.is_mount():
        raise NotExchangeable(target, "a mounted disk of its own")
    if place == Path.cwd():
        # The shell would go on standing in the old folder, which is gone by then.
        raise NotExchangeable(target, "the folder that you are in")


def _refuse_foreign(folder: Path, named: Path, ours: Collection[str]) -> None:
    foreign = [path.name for path in folder.iterdir() if path.name not in ours or path.is_dir()]
    if foreign:
        raise ForeignFiles(named, foreign)


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """Give a new folder beside a place, locked while it is worked on; take away what killed builds left."""
    for left in place.parent.glob(f".{_escaped(place.name)}.building-*"):
        _take_away(left)
    made = place.with_name(f".{place.name}.building-{secrets.token_hex(4)}")
    made.mkdir()
    descriptor = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield made
    finally:
        # By now it is the old folder, or what could not be put in place.
        shutil.rmtree(made, ignore_errors=True)
        os.close(descriptor)


def _escaped(name: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def _take_away(left: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            # Whoever still works there holds it.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left)
        finally:
            os.close(descriptor)


def _recover(place: Path, ours: Collection[str]) -> None:
    """Put back what a build had moved aside when it was killed, if nothing has taken its place.

    Raises ForeignFiles where that folder holds what no build has made: somebody put it there at the last moment.
    """
    aside = _aside(place)
    if aside.is_dir():
        if place.exists():
            _refuse_foreign(aside, aside, ours)
            shutil.rmtree(aside)
        else:
            aside.rename(place)


def _aside(place: Path) -> Path:
    return place.with_name(f".{place.name}.before")


def _move_in(made: Path, place: Path, ours: Collection[str]) -> None:
    with suppress(OSError):
        # A place that is empty, or not there, is simply taken.
        made.rename(place)
        return
    if _exchange(made, place):
        _give_back(made, place, ours)
        return
    aside = _aside(place)
    place.rename(aside)
    made.rename(place)
    _give_back(aside, place, ours)
    shutil.rmtree(aside)


def _give_back(old: Path, place: Path, ours: Collection[str]) -> None:
    """Move what somebody put into the old folder at the last moment into the new one."""
    for path in old.iterdir():
        if path.name not in ours:
            path.rename(place / path.name)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system cannot."""
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        return False
    names = (os.fsencode(one), os.fsencode(other))
    if library.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_SUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(other))


def _write_out(path: Path) -> None:
    """Have it on the disk, so that a power cut does not leave half of it either."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
