"""Profiles in words: how one is called where somebody chooses, what it says, why one cannot be read any more."""

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from coalition.domain.codebook import codebook
from coalition.domain.profile_checks import BrokenProfile
from coalition.domain.profiles import Profile, profile_for
from coalition.i18n import _, format_date, format_day_and_month
from coalition.i18n.labels import label
from coalition.i18n.profiles import PRECISIONS, PURPOSES, joiner_in_words, place_in_words, problem_with_line
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


# --- what one says -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """One thing that a profile says, for `components/lists.summary_list`."""

    key: str
    value: str
    language: str = ""
    """Of the value where it is not the page's own."""


@dataclass(frozen=True)
class Wording:
    """A wording of the receiving body, beside the one that is usual here."""

    usual: str
    own: str
    list: str
    """Name of the list of the code book, as the profile's file has it."""
    code: str


def what_leaves(taken: Profile) -> list[Said]:
    """Say which incidents a profile takes, and how they are told."""
    only = [label("incident_types", code) for code in codebook()["incident_types"].sorted(taken.statistics_only)]
    return [
        Said(_("Which consent an incident needs"), str(PURPOSES[taken.purpose])),
        Said(_("How precisely the date is told"), str(PRECISIONS[taken.date])),
        Said(_("How precisely the place is told"), place_in_words(taken.fields)),
        Said(_("Never described, only counted"), "\n".join(only) or _("Nothing: every type can be described")),
        Said(_("Between several motivations in one cell"), joiner_in_words(taken.motivations_joiner)),
        Said(_("Between several organisations in one cell"), joiner_in_words(taken.sources_joiner)),
    ]


def how_it_is_sent(taken: Profile) -> list[Said]:
    """Say by when and where a submission goes, and with which words."""
    own = taken.language
    texts = (
        (_("How the cover letter begins"), taken.texts.letter, _("Not set: with what is in the submission")),
        (_("What the e-mail says"), taken.texts.message, _("Not set: it lists what is attached, and no more")),
    )
    deadline = format_day_and_month(taken.deadline_day, taken.deadline_month)
    return [
        Said(_("Deadline: day and month"), _("%(day)s of the year after the data year", day=deadline)),
        Said(_("E-mail address that it goes to"), taken.recipient or _("Not set: write it in your mail program")),
        Said(_("Subject line"), taken.texts.subject, own),
        *(Said(key, text.strip() or usual, own if text.strip() else "") for key, text, usual in texts),
    ]


def wordings(taken: Profile) -> list[Wording]:
    """Return the receiving body's own words for what the code book calls otherwise, in the order of the profile."""
    return [
        Wording(label(name, code), own, name, code)
        for name, words in taken.labels.items()
        for code, own in words.items()
    ]
