"""Profiles: which there are, which one a data year is built with, and how the coalition keeps its own.

Those that are shipped are never changed: a coalition copies one. Every text that an own profile had is kept, so that a
version that was built with it can be explained, and an earlier text can hold again.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from coalition.db import profiles as storage
from coalition.db.accounts import account_names
from coalition.db.once import add_once
from coalition.db.outgoing import OutgoingIncidents
from coalition.db.profiles import OwnProfile, ProfileText, SubmissionProfile
from coalition.db.submissions import SubmissionVersion
from coalition.documents.submissions import compiled
from coalition.domain.access import Permission, require
from coalition.domain.errors import AlreadyExists, ChangedMeanwhile, NotAllowedNow, NotFound, UnusableName
from coalition.domain.profile_checks import BrokenProfile, Problem, Wrong, is_code
from coalition.domain.profiles import Column, Profile, profile_for, read_kept, read_profile, shipped, shipped_text
from coalition.services import audit, releases
from coalition.services.work import Work

PREVIEWED = 5
"""Rows of a preview."""
_LOOKED_AT = 200
"""Incidents that a preview is made from: a year of many thousands would keep somebody waiting."""


@dataclass(frozen=True)
class ProfileLine:
    """One profile in a list."""

    code: str
    profile: Profile | None
    """None where its text cannot be read any more: a later version of the software asks for more."""
    is_shipped: bool
    number: int = 0
    """Of an own profile: which of its texts holds."""
    put_away: bool = False
    problems: tuple[Problem, ...] = ()
    """Why its text cannot be read any more."""
    changed_at: datetime | None = None
    """Since when the present text of an own profile holds."""
    copied_from: str = ""
    """Code of the profile that an own one began as a copy of; empty where that is not known."""


@dataclass(frozen=True)
class EarlierText:
    """One text that an own profile had, or has."""

    number: int
    text: str
    at: datetime
    by: str
    """Empty for the command line."""


@dataclass(frozen=True)
class ProfileView:
    """One profile with its text."""

    line: ProfileLine
    text: str
    """The file, in TOML."""
    texts: tuple[EarlierText, ...] = ()
    """Of an own profile: every text that it had, the latest first."""


@dataclass(frozen=True)
class Preview:
    """The first rows as they would be in the files, with what the whole would hold of what was looked at."""

    language: str
    """Of the file."""
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    looked_at: int
    """So many of the year's incidents that may leave with this profile were looked at, at most."""


# --- which one ---------------------------------------------------------------------------------------------


def all_profiles(work: Work) -> tuple[ProfileLine, ...]:
    """Return every profile: those that are shipped, then the coalition's own, each by code."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    own = tuple(_line(found) for found in storage.own_profiles(work.session))
    return (*(ProfileLine(code, found, is_shipped=True) for code, found in shipped().items()), *own)


def profile_named(work: Work, code: str) -> Profile:
    """Return the profile with a code as it holds now.

    Raises NotFound, and BrokenProfile for an own one that cannot be read any more.
    """
    if code in shipped():
        return shipped()[code]
    return _read(_own(work, code).text, code)


def chosen_for(work: Work, year: int) -> str:
    """Return the code that the coalition chose for a data year; empty where the one that fits it holds."""
    return storage.chosen_code(work.session, year)


def choices(work: Work) -> dict[int, str]:
    """Return what the coalition chose, by data year."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    return storage.choices(work.session)


def code_for(work: Work, year: int, code: str = "") -> str:
    """Return the code of the profile that a data year is built with, whether it can be read or not."""
    return code or chosen_for(work, year) or profile_for(year).code


def taken_for(work: Work, year: int, code: str = "") -> Profile:
    """Return the profile that a data year is built with: the one named, else the coalition's choice, else the fitting.

    Raises NotFound for a code that nobody knows, BrokenProfile for one that cannot be read any more.
    """
    wanted = code_for(work, year, code)
    try:
        return profile_named(work, wanted)
    except NotFound:
        if code:
            raise
        raise BrokenProfile([gone(wanted)]) from None


def gone(code: str) -> Problem:
    """Say that a profile is there no more: it was shipped when it was chosen, or built with."""
    return Problem(0, "", Wrong.GONE, code)


