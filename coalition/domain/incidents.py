"""An incident's facts.

The unit of counting is the incident, whatever the number of victims. Bias is a set. An incident has one type:
violence to a person beats threats, threats beat property (ODIHR's export, 18,112 rows).
"""

import datetime
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from coalition.domain.codebook import codebook
from coalition.domain.vocabulary import Basis, IncidentType, Purpose

_TYPE_RANK = (IncidentType.VIOLENT_ATTACK, IncidentType.THREAT, IncidentType.PROPERTY_ATTACK)
_TYPES = frozenset(IncidentType)
_BY_CODE = {one.value: one for one in IncidentType}
EARLIEST_YEAR = 1990
"""Years before this are taken for typing errors."""
TOWARDS_A_PERSON = frozenset({Purpose.REFER, Purpose.POLICE, Purpose.CONTACT})
"""Purposes that are acts towards a person: no public source stands in for consent to them."""


SETTLED = frozenset({"helped", "declined"})
"""Outcomes of a referral after which nobody has to ask again."""


@dataclass(frozen=True)
class PartialDate:
    """A date known to the day, the month or only the year."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no calendar holds.

        Raises ValueError.
        """
        if self.day is not None and self.month is None:
            raise ValueError("a day needs a month")
        datetime.date(self.year, 1 if self.month is None else self.month, 1 if self.day is None else self.day)

    @classmethod
    def parse(cls, text: str) -> "PartialDate":
        """Read YYYY, YYYY-MM or YYYY-MM-DD.

        Raises ValueError for anything else.
        """
        if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", text, re.ASCII):
            raise ValueError(f"{text!r} is not YYYY, YYYY-MM or YYYY-MM-DD")
        return cls(*(int(part) for part in text.split("-")))

    @property
    def precision(self) -> str:
        """Return "day", "month" or "year"."""
        return "day" if self.day else "month" if self.month else "year"

    @property
    def to_month(self) -> str:
        """Return YYYY-MM, or YYYY: all that ever leaves the coalition."""
        return f"{self.year:04}-{self.month:02}" if self.month else f"{self.year:04}"

    def __str__(self) -> str:
        """Return the ISO form, as precise as the date is."""
        return f"{self.to_month}-{self.day:02}" if self.day else self.to_month

    def earliest(self) -> datetime.date:
        """Return the first day that the date can mean."""
        return datetime.date(self.year, self.month or 1, self.day or 1)


@dataclass(frozen=True)
class Indicator:
    """One bias indicator: it indicates, it never proves, so it comes with what was observed and by whom."""

    code: str
    note: str = ""
    observer: str = ""


@dataclass(frozen=True)
class Victims:
    """One line of the victims: a person or several alike, a group, an institution or a place. Never a name."""

    kind: str
    number: int | None = None
    gender: str = ""
    age_band: str = ""
    link: str = ""
    injury: str = ""
    sub_grounds: tuple[str, ...] = ()
    """National, finer than ODIHR's nine: each rolls up to one of them."""
    harm: str = ""
    """How badly they were hurt, as a code; `injury` says it in words."""
    earlier: str = ""
    """Whether they were targeted before."""


@dataclass(frozen=True)
class Perpetrators:
    """One line of the perpetrators: category, number, group, official role. Never an identity (GDPR Art. 10)."""

    number: int | None = None
    gender: str = ""
    age_band: str = ""
    relation: str = ""
    capacity: str = ""
    """As what they acted: for themselves, as an official, as an organised group."""


@dataclass(frozen=True)
class Source:
    """Where the information comes from. `name` is the organisation to credit, or the medium."""

    kind: str
    name: str = ""
    reference: str = ""
    date: PartialDate | None = None
    """When it was said, published or issued."""
    reliability: str = ""
    """How reliable the source has been."""
    credibility: str = ""
    """How well this piece of information is supported: two things that a reader must not mix up."""
    url: str = ""


@dataclass(frozen=True)
class Proceeding:
    """One step of police or justice: what, when, under which file number, in a few words."""

    step: str
    date: PartialDate | None = None
    reference: str = ""
    note: str = ""


@dataclass(frozen=True)
class Need:
    """One need of the person, where they were referred to, and when to ask again (Directive 2012/29/EU)."""

    need: str
    referred_to: str = ""
    outcome: str = ""
    follow_up: datetime.date | None = None


@dataclass(frozen=True)
class Clearance:
    """A span of a public description that looks as if it identified somebody, and why it does not."""

    language: str
    kind: str
    text: str
    reason: str


