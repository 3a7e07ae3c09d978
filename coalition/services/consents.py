"""Consent after it was given: take it back, prove it, and mend what left before it was taken back."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from coalition.db import incidents as incident_storage
from coalition.db import releases as storage
from coalition.db.accounts import account_names
from coalition.db.organisations import name_of
from coalition.db.releases import CorrectionRow
from coalition.db.submissions import version_of_release
from coalition.documents.consent_proof import proof_as_json, proof_as_pdf
from coalition.domain.access import Permission, require
from coalition.domain.consents import (
    CHOSEN_OUTCOMES,
    ConsentGiven,
    ConsentProof,
    Kind,
    Mending,
    Message,
    Outcome,
    Part,
    purpose_of,
    remaining,
)
from coalition.domain.disclosure import FieldClass
from coalition.domain.errors import ChangedMeanwhile, NoConsent, NotFound, UnknownCode
from coalition.domain.names import Name
from coalition.domain.profile_checks import BrokenProfile, Problem
from coalition.domain.profiles import Profile, profile_for
from coalition.domain.vocabulary import Purpose, State
from coalition.services import audit, releases, settings
from coalition.services.history import keep_facts
from coalition.services.incident_views import find, note_reading, subject_of
from coalition.services.profiles import built_with
from coalition.services.releases import Touched
from coalition.services.work import Work

PROOF_NAME = "consent-{reference}"
"""Name of the file that proves a record's consent, without its ending."""


@dataclass(frozen=True)
class Withdrawal:
    """What taking consent back did."""

    version: int
    """The record's version from now on."""
    purposes: tuple[Purpose, ...]
    """What was withdrawn: with the consent to be recorded, every other."""
    touched: tuple[Touched, ...]
    """What the incident is in, the latest first."""


@dataclass(frozen=True)
class ConsentPage:
    """The consent behind a record, and what left with it."""

    reference: str
    state: State
    version: int
    basis: str
    given: tuple[ConsentGiven, ...]
    """Without the day on which it was given, which leads to the person: that is in the proof."""
    touched: tuple[Touched, ...]

    @property
    def in_force(self) -> frozenset[str]:
        """The purposes that are consented to now."""
        return frozenset(item.purpose.value for item in self.given if item.in_force)

    @property
    def must_go(self) -> bool:
        """Tell whether the record lost the consent to exist."""
        lost = any(item.purpose is Purpose.RECORD and not item.in_force for item in self.given)
        return lost and Purpose.RECORD not in self.in_force and self.basis == "consent"


def withdraw_consent(work: Work, reference: str, purposes: Collection[str], version: int | None = None) -> Withdrawal:
    """Take back consent for some purposes, in whatever state the incident is.

    Withdrawing is as easy as giving (GDPR Art. 7(3)): anybody of the member can note it, no decision stands in the
    way, and it takes effect at once on every way out. What left before is listed, and corrections are opened for it.
    Raises NotFound, UnknownCode for what is no purpose, NoConsent when none of them is in force, ChangedMeanwhile for
    a `version` that is not the present one.
    """
    wanted = frozenset(purpose_of(code).value for code in purposes)
    incident = find(work, reference, Permission.WITHDRAW_CONSENT, to_change=True)
    if version not in {None, incident.version}:
        raise ChangedMeanwhile
    before = incident_storage.facts_of(incident)
    if not wanted & before.consents:
        raise NoConsent(sorted(wanted))
    after = replace(before, consents=remaining(before.consents, before.consents - wanted))
    incident.changed_at = work.now
    keep_facts(work, incident, after)
    withdrawn = tuple(purpose for purpose in Purpose if purpose in before.consents - after.consents)
    audit.record(work, "incident.withdraw_consent", "incident", incident.id, purposes=[*withdrawn])
    return Withdrawal(incident.version, withdrawn, releases.withdraw_changes(work, incident, before, after))


def _given(work: Work, incident: incident_storage.Incident) -> tuple[ConsentGiven, ...]:
    names, order = account_names(work.session), list(Purpose)
    rows = sorted(incident_storage.consents_of(incident), key=lambda row: order.index(Purpose(row.purpose)))
    return tuple(
        ConsentGiven(
            purpose=Purpose(row.purpose),
            text_version=row.text_version,
            way=row.way,
            given_on=row.given_on,
            noted_at=row.noted_at,
            noted_by=names.get(row.noted_by or "", ""),
            withdrawn_at=row.withdrawn_at,
            withdrawn_by=names.get(row.withdrawn_by or "", ""),
            giver=row.giver,
        )
        for row in rows
    )


def read_consents(work: Work, reference: str) -> ConsentPage:
    """Return the consent behind a record and what left with it.

    Raises NotFound.
    """
    incident = find(work, reference, Permission.READ_INCIDENT)
    return ConsentPage(
        reference=incident.reference,
        state=State(incident.state),
        version=incident.version,
        basis=incident.basis,
        given=tuple(replace(item, given_on=None) for item in _given(work, incident)),
        touched=releases.touched(work, incident),
    )


