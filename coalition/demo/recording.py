"""One invented incident as its recorder would have written it down: facts that fit each other."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from coalition.demo.decks import Shelf
from coalition.demo.telling import Teller, Told
from coalition.demo.wording import Phrase, circumstances
from coalition.demo.writing import Writer
from coalition.domain.codebook import codebook
from coalition.domain.incidents import Facts, Indicator, Need, PartialDate, Proceeding, Source, Victims
from coalition.domain.vocabulary import Basis, Purpose

COUNTRY = "BG"
PUBLIC_SHARE = 0.13
"""The share of records made from the media."""
HURT_SHARE = 0.5
"""Of assaults that are not serious, how many leave injuries."""
CLOCK_SHARE = 0.6
"""Of incidents whose day is known, how often the time is, too."""
SECOND_MEDIUM_SHARE = 0.3
HELP_SHARE = 0.6
"""How many agree to be referred to a service, and how many to be contacted again."""
CAPITAL, CAPITAL_WEIGHT = "BG-22", 6

_ASKED = frozenset({Purpose.RECORD, Purpose.SHARE_COALITION, Purpose.STATISTICS, Purpose.ODIHR, Purpose.PUBLISH})
_HELP = (Purpose.REFER, Purpose.CONTACT)
_WITHHELD: Mapping[tuple[Purpose, ...], int] = {
    (): 16,
    (Purpose.PUBLISH,): 2,
    (Purpose.ODIHR,): 1,
    (Purpose.ODIHR, Purpose.PUBLISH): 1,
    (Purpose.STATISTICS, Purpose.ODIHR, Purpose.PUBLISH): 1,
}
"""Which of the purposes people did not agree to, and how often."""

_STATUSES: Mapping[str, int] = {
    "not_reported": 17,
    "reported": 10,
    "investigation": 9,
    "refused": 4,
    "closed": 4,
    "prosecuted": 2,
    "sentenced": 1,
    "unknown": 3,
}
_STEPS: Mapping[str, tuple[str, ...]] = {
    "reported": ("reported",),
    "refused": ("refused",),
    "investigation": ("reported", "investigated"),
    "closed": ("reported", "investigated", "closed"),
    "prosecuted": ("reported", "investigated", "prosecuted"),
    "sentenced": ("reported", "investigated", "prosecuted", "sentenced"),
}
"""The steps of police and justice behind a status."""
_BIAS_RECORDED = {"reported": "unknown", "investigation": "no", "closed": "no", "prosecuted": "yes", "sentenced": "yes"}
_UNHEARD = {"not_reported", "refused"}
"""What the media do not write about."""
_NEEDS_SUSPECT = {"prosecuted", "sentenced"}

_REASONS_NOT_REPORTED: Mapping[str, Mapping[str, int]] = {
    "anti_lgbti": {"outing": 4, "distrust": 3, "fear_of_perpetrator": 2, "earlier_experience": 1},
    "racist_xenophobic": {"status": 4, "distrust": 3, "no_information": 2, "fear_of_perpetrator": 1},
    "": {"distrust": 3, "fear_of_perpetrator": 3, "earlier_experience": 2, "not_serious": 2, "not_said": 1},
}
_INDICATORS: Mapping[tuple[str, ...], int] = {
    ("perception",): 3,
    ("perception", "difference"): 2,
    ("no_other_motive",): 2,
    ("perception", "no_other_motive"): 2,
    ("perception", "pattern"): 1,
    ("difference",): 1,
    (): 2,
}
"""Besides those that lie in the scenario."""
_OBSERVERS = {"perception": "victim", "expression_written": "document", "no_other_motive": "recorder"}
_OBSERVERS |= {"pattern": "recorder", "meaning_of_property": "recorder"}
_MAY_HURT = frozenset({"assault", "robbery"})
_WAYS = {"spoken": 5, "telephone": 2, "written": 3}
_FIRST_SOURCES = {"victim_interview": 7, "witness": 2, "staff_observation": 1}
_SECOND_SOURCES = {"": 7, "official_document": 2, "partner_organisation": 1}


class Request(NamedTuple):
    """What is decided about an incident before its facts are made up."""

    happened: date
    recorded_on: date
    kind: str
    """A type of incident, or the reason under which the record will be rejected."""
    motivation: str
    several: bool
    """Whether a second motivation is recorded if one fits."""
    precision: str
    organisation: str
    number: int
    """Counts the records, for the member's own reference."""


class Permission(NamedTuple):
    """What allows the record to exist, and where it comes from."""

    basis: Basis
    sources: tuple[Source, ...]
    consents: frozenset[str] = frozenset()
    way: str = ""
    given_on: date | None = None


