"""What a demo coalition consists of, as frozen values that a loader can put into any database."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from coalition.domain.incidents import Facts
from coalition.domain.reviews import Step
from coalition.domain.vocabulary import RejectionReason, Role, State


@dataclass(frozen=True)
class DemoOrganisation:
    """One invented member organisation."""

    code: str
    names: Mapping[str, str]
    """By language code, as `about`."""
    about: Mapping[str, str]
    website: str


@dataclass(frozen=True)
class DemoAccount:
    """One invented person who can sign in."""

    email: str
    name: str
    role: Role
    organisation: str | None
    """The organisation's code, None for those who act for the whole coalition."""
    language: str


@dataclass(frozen=True)
class DemoMessage:
    """One message of the conversation about an incident."""

    author: str
    """The writer's e-mail: the coordinator's for a question, the recorder's for an answer."""
    text: str
    written_on: date


@dataclass(frozen=True)
class DemoDecision:
    """The coordinator's last decision."""

    step: Step
    """ACCEPT, RETURN or REJECT."""
    decided_on: date
    reason: RejectionReason | None = None
    """Why the incident was rejected; None for the other steps."""
    text: str = ""
    """The question of a return, the explanation of a rejection."""


@dataclass(frozen=True)
class DemoIncident:
    """One invented incident and what became of it."""

    organisation: str
    """The code of the member that recorded it."""
    author: str
    """The recorder's e-mail."""
    facts: Facts
    state: State
    recorded_on: date
    decision: DemoDecision | None = None
    """None for drafts and for what waits for its first decision or for one after an answer."""
    conversation: tuple[DemoMessage, ...] = ()
    """An earlier question and its answer, oldest first; all before the decision."""


@dataclass(frozen=True)
class DemoCoalition:
    """The whole demo."""

    names: Mapping[str, str]
    """The coalition's name by language code."""
    country: str
    organisations: tuple[DemoOrganisation, ...]
    accounts: tuple[DemoAccount, ...]
    incidents: Iterator[DemoIncident]
    """In the order of their dates; made while they are read, so they can be read once."""