def line_for(work: Work, year: int, code: str = "") -> ProfileLine:
    """Return the same profile as a line that also says why it cannot be read, for pages that show either.

    Raises NotFound only for a code that is named.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    wanted = code_for(work, year, code)
    if wanted in shipped():
        return ProfileLine(wanted, shipped()[wanted], is_shipped=True)
    try:
        return _line(_own(work, wanted))
    except NotFound:
        if code:
            raise
        return ProfileLine(wanted, None, is_shipped=True, problems=(gone(wanted),))


def text_of(work: Work, code: str) -> str:
    """Return the file of a profile as it holds now.

    Raises NotFound.
    """
    return shipped_text(code) if code in shipped() else _own(work, code).text.text


def built_with(work: Work, row: SubmissionVersion) -> Profile:
    """Return the profile that a version was built with, as it was then.

    A version from before its text was kept has the text of an own profile that its manifest names, or the present text
    of one that is shipped. Raises BrokenProfile where nothing can be read any more.
    """
    try:
        text = row.profile_text or _text_then(work, row)
    except NotFound:
        raise BrokenProfile([gone(row.profile)]) from None
    return replace(read_kept(row.profile, text), version=str(row.manifest["profile"]))


def _text_then(work: Work, row: SubmissionVersion) -> str:
    if row.profile in shipped():
        return shipped_text(row.profile)
    own, number = _own(work, row.profile), str(row.manifest["profile"]).rpartition(".")[2]
    then = storage.text_numbered(work.session, own.row, int(number)) if number.isdecimal() else None
    return (then or own.text).text


def choose(work: Work, year: int, code: str) -> None:
    """Have a data year built with a profile; an empty code lets the one that fits the year hold again.

    Raises NotFound, BrokenProfile, NotAllowedNow for a profile that was put away.
    """
    require(work.actor, Permission.KEEP_PROFILES)
    if code:
        profile_named(work, code)
        if code not in shipped() and _own(work, code).row.put_away_at:
            raise NotAllowedNow("choose", "put_away")
    if code != chosen_for(work, year):
        storage.choose(work.session, year, code, work.now, releases.account_of(work))
        audit.record(work, "profile.choose", "profile", code or profile_for(year).code, year=year)


# --- looking -----------------------------------------------------------------------------------------------


def read(work: Work, code: str) -> ProfileView:
    """Return a profile with its text and every earlier one.

    Raises NotFound.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    if code in shipped():
        return ProfileView(ProfileLine(code, shipped()[code], is_shipped=True), shipped_text(code))
    found = _own(work, code)
    names = account_names(work.session)
    texts = tuple(
        EarlierText(one.number, one.text, one.changed_at, names.get(one.changed_by or "", ""))
        for one in storage.texts_of(work.session, found.row)
    )
    return ProfileView(_line(found), found.text.text, texts)