class Recorder:
    """Makes up facts."""

    def __init__(self, shelf: Shelf, organisation_names: Mapping[str, str]) -> None:
        """Keep the decks, and the members' names, which appear as partners."""
        self._shelf = shelf
        self._teller = Teller(shelf)
        self._writer = Writer(shelf)
        self._partners = organisation_names

    def record(self, request: Request) -> Facts:
        """Return the facts of one incident."""
        public = self._shelf.chance(PUBLIC_SHARE)
        told = self._teller.tell(request.kind, request.motivation, several=request.several)
        status = self._status(told, public=public)
        permission = self._from_media() if public else self._consented(request, told, status)
        return self._facts(request, told, status, permission)

    def _facts(self, request: Request, told: Told, status: str, permission: Permission) -> Facts:
        indicators, (victims, injury) = self._indicators(told), self._victims(told)
        region, town = self._where(request.precision)
        when = told.scenario.when or self._shelf.draw("when", lambda: circumstances("hours"))
        public = permission.basis is Basis.PUBLIC_SOURCE
        return Facts(
            date=partial(request.happened, request.precision),
            time=self._time(request.precision, when),
            country=COUNTRY,
            region=region,
            municipality=town,
            location_type=told.location,
            offences=told.scenario.offences,
            chosen_type=told.scenario.chosen_type,
            type_reason=circumstances("type_reason") if told.scenario.chosen_type else "",
            weapon="object" if "serious_assault" in told.scenario.offences else "",
            motivations=told.codes,
            indicators=indicators,
            victims=(victims,),
            perpetrators=(told.attackers.facts,),
            sources=permission.sources,
            case_status=status,
            bias_recorded=_BIAS_RECORDED.get(status, "") if not public else "",
            proceedings=_proceedings(request, status),
            needs=() if public else _needs(request, permission),
            reason_not_reported=self._reason(status, told),
            authorities_response=self._writer.response(told, status),
            impact="" if public else self._writer.impact(told),
            own_reference=own_reference(request.organisation, request.recorded_on, request.number),
            narrative=self._writer.narrative(told, town, when, public=public),
            descriptions=self._writer.descriptions(told, indicators, injury, status),
            basis=permission.basis,
            consents=permission.consents,
            consent_by="guardian" if permission.way == "guardian" else "person" if permission.way else "",
            consent_way=permission.way,
            consent_date=permission.given_on,
            **_contact(request, permission),
        )

    # ---------------------------------------------------------------------------------------- what happened

    def _victims(self, told: Told) -> tuple[Victims, Phrase | None]:
        """Return the victims with the injury that the record states, and the public sentence about it."""
        serious = "serious_assault" in told.scenario.offences
        light = bool(_MAY_HURT.intersection(told.scenario.offences)) and self._shelf.chance(HURT_SHARE)
        if not (serious or light):
            return told.subject.victims, None
        harm = "treated" if serious else "slight"
        group = "serious" if serious else "light"
        entry = self._shelf.draw(("injuries", group), lambda: circumstances("injuries", group))
        return replace(told.subject.victims, injury=entry["fact"], harm=harm), Phrase(entry["en"], entry["bg"])

    def _indicators(self, told: Told) -> tuple[Indicator, ...]:
        codes = {*told.scenario.extra, *self._shelf.weighted("indicators", lambda: _INDICATORS)}
        if told.scenario.names_bias:
            codes.add("expression")
        if told.attackers.facts.relation == "organised_group":
            codes.add("organised_group")
        if told.manner == "property":
            codes = codes - {"difference"} | {"meaning_of_property"}
        ordered = _in_order(frozenset(codes or {"perception"}))
        return tuple(self._indicator(code, told) for code in ordered)

    def _indicator(self, code: str, told: Told) -> Indicator:
        key = "expression_written" if code == "expression" and told.manner != "person" else code
        return Indicator(code, self._writer.note(told, key), _OBSERVERS.get(key, "witness"))

    # ---------------------------------------------------------------------------------------- where and when

    def _where(self, precision: str) -> tuple[str, str]:
        if precision == "year":
            return "", ""  # whoever does not remember the month seldom knows more of the place
        region = self._shelf.weighted("region", _region_weights)
        return region, self._shelf.draw(("town", region), lambda: circumstances("municipalities", region))

    def _time(self, precision: str, when: str) -> str:
        if precision != "day" or not self._shelf.chance(CLOCK_SHARE):
            return ""
        return f"{circumstances('hours', when):02}:{self._shelf.draw('minutes', lambda: (0, 15, 30, 45)):02}"

    # ---------------------------------------------------------------------------------------- police

    def _status(self, told: Told, *, public: bool) -> str:
        def weights() -> Mapping[str, int]:
            left_out = (_UNHEARD if public else set()) | (_NEEDS_SUSPECT if told.unidentified else set())
            return {code: weight for code, weight in _STATUSES.items() if code not in left_out}

        return self._shelf.weighted(("status", public, told.unidentified), weights)

    def _reason(self, status: str, told: Told) -> str:
        if status != "not_reported":
            return ""
        own = told.motivation.code in _REASONS_NOT_REPORTED and told.manner != "property"
        key = told.motivation.code if own else ""
        return self._shelf.weighted(("reason", key), lambda: _REASONS_NOT_REPORTED[key])

    # ---------------------------------------------------------------------------------------- sources

    def _from_media(self) -> Permission:
        medium = Source("media", self._shelf.draw("media", lambda: circumstances("media")))
        further = (Source("social_media"),) if self._shelf.chance(SECOND_MEDIUM_SHARE) else ()
        return Permission(Basis.PUBLIC_SOURCE, (medium, *further))

    def _consented(self, request: Request, told: Told, status: str) -> Permission:
        withheld: tuple[Purpose, ...] = self._shelf.weighted("withheld", lambda: _WITHHELD)
        given = set(_ASKED.difference(withheld))
        given.update(purpose for purpose in _HELP if self._shelf.chance(HELP_SHARE))
        if status not in {"not_reported", "refused", "unknown"}:
            given.add(Purpose.POLICE)
        young = told.subject.victims.age_band in {"child", "teenager"}
        way = "guardian" if young else self._shelf.weighted("way", lambda: _WAYS)
        return Permission(
            basis=Basis.CONSENT,
            sources=self._sources(request.organisation),
            consents=frozenset(map(str, given)),
            way=way,
            given_on=request.recorded_on,
        )

    def _sources(self, organisation: str) -> tuple[Source, ...]:
        first = Source(self._shelf.weighted("first source", lambda: _FIRST_SOURCES))
        second = self._shelf.weighted("second source", lambda: _SECOND_SOURCES)
        if second == "partner_organisation":
            return first, Source(second, self._partner(organisation))
        return (first, Source(second)) if second else (first,)

    def _partner(self, organisation: str) -> str:
        def others() -> list[str]:
            return [name for code, name in self._partners.items() if code != organisation]

        return self._shelf.draw(("partner", organisation), others)


