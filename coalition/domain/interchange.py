"""The product's own complete format: everything about incidents as JSON, written for one reader, read back whole.

It is there so that a member can leave with its own cases, and a person with what is held about them (GDPR Art. 20:
structured, commonly used, machine-readable). A file is one object, UTF-8:

    format      "coalition.incidents"
    version     1: it grows by one when a reader of the former version could misunderstand the file
    codebook    version of the code book whose codes are used
    made_at     moment, ISO 8601 in UTC
    incidents   list of records

A record holds

    reference, organisation (the member's code), state, author, rejection_reason
    recorded_at, changed_at, submitted_at, decided_at      moments or null
    facts       one key per fact: codes of the code book, texts, numbers; "date" is YYYY, YYYY-MM or YYYY-MM-DD;
                "descriptions" holds texts by language; what is not said is an empty text, list or null
    withheld    names of the facts that the file's reader may not see; these are empty in "facts"
    consents    list of {purpose, text_version, giver, way, given_on, withdrawn_at}: also those taken back
    steps       list of {step, at, by, text, reason, findings {test: [proposed, found]}}, the oldest first
    messages    list of {kind, side, at, by, text, answers}: what member and coalition said to each other, the oldest
                first; "answers" is the place of the question in this list, from 0, or null. Left out when there is none
    hold        {reason, at} or null;  review_on   day or null

A file is never trusted: every key, type, length and code is checked here, and what is wrong is named by its place.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from datetime import date, datetime
from typing import Any, NoReturn

from coalition.domain.codebook import codebook, countries, regions
from coalition.domain.errors import CoalitionError, UnreadableFile
from coalition.domain.incidents import (
    EARLIEST_YEAR,
    Clearance,
    Facts,
    Indicator,
    Need,
    PartialDate,
    Perpetrators,
    Proceeding,
    Source,
    Victims,
)
from coalition.domain.messages import MessageKind
from coalition.domain.retention import HoldReason
from coalition.domain.reviews import Step
from coalition.domain.same_incident import LinkReason
from coalition.domain.vocabulary import State

FORMAT, VERSION = "coalition.incidents", 1
MOST_BYTES = 200_000_000
"""A larger file is refused before it is read: more than a large coalition records in a lifetime."""
MOST_RECORDS = 200_000
LINK = r"https?://[^\s<>\"]+"
"""What is taken for a link, here and in the form: it is shown as one."""
LINE, LONG, MOST_OF_URL = 1_000, 100_000, 2_000
"""Most characters of a text of one line and of several: more than any form takes, so that nothing is lost."""
MOST_PARTS = 200
"""Most entries of any list inside a record."""
SIDES = ("member", "coalition")
"""Who wrote a message."""
MOST_PEOPLE = 1_000_000

_CODES = (
    "ar az be bg bs ca cs cy da de el en es et eu fa fi fr ga gl he hr hu hy is it ja ka kk ku ky lb lt lv mk mn mt nb "
    "nl nn pl ps pt ro ru sk sl so sq sr sv tg tk tr uk ur uz zh"
)
LANGUAGES = frozenset(_CODES.split())
"""The languages in which a description may be written: two letters of ISO 639-1."""


class BadRecord(CoalitionError):
    """A record that cannot become an incident; `reason` is a plain English line that names the place, not the text."""

    def __init__(self, place: str, reason: str) -> None:
        """Keep where and what."""
        super().__init__(f"{place}: {reason}")
        self.place, self.reason = place, f"{place}: {reason}"


@dataclass(frozen=True)
class ConsentRecord:
    """One consent, in force or taken back."""

    purpose: str
    text_version: str
    way: str
    given_on: date | None
    withdrawn_at: datetime | None = None
    giver: str = ""


@dataclass(frozen=True)
class StepRecord:
    """One step in an incident's life."""

    step: str
    at: datetime
    by: str = ""
    text: str = ""
    reason: str = ""
    findings: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class MessageRecord:
    """One message about an incident. Notes among reviewers are in no file."""

    kind: str
    side: str
    """Who wrote it: "member" or "coalition"."""
    at: datetime
    by: str = ""
    text: str = ""
    answers: int | None = None
    """Place of the question that it answers among the messages, from 0."""


