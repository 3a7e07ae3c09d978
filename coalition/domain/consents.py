"""Consent governs: every way out names its purposes, and what a withdrawal means for what has left already.

A person consents per purpose and can take each consent back as easily as it was given (GDPR Art. 7(3)). WAYS_OUT is
the one table of what may leave: whatever takes incidents out of the recording organisation asks it, in Python through
`may_leave`, in SQL through `coalition.db.incidents.may_leave`.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from coalition.domain.codebook import read_data
from coalition.domain.errors import UnknownCode
from coalition.domain.incidents import Facts, is_allowed
from coalition.domain.names import Name
from coalition.domain.vocabulary import Purpose


class WayOut(StrEnum):
    """A way on which an incident, or a number that counts it, leaves the recording organisation."""

    REVIEW = "review"
    """The coordinator reads and decides; the coalition's lists and counts of what it received."""
    STATISTICS = "statistics"
    """Counted in the summary and the report of a year."""
    DESCRIPTION = "description"
    """Its public description in the summary and the report of a year; whatever is described is also counted."""
    SUBMISSION = "submission"
    """Either part of the yearly submission to ODIHR: the person was asked about the submission, not its form."""
    REFERRAL = "referral"
    """To a support service."""
    POLICE = "police"
    """A report to the police."""
    CONTACT = "contact"
    """Nothing leaves, but somebody calls the person again."""


WAYS_OUT: Mapping[WayOut, frozenset[Purpose]] = {
    WayOut.REVIEW: frozenset({Purpose.SHARE_COALITION}),
    WayOut.STATISTICS: frozenset({Purpose.SHARE_COALITION, Purpose.STATISTICS}),
    WayOut.DESCRIPTION: frozenset({Purpose.SHARE_COALITION, Purpose.STATISTICS, Purpose.PUBLISH}),
    WayOut.SUBMISSION: frozenset({Purpose.SHARE_COALITION, Purpose.ODIHR}),
    WayOut.REFERRAL: frozenset({Purpose.REFER}),
    WayOut.POLICE: frozenset({Purpose.POLICE}),
    WayOut.CONTACT: frozenset({Purpose.CONTACT}),
}
"""What has to be consented to on each way, all of it; a public source needs no consent for what is public."""


def may_leave(facts: Facts, way: WayOut) -> bool:
    """Tell whether an incident may take a way out."""
    return is_open(way, facts.basis, facts.consents)


@lru_cache(maxsize=10_000)
def is_open(way: WayOut, basis: str, consents: frozenset[str]) -> bool:
    """Tell the same of a legal basis and consents: of a year's incidents most have the same few sets of them."""
    return all(is_allowed(purpose, basis, consents) for purpose in WAYS_OUT[way])


def purpose_of(code: str) -> Purpose:
    """Return the purpose with a code.

    Raises UnknownCode.
    """
    try:
        return Purpose(code)
    except ValueError:
        raise UnknownCode("purposes of consent", code) from None


def remaining(before: Collection[str], after: Collection[str]) -> frozenset[str]:
    """Return the consents that hold when some of those in force are dropped.

    Without the consent to be recorded no other has anything to rest on: when it is taken back, they all are.
    """
    if Purpose.RECORD in before and Purpose.RECORD not in after:
        return frozenset()
    return frozenset(after)


def lost(before: Facts, after: Facts) -> frozenset[Purpose]:
    """Return the purposes that were allowed and are not any more."""
    return frozenset(purpose for purpose in Purpose if before.allows(purpose) and not after.allows(purpose))


class Kind(StrEnum):
    """What was frozen and left."""

    SUBMISSION = "submission"
    REPORT = "report"
    SUMMARY = "summary"


class Part(StrEnum):
    """How an incident was in it."""

    DESCRIPTIVE = "descriptive"
    """A row of its own in the submission."""
    STATISTICAL = "statistical"
    """A number in the submission."""
    DESCRIBED = "described"
    """Counted, and its public description printed or published."""
    COUNTED = "counted"
    """Counted only."""
    TOLD = "told"
    """Its public description stands there for an incident that is counted through another record of it."""


WAY_OF: Mapping[Part, WayOut] = {
    Part.DESCRIPTIVE: WayOut.SUBMISSION,
    Part.STATISTICAL: WayOut.SUBMISSION,
    Part.DESCRIBED: WayOut.DESCRIPTION,
    Part.COUNTED: WayOut.STATISTICS,
    Part.TOLD: WayOut.DESCRIPTION,
}
"""The way out that each part took."""

WAY_FOR: Mapping[Purpose, WayOut] = {
    Purpose.ODIHR: WayOut.SUBMISSION,
    Purpose.PUBLISH: WayOut.DESCRIPTION,
    Purpose.STATISTICS: WayOut.STATISTICS,
}
"""The way out of a submission, by the consent that its profile asks for.

A consent to ODIHR is one to ODIHR alone. What goes to another body, which makes it public, needs the consent to be
described in public; what holds numbers only, the one to be counted.
"""


def way_of(part: Part, purpose: Purpose = Purpose.ODIHR) -> WayOut:
    """Return the way out that a part took, in a submission with a profile that asks for some consent."""
    return WAY_FOR[purpose] if part in {Part.DESCRIPTIVE, Part.STATISTICAL} else WAY_OF[part]


