"""What goes on paper: the blank form, and the sheet of one case."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from coalition.db import audit as log
from coalition.db import incidents as storage
from coalition.documents.blank_form import BlankForm, form_as_pdf
from coalition.domain.access import Permission, permits, require
from coalition.domain.disclosure import NOTED_WHEN_READ, RECORD_CLASSES, VISIBLE
from coalition.domain.errors import NotAllowedNow, UnknownCode
from coalition.domain.names import Name
from coalition.domain.paper import OCCASION_OF, SheetKind, leaves, may_be_made
from coalition.domain.throttling import Use
from coalition.services import audit, settings, throttle
from coalition.services.incident_views import IncidentView, find, subject_of, view_of
from coalition.services.work import Work

MADE = "incident.print"
"""How the log calls that a sheet was made."""


def blank_form(work: Work, language: str) -> bytes:
    """Return the blank paper form as PDF in one of the site's languages.

    Raises NotPermitted, UnknownCode for another language, PdfUnavailable.
    """
    require(work.actor, Permission.PRINT_FORM)
    own = settings.read(work)
    if language not in own.languages:
        raise UnknownCode("languages", language)
    return form_as_pdf(BlankForm(own.name_in(language), language, own.emergency_number))


@dataclass(frozen=True)
class HandedOn:
    """A sheet that was made to leave the organisation."""

    at: datetime
    kind: SheetKind
    allowed: bool
    """Whether consent, or a public source, still allows it to be where it went."""


@dataclass(frozen=True)
class SheetChoices:
    """What a page needs that asks for whom a sheet is made: nothing of what happened."""

    reference: str
    allowed: tuple[SheetKind, ...]
    """The sheets that can be made now."""
    refused: tuple[SheetKind, ...]
    """Those for which there is no consent."""
    handed_on: tuple[HandedOn, ...]
    """What was made before to leave, the latest first."""


def sheet_choices(work: Work, reference: str) -> SheetChoices:
    """Return which sheets of an incident the actor can make, and which were made to be handed on.

    Raises NotFound.
    """
    incident = find(work, reference, Permission.PRINT_INCIDENT)
    facts = storage.facts_of(incident)
    identity = permits(work.actor, Permission.UNSEAL_IDENTITY, subject_of(incident))
    offered = [kind for kind in SheetKind if identity or kind is not SheetKind.IDENTITY]
    return SheetChoices(
        reference=incident.reference,
        allowed=tuple(kind for kind in offered if may_be_made(facts, kind)),
        refused=tuple(kind for kind in offered if not may_be_made(facts, kind)),
        handed_on=tuple(_handed_on(work, incident)),
    )


def _handed_on(work: Work, incident: storage.Incident) -> Iterator[HandedOn]:
    facts = storage.facts_of(incident)
    for entry in log.entries_about(work.session, "incident", incident.id):
        if entry.action == MADE and leaves(SheetKind(entry.details["sheet"])):
            kind = SheetKind(entry.details["sheet"])
            yield HandedOn(entry.at, kind, may_be_made(facts, kind))


@dataclass(frozen=True)
class CaseSheet:
    """One case as its sheet may show it, and who made it."""

    kind: SheetKind
    incident: IncidentView
    made_by: str
    """Name of the person; empty where the reader may not know who works on the record."""
    organisation: Name
    coalition: Name
    made_at: datetime
    time_zone: str


def case_sheet(work: Work, reference: str, kind: SheetKind) -> CaseSheet:
    """Return one case for a sheet of a kind; that it was made, and for whom, is noted.

    Raises NotFound, NotPermitted for the identity and a colleague who did not record it, NotAllowedNow where there is
    no consent for where it goes, OverBudget.
    """
    incident = find(work, reference, Permission.PRINT_INCIDENT)
    if kind is SheetKind.IDENTITY:
        require(work.actor, Permission.UNSEAL_IDENTITY, subject_of(incident))
    if not may_be_made(storage.facts_of(incident), kind):
        raise NotAllowedNow("print", incident.state)
    view = view_of(work, incident, OCCASION_OF[kind])
    seen, own = VISIBLE[view.audience], settings.read(work)
    throttle.spend(work, Use.DOCUMENT)
    audit.record(
        work, MADE, "incident", incident.id, sheet=kind.value, classes=sorted(NOTED_WHEN_READ.intersection(seen))
    )
    return CaseSheet(
        kind=kind,
        incident=view,
        made_by=work.actor.name if RECORD_CLASSES["author"] in seen else "",
        organisation=view.organisation,
        coalition=Name(own.name_in(own.languages[0]), own.name),
        made_at=work.now,
        time_zone=own.time_zone,
    )