@dataclass(frozen=True)
class HoldRecord:
    """Why a record may not go."""

    reason: str
    at: datetime


@dataclass(frozen=True)
class Record:
    """One incident as a file holds it."""

    reference: str
    organisation: str
    state: State
    recorded_at: datetime
    changed_at: datetime
    facts: Facts
    author: str = ""
    rejection_reason: str = ""
    submitted_at: datetime | None = None
    decided_at: datetime | None = None
    withheld: tuple[str, ...] = ()
    consents: tuple[ConsentRecord, ...] = ()
    steps: tuple[StepRecord, ...] = ()
    messages: tuple[MessageRecord, ...] = ()
    hold: HoldRecord | None = None
    review_on: date | None = None


# ---------------------------------------------------------------------------------------------------------- writing


def record_to_json(record: Record) -> dict[str, Any]:
    """Return a record as JSON-ready data."""
    return {
        **{name: getattr(record, name) for name in ("reference", "organisation", "author", "rejection_reason")},
        "state": record.state.value,
        **{name: _moment_text(getattr(record, name)) for name in _MOMENTS},
        "facts": facts_to_json(record.facts),
        "withheld": list(record.withheld),
        "consents": [
            {**asdict(item), "given_on": _day_text(item.given_on), "withdrawn_at": _moment_text(item.withdrawn_at)}
            for item in record.consents
        ],
        "steps": [
            {
                **{name: getattr(item, name) for name in ("step", "by", "text", "reason")},
                "at": _moment_text(item.at),
                "findings": {test: list(found) for test, found in item.findings.items()},
            }
            for item in record.steps
        ],
        **_messages(record),
        "hold": record.hold and {"reason": record.hold.reason, "at": _moment_text(record.hold.at)},
        "review_on": _day_text(record.review_on),
    }


def _messages(record: Record) -> dict[str, Any]:
    # Left out where there are none: whoever reads files without this key reads these as before.
    said = [{**asdict(item), "at": _moment_text(item.at)} for item in record.messages]
    return {"messages": said} if said else {}


_MOMENTS = ("recorded_at", "changed_at", "submitted_at", "decided_at")


def _moment_text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _day_text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """Return every fact as JSON-ready data."""
    told = {name: _told(value) for name, value in vars(facts).items()}
    return {**told, "consents": sorted(facts.consents)}


def _told(value: object) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, PartialDate | date):
        return str(value)
    if isinstance(value, tuple):
        return [_told(item) for item in value]
    if is_dataclass(value):
        return {name: _told(inner) for name, inner in vars(value).items()}
    return value


def header(made_at: datetime) -> dict[str, Any]:
    """Return what a file says before its incidents."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "codebook": codebook().version,
        "made_at": made_at.isoformat(),
    }


def written(records: Iterable[Record], made_at: datetime) -> Iterable[str]:
    """Yield the text of a file piece by piece, one line per record, so that no file has to be held whole."""
    yield json.dumps(header(made_at), ensure_ascii=False)[:-1] + ', "incidents": ['
    before = "\n"
    for record in records:
        yield before + json.dumps(record_to_json(record), ensure_ascii=False)
        before = ",\n"
    yield "\n]}\n"


# ---------------------------------------------------------------------------------------------------------- reading


def read_file(content: bytes) -> list[object]:
    """Return the records of a file as they are: `record_of` checks each, so that one bad record costs only itself.

    Raises UnreadableFile, in one line, for anything that is no such file.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableFile(f"the file has more than {MOST_BYTES} bytes")
    data = _parsed(content)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise UnreadableFile(f'the file does not say "format": "{FORMAT}"')
    if data.get("version") != VERSION:
        raise UnreadableFile(f"this software reads version {VERSION} of the format only")
    records = data.get("incidents")
    if not isinstance(records, list) or len(records) > MOST_RECORDS:
        raise UnreadableFile(f'"incidents" is no list of at most {MOST_RECORDS} records')
    return records