class Mending(StrEnum):
    """What has to be done about something that left with an incident whose consent is gone."""

    REMOVE = "remove"
    """The receiving body deletes one record."""
    SUBTRACT = "subtract"
    """The receiving body takes the corrected numbers."""
    UNDESCRIBE = "undescribe"
    """The description goes; the count stays."""
    RECOUNT = "recount"
    """Made again, without the incident."""


@dataclass(frozen=True)
class Included:
    """One incident in something that leaves."""

    incident: str
    """Its id. It stays in the database and is in no file."""
    part: Part
    number: int | None = None
    """The record's number in the file, where records are numbered."""
    cells: Mapping[str, str] | None = None
    """What a submission says of it, by field; None where nothing but a count leaves."""


@dataclass(frozen=True)
class Leaving:
    """Something that leaves, and every incident in it."""

    kind: Kind
    year: int
    included: Iterable[Included]
    """Can be gone through several times."""
    fingerprint: str = ""
    """SHA-256 of the file: what was built twice without a change between is the same thing."""
    language: str = ""
    purpose: Purpose = Purpose.ODIHR
    """Of a submission: the consent that its profile asks for."""


class Outcome(StrEnum):
    """How a correction was closed."""

    SENT = "sent"
    """The message was sent, or the copies of a report were exchanged."""
    NOT_NEEDED = "not_needed"
    """The file never left the coalition."""
    PUBLISHED_AGAIN = "published_again"
    TAKEN_OFF = "taken_off"


CHOSEN_OUTCOMES = (Outcome.SENT, Outcome.NOT_NEEDED)
"""What a person can choose; the others follow from publishing and taking off."""


@dataclass(frozen=True)
class Message:
    """A message that is ready to be sent."""

    subject: str
    body: str

    @property
    def text(self) -> str:
        """Both, as they are saved in a file."""
        return f"Subject: {self.subject}\n\n{self.body}"


def mending(part: Part, gone: Collection[Purpose], purpose: Purpose = Purpose.ODIHR) -> Mending | None:
    """Return what a part needs when some purposes are not allowed any more; None when it may stay as it is.

    Of a submission `purpose` is the consent that its profile asked for.
    """
    purposes = frozenset(gone)
    if not WAYS_OUT[way_of(part, purpose)] & purposes:
        return None
    if part is Part.DESCRIPTIVE:
        return Mending.REMOVE
    if part is Part.STATISTICAL:
        return Mending.SUBTRACT
    counts = part is not Part.TOLD
    return Mending.RECOUNT if counts and WAYS_OUT[WayOut.STATISTICS] & purposes else Mending.UNDESCRIBE


@dataclass(frozen=True)
class ConsentGiven:
    """One consent as it can be proven (GDPR Art. 7(1))."""

    purpose: Purpose
    text_version: str
    """Version of the words in which it was asked for: `wordings`."""
    way: str
    given_on: datetime.date | None
    noted_at: datetime.datetime | None
    """When it was typed in; None for what was recorded before this was kept."""
    noted_by: str
    """Name of the person who typed it in; empty where it is not known."""
    withdrawn_at: datetime.datetime | None = None
    withdrawn_by: str = ""
    """Name of the person who noted the withdrawal; empty for the command line."""
    giver: str = ""
    """Who gave it, as a code; empty where nobody said."""

    @property
    def in_force(self) -> bool:
        """Tell whether it holds."""
        return self.withdrawn_at is None


@dataclass(frozen=True)
class ConsentProof:
    """What an organisation can show about the consent behind one record: no narrative, no facts of the case."""

    reference: str
    organisation: Name
    """The member that keeps the record."""
    coalition: Name
    basis: str
    made_at: datetime.datetime
    time_zone: str
    languages: tuple[str, ...]
    """Of the site: the languages in which the words are quoted."""
    given: tuple[ConsentGiven, ...]
    """By purpose, in the order of the form; several consents to one purpose in the order in which they were given."""

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions of the words that were used, the oldest first."""
        return tuple(sorted({item.text_version for item in self.given}))


TEXT_VERSION = "2026.1"
"""Version of the words in which consent is asked for now; stored with every consent (GDPR Art. 7(1))."""


@dataclass(frozen=True)
class Wording:
    """The words in which consent was asked for, in one language."""

    version: str
    language: str
    question: str
    note: str
    told: tuple[tuple[str, str], ...]
    """What the person was told before: (who, what they see)."""
    purposes: Mapping[str, str]
    """The words of each purpose, by its code."""


@cache
def wordings() -> tuple[Wording, ...]:
    """Return the words of every version in every language, the oldest version first."""
    return tuple(
        Wording(
            version=version,
            language=language,
            question=words["question"],
            note=words["note"],
            told=tuple((item["who"], item["what"]) for item in words["told"]),
            purposes=words["purposes"],
        )
        for version, languages in sorted(read_data("consent_texts.toml").items())
        for language, words in languages.items()
    )


def words_of(version: str, languages: Collection[str]) -> tuple[Wording, ...]:
    """Return the words of a version in some languages; where it was written in none of them, in all it has."""
    found = tuple(item for item in wordings() if item.version == version)
    return tuple(item for item in found if item.language in languages) or found
