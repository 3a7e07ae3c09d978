"""Profiles in a line: how one is called where somebody chooses, and why one cannot be read any more."""

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from coalition.domain.profile_checks import BrokenProfile
from coalition.domain.profiles import Profile, profile_for
from coalition.i18n import _, format_date
from coalition.i18n.profiles import problem_with_line
from coalition.services import profiles
from coalition.services.profiles import ProfileLine
from coalition.services.work import Work
from coalition.web.locale import site_settings


@dataclass(frozen=True)
class Option:
    """One profile that can be chosen."""

    code: str
    words: str
    """The code comes first: names are alike, and a narrow list cuts off what comes last."""
    language: str
    """Of its name."""


@dataclass(frozen=True)
class Standing:
    """What a data year is built with."""

    line: ProfileLine
    reasons: tuple[str, ...]
    """Why it cannot be read, each in words with its line; empty where it can."""
    fitting: Profile
    """What the year is built with where nobody chose."""

    @property
    def code(self) -> str:
        """Return the code of what can be built with: of the one that fits where the other cannot be read."""
        return self.fitting.code if self.reasons else self.line.code


def standing_of(work: Work, year: int) -> Standing:
    """Return what a data year is built with, whether it can be read or not."""
    line = profiles.line_for(work, year)
    return Standing(line, reasons_of(line), profile_for(year))


def reasons_of(line: ProfileLine) -> tuple[str, ...]:
    """Say why a profile cannot be read any more."""
    return tuple(problem_with_line(problem) for problem in line.problems)


def refusal(broken: BrokenProfile) -> str:
    """Say that a profile cannot be read, and the first reason."""
    return _("The profile cannot be read. %(reason)s", reason=problem_with_line(broken.problems[0]))


def options(lines: Iterable[ProfileLine]) -> list[Option]:
    """Return the profiles that something can be built with."""
    return [
        Option(line.code, in_a_list(line, line.profile), line.profile.language)
        for line in lines
        if line.profile and not line.put_away
    ]


def in_a_list(line: ProfileLine, profile: Profile) -> str:
    """Say what tells a profile from others of the same name: its version, or since when the own text holds."""
    if line.is_shipped or line.changed_at is None:
        return _("%(code)s: %(name)s", code=profile.version, name=profile.name)
    day = format_date(line.changed_at.astimezone(ZoneInfo(site_settings().time_zone)).date())
    own = {"code": line.code, "name": profile.name, "number": str(line.number), "day": day}
    if line.copied_from:
        return _(
            "%(code)s: %(name)s (own copy of %(other)s, text %(number)s of %(day)s)", other=line.copied_from, **own
        )
    return _("%(code)s: %(name)s (your own, text %(number)s of %(day)s)", **own)