def _parsed(content: bytes) -> object:
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant, object_pairs_hook=_object)
    except RecursionError:
        raise UnreadableFile("the file is nested too deeply") from None
    except UnicodeDecodeError:
        raise UnreadableFile("the file is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise UnreadableFile(f"the file is not JSON: {error.msg} at line {error.lineno}") from None
    except ValueError as error:
        raise UnreadableFile(f"the file is not usable JSON: {error}") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names one key twice")
    return found


Reader = Callable[[object, str], Any]
"""Takes a value and its place; returns what it means or raises BadRecord."""


def record_of(data: object, today: date) -> Record:
    """Return a record of a file.

    Raises BadRecord with the first thing that is wrong.
    """
    found = _fields(data, "record", _RECORD, needed=("reference", "state", "recorded_at", "facts"))
    record = Record(**{"organisation": "", "changed_at": found["recorded_at"], **found})
    _check_times(record, today)
    return record


def facts_from_json(data: object, place: str = "facts") -> Facts:
    """Return the facts that `facts_to_json` wrote.

    Raises BadRecord for an unknown key, a wrong type, a text too long, or a code that the code book does not hold.
    """
    found = _fields(data, place, _FACTS)
    region, country = found.get("region", ""), found.get("country", "")
    if region and region not in regions(country):
        raise BadRecord(f"{place}.region", "is no region of the country")
    return Facts(**found)


def _check_times(record: Record, today: date) -> None:
    if record.facts.date and record.facts.date.earliest() > today:
        raise BadRecord("facts.date", "is in the future")
    moments = (record.recorded_at, record.submitted_at, record.decided_at, *(step.at for step in record.steps))
    moments = (*moments, *(item.at for item in record.messages))
    if any(moment and moment.date() > today for moment in moments):
        raise BadRecord("record", "a moment is in the future")


def _fields(data: object, place: str, readers: Mapping[str, Reader], needed: Iterable[str] = ()) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise BadRecord(place, "is no object")
    unknown = next((key for key in data if key not in readers), None)
    if unknown is not None:
        raise BadRecord(place, f"holds the unknown key {unknown[:40]!a}")
    missing = next((key for key in needed if key not in data), None)
    if missing is not None:
        raise BadRecord(place, f"has no {missing}")
    return {key: readers[key](value, f"{place}.{key}") for key, value in data.items()}


def _text(most: int) -> Reader:
    def read(value: object, place: str) -> str:
        if not isinstance(value, str):
            raise BadRecord(place, "is no text")
        if len(value) > most:
            raise BadRecord(place, f"is longer than {most} characters")
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise BadRecord(place, "holds what is no character of a text")
        return value

    return read


def _link(value: object, place: str) -> str:
    text: str = _text(MOST_OF_URL)(value, place)
    if text and not re.fullmatch(LINK, text):
        raise BadRecord(place, "is no link that begins with https:// or http://")
    return text


def _code(known: Callable[[str], bool], *, may_be_empty: bool = True) -> Reader:
    line = _text(LINE)

    def read(value: object, place: str) -> str:
        code: str = line(value, place)
        if not (known(code) or (may_be_empty and not code)):
            raise BadRecord(place, f"{code[:40]!a} is no known code")
        return code

    return read


def _of_list(name: str, *, may_be_empty: bool = True) -> Reader:
    return _code(lambda code: code in codebook()[name], may_be_empty=may_be_empty)


def _list_of(reader: Reader, most: int = MOST_PARTS) -> Reader:
    def read(value: object, place: str) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > most:
            raise BadRecord(place, f"is no list of at most {most} entries")
        return tuple(reader(item, f"{place}[{number}]") for number, item in enumerate(value, start=1))

    return read


def _codes_of(name: str) -> Reader:
    codes = _list_of(_of_list(name, may_be_empty=False))

    def read(value: object, place: str) -> tuple[str, ...]:
        found: tuple[str, ...] = codes(value, place)
        if len(set(found)) != len(found):
            raise BadRecord(place, "names one code twice")
        return found

    return read


def _part(kind: type[Any], readers: Mapping[str, Reader], needed: Iterable[str] = ()) -> Reader:
    def read(value: object, place: str) -> Any:  # noqa: ANN401 - whatever the kind makes
        return kind(**_fields(value, place, readers, needed))

    return read


def _number(value: object, place: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_PEOPLE:
        raise BadRecord(place, f"is no whole number from 0 to {MOST_PEOPLE}")
    return value


def _partial_date(value: object, place: str) -> PartialDate | None:
    if value is None:
        return None
    try:
        parsed = PartialDate.parse(str(value))
    except ValueError:
        raise BadRecord(place, "is not YYYY, YYYY-MM or YYYY-MM-DD") from None
    if parsed.year < EARLIEST_YEAR:
        raise BadRecord(place, f"is before {EARLIEST_YEAR}")
    return parsed


def _day(value: object, place: str) -> date | None:
    if value is None:
        return None
    if not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII)):
        raise BadRecord(place, "is no day such as 2026-01-31")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise BadRecord(place, "is no day of the calendar") from None


