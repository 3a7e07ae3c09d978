"""Files in words: how large they are, what they are, and why one was not taken."""

from collections.abc import Mapping

from coalition.domain.evidence import LONGEST_NAME, FileKind, Refusal
from coalition.i18n import L_, format_number, gettext

_KINDS: Mapping[FileKind, str] = {
    FileKind.JPEG: L_("Picture (JPEG)"),
    FileKind.PNG: L_("Picture (PNG)"),
    FileKind.HEIC: L_("Picture (HEIC)"),
    FileKind.PDF: L_("Document (PDF)"),
    FileKind.MP3: L_("Sound recording (MP3)"),
    FileKind.M4A: L_("Sound recording (M4A)"),
    FileKind.OGG: L_("Sound recording (OGG)"),
    FileKind.WAV: L_("Sound recording (WAV)"),
    FileKind.MP4: L_("Video (MP4)"),
    FileKind.MOV: L_("Video (MOV)"),
    FileKind.WEBM: L_("Video (WebM)"),
    FileKind.EMAIL: L_("E-mail message"),
}

_REFUSALS: Mapping[Refusal, str] = {
    Refusal.EMPTY: L_("“%(name)s” is empty."),
    Refusal.TOO_LARGE: L_("“%(name)s” is larger than %(megabytes)s MB. Cut the recording, or save it smaller."),
    Refusal.TOO_MANY: L_("“%(name)s” was not taken: an incident keeps at most %(files)s files."),
    Refusal.NAME_TOO_LONG: L_("“%(name)s” has a name of more than %(characters)s characters. Give it a shorter one."),
    Refusal.ALREADY_HERE: L_("“%(name)s” is here already, as file %(number)s."),
    Refusal.OTHER_PICTURE: L_("“%(name)s” is a picture of a kind that is not taken. Save it as JPEG or PNG."),
    Refusal.OTHER_RECORDING: L_(
        "“%(name)s” is a recording of a kind that is not taken. Save it as MP3, M4A, OGG, WAV, MP4, MOV or WebM."
    ),
    Refusal.OFFICE: L_("“%(name)s” is an office document, which can hold programs. Save it as PDF."),
    Refusal.ARCHIVE: L_("“%(name)s” is a packed archive. Unpack it, and choose the files themselves."),
    Refusal.WEB_PAGE: L_(
        "“%(name)s” is a web page, which can hold programs. Save it as PDF, or take a picture of the screen."
    ),
    Refusal.UNKNOWN: L_("“%(name)s” is none of the kinds of file that are taken, whatever its name says."),
    Refusal.BROKEN: L_("“%(name)s” is damaged or cut off. It cannot be checked, so it was not taken."),
    Refusal.INFECTED: L_("“%(name)s” holds a program that the virus scanner knows as malicious. It was not taken."),
    Refusal.NOT_SCANNED: L_(
        "“%(name)s” could not be checked for viruses now. Try again later, or tell your administrator."
    ),
    Refusal.TOO_MANY_PIXELS: L_("“%(name)s” has too many pixels. Save it smaller."),
    Refusal.LOCKED: L_("“%(name)s” is locked with a password. Save it without one."),
    Refusal.TOO_COSTLY: L_("“%(name)s” takes too long to check. Save it anew with another program, or in parts."),
}
"""A refused file is named, and told apart from what can be done about it."""

_SHOWN_OF_NAME = 60


def kind_in_words(kind: str) -> str:
    """Return a kind of file in the reader's language."""
    return str(_KINDS[FileKind(kind)])


def kinds_in_words(counts: Mapping[str, int]) -> str:
    """Return how many files of which kind there are; empty for none."""
    return "; ".join(f"{kind_in_words(kind)}: {format_number(number)}" for kind, number in counts.items())


def refusal_in_words(reason: Refusal, name: str, *, megabytes: int, files: int, number: int = 0) -> str:
    """Return why a file was not taken; `number` is the one that it has already."""
    shown = name if len(name) <= _SHOWN_OF_NAME else f"{name[:_SHOWN_OF_NAME]}…"
    if reason is Refusal.ALREADY_HERE and not number:
        return gettext("“%(name)s” was chosen twice.", name=shown)
    return gettext(
        _REFUSALS[reason],
        name=shown or "?",
        megabytes=format_number(megabytes),
        files=format_number(files),
        characters=format_number(LONGEST_NAME),
        number=str(number),
    )


def size_in_words(number: int) -> str:
    """Return a number of bytes as people say it."""
    if number < 1000:  # noqa: PLR2004 - bytes in a kilobyte
        return gettext("%(number)s bytes", number=format_number(number))
    if number < 1_000_000:  # noqa: PLR2004 - bytes in a megabyte
        return gettext("%(number)s KB", number=format_number(round(number / 1000)))
    return gettext("%(number)s MB", number=format_number(round(number / 1_000_000, 1)))