def _contact(request: Request, permission: Permission) -> dict[str, Any]:
    """Return an invented contact of those who agreed to be contacted: nobody has these numbers or addresses."""
    if Purpose.CONTACT not in permission.consents:
        return {}
    return {
        "contact_name": circumstances("contact", "name"),
        "contact_phone": f"+359 00 000 {request.number % 10_000:04}",
        "contact_email": f"person{request.number}@example.org" if request.number % 3 == 0 else "",
        "contact_safely": circumstances("contact", "safely"),
    }


def _proceedings(request: Request, status: str) -> tuple[Proceeding, ...]:
    """Return the steps that led to a status; only the first has a date that anybody wrote down."""
    steps = _STEPS.get(status, ())
    day = partial(request.happened, request.precision)
    return tuple(Proceeding(step, day if step == steps[0] else None) for step in steps)


def _needs(request: Request, permission: Permission) -> tuple[Need, ...]:
    """Return what is asked again of those who agreed to be contacted, some weeks after the record was made."""
    if Purpose.CONTACT not in permission.consents:
        return ()
    need = ("psychosocial", "justice", "safety", "information")[request.number % 4]
    outcome = ("accepted", "helped", "offered")[request.number % 3]
    later = request.recorded_on + timedelta(weeks=6 + request.number % 20)
    return (Need(need, "", outcome, later if outcome != "helped" else None),)


def own_reference(organisation: str, recorded_on: date, number: int) -> str:
    """Return the reference under which a member files a record."""
    return f"{organisation}-{recorded_on.year}-{number:05}"


def partial(day: date, precision: str) -> PartialDate:
    """Return a date as precisely as it is remembered."""
    month = day.month if precision != "year" else None
    return PartialDate(day.year, month, day.day if precision == "day" else None)


@cache
def _in_order(codes: frozenset[str]) -> tuple[str, ...]:
    return codebook()["bias_indicators"].sorted(codes)


def _region_weights() -> Mapping[str, int]:
    towns: Mapping[str, list[str]] = circumstances("municipalities")
    return {code: len(names) + (CAPITAL_WEIGHT if code == CAPITAL else 0) for code, names in towns.items()}