def _moment(value: object, place: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) < LINE else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not EARLIEST_YEAR <= moment.year < date.max.year:
        raise BadRecord(place, "is no moment with its zone")
    return moment


def _or_none(reader: Reader) -> Reader:
    return lambda value, place: None if value is None else reader(value, place)


def _by_key(known: Callable[[str], bool], reader: Reader) -> Reader:
    def read(value: object, place: str) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > MOST_PARTS or not all(known(key) for key in value):
            raise BadRecord(place, "is no object with keys that are known")
        return {key: reader(item, f"{place}.{key}") for key, item in value.items()}

    return read


def _finding(value: object, place: str) -> tuple[str, str]:
    found: tuple[str, ...] = _list_of(_text(LINE), 2)(value, place)
    if len(found) != len(("proposed", "found")):
        raise BadRecord(place, "is not what was proposed and what was found")
    return found[0], found[1]


_FACTS: Mapping[str, Reader] = {
    "date": _partial_date,
    "time": _text(LINE),
    "country": _code(lambda code: code in countries()),
    "region": _text(LINE),
    "municipality": _text(LINE),
    "location_type": _of_list("location_types"),
    "offences": _codes_of("offences"),
    "chosen_type": _of_list("incident_types"),
    "type_reason": _text(LONG),
    "chosen_scope": _of_list("scopes"),
    "scope_reason": _text(LONG),
    "weapon": _of_list("weapons"),
    "motivations": _codes_of("bias_motivations"),
    "indicators": _list_of(
        _part(
            Indicator,
            {
                "code": _of_list("bias_indicators", may_be_empty=False),
                "note": _text(LONG),
                "observer": _of_list("observers"),
            },
            needed=["code"],
        )
    ),
    "victims": _list_of(
        _part(
            Victims,
            {
                "kind": _of_list("victim_kinds"),
                "number": _number,
                "gender": _of_list("genders"),
                "age_band": _of_list("age_bands"),
                "link": _of_list("links_to_group"),
                "injury": _text(LONG),
                "sub_grounds": _codes_of("sub_grounds"),
                "harm": _of_list("harms"),
                "earlier": _of_list("earlier_targeting"),
            },
            needed=["kind"],
        )
    ),
    "perpetrators": _list_of(
        _part(
            Perpetrators,
            {
                "number": _number,
                "gender": _of_list("genders"),
                "age_band": _of_list("age_bands"),
                "relation": _of_list("perpetrator_relations"),
                "capacity": _of_list("perpetrator_capacities"),
            },
        )
    ),
    "sources": _list_of(
        _part(
            Source,
            {
                "kind": _of_list("source_kinds"),
                "name": _text(LINE),
                "reference": _text(LINE),
                "date": _partial_date,
                "reliability": _of_list("source_reliabilities"),
                "credibility": _of_list("information_credibilities"),
                "url": _link,
            },
            needed=["kind"],
        )
    ),
    "case_status": _of_list("case_statuses"),
    "bias_recorded": _of_list("bias_recorded"),
    "proceedings": _list_of(
        _part(
            Proceeding,
            {
                "step": _of_list("police_steps"),
                "date": _partial_date,
                "reference": _text(LINE),
                "note": _text(LONG),
            },
            needed=["step"],
        )
    ),
    "needs": _list_of(
        _part(
            Need,
            {
                "need": _of_list("needs"),
                "referred_to": _text(LINE),
                "outcome": _of_list("referral_outcomes"),
                "follow_up": _day,
            },
            needed=["need"],
        )
    ),
    "clearances": _list_of(
        _part(
            Clearance,
            {
                "language": _code(LANGUAGES.__contains__, may_be_empty=False),
                "kind": _text(LINE),
                "text": _text(LONG),
                "reason": _text(LONG),
            },
            needed=["language", "kind", "text", "reason"],
        )
    ),
    "reason_not_reported": _of_list("reasons_not_reported"),
    "authorities_response": _text(LONG),
    "impact": _text(LONG),
    "own_reference": _text(LINE),
    "narrative": _text(LONG),
    "descriptions": _by_key(LANGUAGES.__contains__, _text(LONG)),
    "basis": _of_list("bases"),
    "consents": lambda value, place: frozenset(_codes_of("consent_purposes")(value, place)),
    "consent_by": _of_list("consent_givers"),
    "consent_way": _of_list("consent_ways"),
    "consent_date": _day,
    **dict.fromkeys(("contact_name", "contact_phone", "contact_email", "contact_safely"), _text(LINE)),
}
"""How each fact is read: a test fails while one of `Facts` is missing here."""