def preview(work: Work, code: str, text: str, year: int, languages: Collection[str]) -> Preview:
    """Return the first rows that a profile would give of a data year's accepted incidents.

    Of a long year only some are looked at. Nothing is written anywhere. Raises BrokenProfile.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    taken = read_profile(code, text, languages)
    candidates = islice(OutgoingIncidents(work.session, year, taken), _LOOKED_AT)
    with compiled(candidates, year, taken, Path(":memory:")) as made:
        fields = [column.field for column in taken.columns]
        rows = tuple(tuple(map(str, line.shown(fields))) for line in islice(made.lines(), PREVIEWED))
        return Preview(taken.language, taken.columns, rows, made.counts["incidents"])


# --- keeping -----------------------------------------------------------------------------------------------


def copy(work: Work, code: str, new_code: str) -> int:
    """Begin an own profile with the text of another; returns the number of its text.

    Raises NotFound, UnusableName for a code that cannot be one, AlreadyExists.
    """
    require(work.actor, Permission.KEEP_PROFILES)
    return _begin(work, new_code, text_of(work, code), copied_from=code)


def save(work: Work, code: str, text: str, number: int, languages: Collection[str]) -> int:
    """Have another text hold for an own profile; returns its number. The same text changes nothing.

    `number` is the text that the change was made to. Raises NotFound, also for a profile that is shipped,
    ChangedMeanwhile, BrokenProfile with every mistake.
    """
    require(work.actor, Permission.KEEP_PROFILES)
    read_profile(code, text, languages)
    row = _row_to_change(work, code)
    if row.number != number:
        raise ChangedMeanwhile
    return _add_text(work, row, text, "profile.change")


def add_profile(work: Work, code: str, text: str, languages: Collection[str]) -> int:
    """Begin an own profile with a text; returns the number of its text.

    Raises UnusableName, AlreadyExists, BrokenProfile.
    """
    require(work.actor, Permission.KEEP_PROFILES)
    read_profile(code, text, languages)
    return _begin(work, code, text)


def import_profile(work: Work, code: str, text: str, languages: Collection[str]) -> int:
    """Take a profile from a file: a new own one, or another text of one that is there; returns the number of the text.

    Raises UnusableName, AlreadyExists for the code of a profile that is shipped, BrokenProfile.
    """
    require(work.actor, Permission.KEEP_PROFILES)
    read_profile(code, text, languages)
    row = storage.locked(work.session, code)
    return _begin(work, code, text) if row is None else _add_text(work, row, text, "profile.change")


def take_back(work: Work, code: str, wanted: int, number: int) -> int:
    """Let an earlier text hold again, as the latest one; returns its number.

    Raises NotFound, ChangedMeanwhile, BrokenProfile where it cannot be read any more.
    """
    require(work.actor, Permission.KEEP_PROFILES)
    row = _row_to_change(work, code)
    earlier = storage.text_numbered(work.session, row, wanted)
    if earlier is None:
        raise NotFound("profile", f"{code} {wanted}")
    if row.number != number:
        raise ChangedMeanwhile
    _read(earlier, code)
    return _add_text(work, row, earlier.text, "profile.take_back")


def put_away(work: Work, code: str) -> None:
    """Offer an own profile no more; years that it was chosen for go back to the one that fits them.

    Raises NotFound.
    """
    require(work.actor, Permission.KEEP_PROFILES)
    row = _row_to_change(work, code)
    if row.put_away_at is None:
        row.put_away_at = work.now
        for year, chosen in storage.choices(work.session).items():
            if chosen == code:
                choose(work, year, "")
        audit.record(work, "profile.put_away", "profile", code)


def take_up(work: Work, code: str) -> None:
    """Offer an own profile again.

    Raises NotFound.
    """
    require(work.actor, Permission.KEEP_PROFILES)
    row = _row_to_change(work, code)
    if row.put_away_at is not None:
        row.put_away_at = None
        audit.record(work, "profile.take_up", "profile", code)


def _begin(work: Work, code: str, text: str, copied_from: str = "") -> int:
    if not is_code(code):
        raise UnusableName
    if code in shipped():
        raise AlreadyExists("profile", code)
    if not add_once(work.session, SubmissionProfile(code=code, copied_from=copied_from)):
        raise AlreadyExists("profile", code)
    row = _row_to_change(work, code)
    return _add_text(work, row, text, "profile.add")


def _add_text(work: Work, row: SubmissionProfile, text: str, action: str) -> int:
    present = storage.text_numbered(work.session, row, row.number)
    if present is not None and present.text == text:
        return row.number
    row.number += 1
    made = ProfileText(
        profile_id=row.id,
        number=row.number,
        text=text,
        changed_at=work.now,
        changed_by=releases.account_of(work),
    )
    work.session.add(made)
    work.session.flush()
    audit.record(work, action, "profile", row.code, version=row.number)
    return row.number


def _row_to_change(work: Work, code: str) -> SubmissionProfile:
    row = storage.locked(work.session, code)
    if row is None:
        raise NotFound("profile", code)
    return row


def _own(work: Work, code: str) -> OwnProfile:
    found = storage.own_profile(work.session, code)
    if found is None:
        raise NotFound("profile", code)
    return found


def _read(row: ProfileText, code: str) -> Profile:
    """Read a text that was sound when it was kept; its version says which text of which profile it is."""
    return replace(read_profile(code, row.text), version=f"{code}.{row.number}")


def _line(found: OwnProfile) -> ProfileLine:
    taken: Profile | None = None
    problems: tuple[Problem, ...] = ()
    try:
        taken = _read(found.text, found.row.code)
    except BrokenProfile as broken:
        problems = broken.problems
    return ProfileLine(
        found.row.code,
        taken,
        is_shipped=False,
        number=found.row.number,
        put_away=bool(found.row.put_away_at),
        problems=problems,
        changed_at=found.text.changed_at,
        copied_from=found.row.copied_from,
    )