def prove_consent(work: Work, reference: str) -> ConsentProof:
    """Return the proof of a record's consent (GDPR Art. 7(1)); that it was taken is noted.

    It holds the day of consent, so it needs what unsealing the identity needs. Raises NotFound, NotPermitted.
    """
    incident = find(work, reference, Permission.READ_INCIDENT)
    require(work.actor, Permission.UNSEAL_IDENTITY, subject_of(incident))
    own = settings.read(work)
    note_reading(work, incident, {FieldClass.IDENTITY}, "consent.prove")
    return ConsentProof(
        reference=incident.reference,
        organisation=name_of(incident.organisation),
        coalition=Name(own.name_in(own.languages[0]), own.name),
        basis=incident.basis,
        made_at=work.now,
        time_zone=own.time_zone,
        languages=own.languages,
        given=_given(work, incident),
    )


def proof_file(work: Work, reference: str, kind: str, language: str) -> bytes:
    """Return the proof of a record's consent as a file, "pdf" in a language or "json".

    Raises what `prove_consent` raises, and PdfUnavailable.
    """
    proof = prove_consent(work, reference)
    return proof_as_pdf(proof, language) if kind == "pdf" else proof_as_json(proof)


@dataclass(frozen=True)
class CorrectionView:
    """Something about a release that has to be mended, as the coordinator sees it: nothing of the case."""

    reference: str
    kind: Kind
    year: int
    released_at: datetime
    language: str
    part: Part
    number: int | None
    mending: Mending
    opened_at: datetime
    recipient: str
    """Where the message goes; empty where there is none to send."""
    message: Message | None
    """Ready to be sent; None where the coordinator mends it alone."""
    profile: str = ""
    """Code of the profile of a submission; empty for one from before there were versions, and for anything else."""
    written_in: str = ""
    """Language of the message."""
    problems: tuple[Problem, ...] = ()
    """Why there is no message although one has to be sent: what the profile said cannot be read any more."""


def open_corrections(work: Work) -> tuple[CorrectionView, ...]:
    """Return the corrections that nobody has dealt with, the oldest first."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    return tuple(_correction(work, row) for row in storage.open_corrections(work.session))


def read_correction(work: Work, reference: str) -> CorrectionView:
    """Return a correction.

    Raises NotFound.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    return _correction(work, _correction_row(work, reference))


def _correction_row(work: Work, reference: str, *, to_change: bool = False) -> CorrectionRow:
    row = storage.correction_with_reference(work.session, reference, lock=to_change)
    if row is None:
        raise NotFound("correction", reference)
    return row


def _correction(work: Work, row: CorrectionRow) -> CorrectionView:
    what, release = Mending(row.correction.mending), row.release
    version = version_of_release(work.session, release.id)
    taken: Profile | None = None
    problems: tuple[Problem, ...] = ()
    if what in {Mending.REMOVE, Mending.SUBTRACT}:
        try:
            # One from before there were versions was built with what fits its year.
            taken = built_with(work, version) if version else profile_for(release.year)
        except BrokenProfile as broken:
            problems = broken.problems
    return CorrectionView(
        reference=row.correction.reference,
        kind=Kind(release.kind),
        year=release.year,
        released_at=release.at,
        language=release.language,
        part=Part(row.correction.part),
        number=row.correction.number,
        mending=what,
        opened_at=row.correction.opened_at,
        recipient=taken.recipient if taken else "",
        message=_message(work, row, taken) if taken else None,
        profile=version.profile if version else "",
        written_in=taken.language if taken else "",
        problems=problems,
    )


def _message(work: Work, row: CorrectionRow, taken: Profile) -> Message:
    own, release = settings.read(work), row.release
    texts, removes = taken.texts, row.correction.mending == Mending.REMOVE
    template = texts.correction_remove if removes else texts.correction_subtract
    number = row.correction.number or 0
    words = {
        "year": release.year,
        "coalition": own.name_in(taken.language),
        "built": f"{release.at:%Y-%m-%d}",
        "number": number,
        # The first line holds the headings.
        "line": number + 1,
        "fingerprint": release.fingerprint,
        "contact": _whom(own.contact, taken.language) if own.contact else "",
    }
    return Message(texts.correction_subject.format(**words), template.strip().format(**words) + "\n")


def _whom(contact: str, language: str) -> str:
    """Return how an address follows a sentence; brackets do so in any language."""
    return f" to {contact}" if language == "en" else f" ({contact})"


def close_correction(work: Work, reference: str, outcome: str) -> None:
    """Note that a correction was sent, or that it is not needed because the file never left the coalition.

    Closing it twice changes nothing. Raises NotFound, UnknownCode.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    if outcome not in CHOSEN_OUTCOMES:
        raise UnknownCode("outcomes", outcome)
    row = _correction_row(work, reference, to_change=True)
    if row.correction.closed_at:
        return
    row.correction.closed_at, row.correction.closed_by = work.now, releases.account_of(work)
    row.correction.outcome = Outcome(outcome).value
    work.session.flush()
    audit.record(
        work,
        "correction.close",
        "correction",
        row.correction.id,
        kind=row.release.kind,
        year=row.release.year,
        outcome=row.correction.outcome,
    )