_CONSENT: Mapping[str, Reader] = {
    "giver": _of_list("consent_givers"),
    "purpose": _of_list("consent_purposes", may_be_empty=False),
    "text_version": _text(LINE),
    "way": _of_list("consent_ways"),
    "given_on": _day,
    "withdrawn_at": _or_none(_moment),
}
_STEP: Mapping[str, Reader] = {
    "step": _code(lambda code: code in set(Step), may_be_empty=False),
    "at": _moment,
    "by": _text(LINE),
    "text": _text(LONG),
    "reason": _code(lambda code: code in codebook()["rejection_reasons"] or code in set(LinkReason)),
    "findings": _by_key(lambda key: len(key) < LINE, _finding),
}
_MESSAGE: Mapping[str, Reader] = {
    "kind": _code(lambda code: code in set(MessageKind), may_be_empty=False),
    "side": _code(lambda code: code in SIDES, may_be_empty=False),
    "at": _moment,
    "by": _text(LINE),
    "text": _text(LONG),
    "answers": _number,
}
_HOLD: Mapping[str, Reader] = {
    "reason": _code(lambda code: code in set(HoldReason), may_be_empty=False),
    "at": _moment,
}
_RECORD: Mapping[str, Reader] = {
    "reference": _code(
        lambda code: re.fullmatch(r"[0-9A-Z]{5}-[0-9A-Z]{5}", code, re.ASCII) is not None, may_be_empty=False
    ),
    "organisation": _text(LINE),
    "author": _text(LINE),
    "state": lambda value, place: State(_code(lambda code: code in set(State), may_be_empty=False)(value, place)),
    "rejection_reason": _of_list("rejection_reasons"),
    "recorded_at": _moment,
    "changed_at": _moment,
    "submitted_at": _or_none(_moment),
    "decided_at": _or_none(_moment),
    "facts": facts_from_json,
    "withheld": _list_of(_text(LINE), LINE),
    "consents": _list_of(_part(ConsentRecord, _CONSENT, needed=_CONSENT.keys() - {"giver"})),
    "steps": _list_of(_part(StepRecord, _STEP, needed=["step", "at"]), LINE),
    "messages": _list_of(_part(MessageRecord, _MESSAGE, needed=["kind", "side", "at"]), LINE),
    "hold": _or_none(_part(HoldRecord, _HOLD, needed=_HOLD)),
    "review_on": _day,
}
"""How each key of a record is read."""


def arrival(record: Record, *, accepted: bool) -> State:
    """Return the state in which a record arrives in another installation.

    A draft stays a draft. Everything else is reviewed by the coalition it comes to, unless its operator trusts the
    decisions of the one it comes from (`accepted`): then what was accepted, and can be counted, stays accepted.
    """
    facts = record.facts
    countable = facts.date is not None and facts.type is not None and bool(facts.motivations)
    if record.state is State.DRAFT:
        return State.DRAFT
    return State.ACCEPTED if accepted and countable and record.state is State.ACCEPTED else State.SUBMITTED


def names_of_facts() -> frozenset[str]:
    """Return the facts that a file can hold."""
    return frozenset(_FACTS) & {item.name for item in fields(Facts)}