@dataclass(frozen=True)
class Facts:
    """Everything a recorder states about an incident; empty strings and None mean "not said"."""

    date: PartialDate | None = None
    time: str = ""
    country: str = ""
    region: str = ""
    municipality: str = ""
    location_type: str = ""
    offences: tuple[str, ...] = ()
    chosen_type: str = ""
    """The type a person chose; empty means the type that the offences roll up to."""
    type_reason: str = ""
    """Why another type than the proposed one."""
    chosen_scope: str = ""
    """What a person says of ODIHR's scope; empty means what the rules propose (`coalition.domain.scope`)."""
    scope_reason: str = ""
    """Why another scope than the proposed one."""
    weapon: str = ""
    motivations: tuple[str, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    victims: tuple[Victims, ...] = ()
    perpetrators: tuple[Perpetrators, ...] = ()
    sources: tuple[Source, ...] = ()
    case_status: str = ""
    bias_recorded: str = ""
    """Whether the police wrote down that it was about bias."""
    proceedings: tuple[Proceeding, ...] = ()
    reason_not_reported: str = ""
    authorities_response: str = ""
    impact: str = ""
    needs: tuple[Need, ...] = ()
    own_reference: str = ""
    narrative: str = ""
    descriptions: dict[str, str] = field(default_factory=dict)
    """Public description per language code; "en" is the one that ODIHR reads."""
    clearances: tuple[Clearance, ...] = ()
    """What of the descriptions was looked at and found harmless."""
    basis: str = ""
    consents: frozenset[str] = frozenset()
    consent_by: str = ""
    """Who consented: the person, or a parent or guardian."""
    consent_way: str = ""
    consent_date: datetime.date | None = None
    contact_name: str = ""
    contact_phone: str = ""
    contact_email: str = ""
    contact_safely: str = ""
    """How and when to reach them without danger. The contact stays inside the recording organisation."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Return what some facts tell, by their names; every other one is "not said".

        The same as `Facts(**told)` and several times as fast: whoever reads a year makes very many. As when copying,
        the values are set at once instead of one by one past what makes a record unchangeable.
        """
        made = object.__new__(cls)
        made.__dict__.update(_UNSAID, descriptions={})
        made.__dict__.update(told)
        return made

    @property
    def type(self) -> IncidentType | None:
        """The type that counts: a person's choice, else what the offences roll up to."""
        chosen = self.chosen_type
        return (_BY_CODE.get(chosen) or IncidentType(chosen)) if chosen else proposed_type(self.offences)

    def allows(self, purpose: Purpose) -> bool:
        """Tell whether the record may be used for a purpose.

        A public source needs no consent for what is already public (GDPR Art. 9(2)(e)).
        It never allows acts towards a person: referring, reporting, contacting.
        """
        return is_allowed(purpose, self.basis, self.consents)


_UNSAID = dict(vars(Facts()))


def is_allowed(purpose: Purpose, basis: str, consents: Collection[str]) -> bool:
    """Tell whether a record with this legal basis and these consents may be used for a purpose: `Facts.allows`."""
    if basis == Basis.PUBLIC_SOURCE:
        return purpose not in TOWARDS_A_PERSON
    return basis == Basis.CONSENT and purpose in consents


def principal_type(types: Iterable[str]) -> IncidentType | None:
    """Return the one type that counts when several apply, None for none."""
    return min((IncidentType(code) for code in types), key=_TYPE_RANK.index, default=None)


def proposed_type(offences: Iterable[str]) -> IncidentType | None:
    """Return the type that the offences roll up to; None where a person has to decide."""
    rolled = (codebook()["offences"][code].rolls_up_to for code in offences)
    return principal_type(code for code in rolled if code in _TYPES)


def differs_from_proposed_type(facts: Facts) -> bool:
    """Tell whether a person chose another type than the one that the offences roll up to."""
    return bool(facts.chosen_type) and proposed_type(facts.offences) not in {None, facts.chosen_type}


def only_out_of_scope(offences: Iterable[str]) -> bool:
    """Tell whether all that happened is hate speech or discrimination, which ODIHR's hate crime data leave out."""
    rolled = [codebook()["offences"][code].rolls_up_to for code in offences]
    return bool(rolled) and all(code == "out_of_scope" for code in rolled)


@dataclass(frozen=True)
class Problem:
    """One thing that stands in the way: which field, and what is wrong with it, as a code."""

    field: str
    code: str

    def __str__(self) -> str:
        """Return "field: code", for logs and the command line."""
        return f"{self.field}: {self.code}"
