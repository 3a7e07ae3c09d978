"""The only place where codes meet language: (list, code) becomes a label of the reader's language.

The code book's English labels are message ids with the list's name as context; `coalition.i18n.extraction` puts them
into the catalogues.
"""

from collections.abc import Collection
from dataclasses import dataclass

from coalition.domain.anonymity import Kind
from coalition.domain.codebook import Entry, HelpSource, codebook, regions
from coalition.domain.criterion import Finding, Test
from coalition.domain.duplicates import Reason
from coalition.domain.paper import SheetKind
from coalition.domain.readiness import Lack, Standing
from coalition.domain.retention import ErasureReason, HoldReason, KeepReason
from coalition.domain.reviews import Step
from coalition.domain.same_incident import LinkReason, Obstacle
from coalition.domain.summaries import Undecided
from coalition.domain.verification import VerificationLevel
from coalition.domain.vocabulary import Role, State
from coalition.i18n import L_, pgettext, territory_name


def label(list_name: str, code: str) -> str:
    """Return the label of a code; an empty code has an empty label."""
    if not code:
        return ""
    if list_name == "countries":
        return territory_name(code)
    if list_name == "regions":
        return pgettext("regions", regions(code.split("-", maxsplit=1)[0])[code].label)
    if list_name == "step_reasons":
        list_name = "link_reasons" if code in FIXED["link_reasons"] else "rejection_reasons"
    if list_name in FIXED:
        return str(FIXED[list_name][code])
    return pgettext(list_name, codebook()[list_name][code].label)


def hint(list_name: str, code: str) -> str:
    """Return what belongs under a code and what does not; empty where the code book says nothing."""
    text = codebook()[list_name][code].hint
    return pgettext(list_name, text) if text else ""


@dataclass(frozen=True)
class HelpOnEntry:
    """What belongs under one choice, in the reader's language; what the code book does not say is empty."""

    label: str
    hint: str
    example: str
    not_here: str

    @property
    def cases(self) -> str:
        """Return what is said beside the hint; empty for nothing."""
        return self.example or self.not_here


@dataclass(frozen=True)
class HelpOnList:
    """What a question asks for, in the reader's language."""

    source: HelpSource
    meaning: str
    example: str
    not_here: str
    entries: tuple[HelpOnEntry, ...]
    """The choices about which more is said than their label."""


def help_on(list_name: str, codes: Collection[str] = ()) -> HelpOnList | None:
    """Return the help on a list, or on the part of it that a field offers; None where the code book has none."""
    asked = codebook()[list_name]
    if asked.help is None:
        return None
    explained = [entry for entry in asked if not codes or entry.code in codes]
    return HelpOnList(
        asked.help.source,
        pgettext("help", asked.help.meaning),
        _told("help", asked.help.example),
        _told("help", asked.help.not_here),
        tuple(_help_on_entry(list_name, entry) for entry in explained if entry.hint or entry.example or entry.not_here),
    )


def _help_on_entry(list_name: str, entry: Entry) -> HelpOnEntry:
    texts = (entry.label, entry.hint or "", entry.example, entry.not_here)
    return HelpOnEntry(*(_told(list_name, text) for text in texts))


def _told(context: str, text: str) -> str:
    # The empty text is the catalogue's own heading.
    return pgettext(context, text) if text else ""


def choices(list_name: str) -> list[tuple[str, str]]:
    """Return (code, label) of a whole list in its order."""
    return [(entry.code, label(list_name, entry.code)) for entry in codebook()[list_name]]


FIXED: dict[str, dict[str, str]] = {
    "roles": {
        Role.CASE_WORKER: L_("Case worker"),
        Role.LEAD: L_("Organisation lead"),
        Role.COORDINATOR: L_("Coordinator"),
        Role.ADMINISTRATOR: L_("Administrator"),
        Role.AUDITOR: L_("Auditor"),
        Role.OPERATOR: L_("Command line"),
        Role.NOBODY: L_("Visitor"),
    },
    "states": {
        State.DRAFT: L_("Draft"),
        State.SUBMITTED: L_("Submitted"),
        State.IN_REVIEW: L_("In review"),
        State.RETURNED: L_("Question asked"),
        State.ACCEPTED: L_("Accepted"),
        State.REJECTED: L_("Not accepted"),
        State.DUPLICATE: L_("Counted with another record"),
    },
    "readiness": {
        Standing.READY: L_("Would be in it now"),
        Standing.INCOMPLETE: L_("Something is missing"),
        Standing.NO_CONSENT: L_("A consent is missing"),
        Standing.ALIKE: L_("Perhaps the same incident as another record"),
        Lack.COUNTRY: L_("No participating State"),
        Lack.TYPE: L_("No type of incident"),
        Lack.MOTIVATION: L_("No bias motivation"),
        Lack.INDICATOR: L_("No bias indicator with what was observed"),
        Lack.TEXT: L_("Neither an account nor a description"),
        Lack.SOURCE: L_("No source of information"),
        Lack.DESCRIPTION: L_("No English description"),
        Lack.SHARING: L_("No consent to share it with the coalition"),
        Lack.SUBMITTING: L_("No consent for ODIHR"),
    },
    "undecided": {
        Undecided.WAITING: L_("Not decided yet"),
        Undecided.ASKED: L_("With an open question to the member"),
        Undecided.EITHER: L_("Not decided yet, or with an open question"),
    },
    "steps": {
        Step.SUBMIT: L_("Submitted"),
        Step.WITHDRAW: L_("Taken back"),
        Step.TAKE: L_("Taken into review"),
        Step.PUT_BACK: L_("Put back into the queue"),
        Step.PROPOSE: L_("Decision proposed"),
        Step.ACCEPT: L_("Accepted"),
        Step.RETURN: L_("Returned with a question"),
        Step.REJECT: L_("Not accepted"),
        Step.LINK: L_("Counted with another record"),
        Step.UNLINK: L_("Counted by itself again"),
        Step.REOPEN: L_("Decision taken back"),
    },
    "link_reasons": {
        LinkReason.FOLLOWS: L_("The record that it was counted with is counted with another one now."),
        LinkReason.BACK: L_("The record that it had come with is counted by itself again."),
        LinkReason.GONE: L_("The record that it was counted with is not with the coalition any more."),
    },
    "link_obstacles": {
        Obstacle.ITSELF: L_("A record cannot be counted with itself, or with one that is counted with it."),
        Obstacle.TWICE: L_("The same record is named twice."),
        Obstacle.DRAFT: L_("It is a draft: it was never handed in, or was taken back."),
        Obstacle.NOT_SHARED: L_("Its person does not agree to share it with the coalition."),
        Obstacle.RETURNED: L_("A question about it waits for an answer. Wait for that first."),
        Obstacle.REJECTED: L_("It is not accepted, so it does not count. Take that decision back first."),
        Obstacle.WITH_ANOTHER: L_("It is counted with another record already. Take that back first."),
        Obstacle.NOT_LINKED: L_("It is counted by itself already."),
        Obstacle.LEADS_OTHERS: L_("Other records are counted with it. Take each of them away by itself."),
        Obstacle.TOO_MANY: L_("These are too many records at once."),
    },
    "job_states": {
        "queued": L_("Waiting"),
        "running": L_("Running"),
        "done": L_("Done"),
        "failed": L_("Failed"),
    },
    "job_kinds": {
        "submission": L_("Yearly submission"),
        "report": L_("PDF report"),
        "import": L_("Import of a spreadsheet"),
    },
    "sheets": {
        SheetKind.INTERNAL: L_("Your organisation, without identity details"),
        SheetKind.IDENTITY: L_("Your organisation, with identity details"),
        SheetKind.COALITION: L_("The coalition and its members"),
        SheetKind.SUPPORT: L_("A support service"),
        SheetKind.POLICE: L_("The police"),
    },
    "hold_reasons": {
        HoldReason.LEGAL_PROCEEDINGS: L_("Legal proceedings"),
        HoldReason.POLICE_INVESTIGATION: L_("Police investigation"),
        HoldReason.COMPLAINT: L_("Complaint about how the case was handled"),
    },
    "keep_reasons": {
        KeepReason.CASE_OPEN: L_("The case is still worked on"),
        KeepReason.PROCEEDINGS: L_("Proceedings go on or can still begin"),
        KeepReason.PERSON_WISHES: L_("The person concerned wants it kept"),
        KeepReason.PATTERN: L_("It belongs to a pattern that is still documented"),
    },
    "erasure_reasons": {
        ErasureReason.PERSON_REQUEST: L_("The person concerned asked for it, or took back the consent to be recorded"),
        ErasureReason.RETENTION: L_("It is no longer needed"),
        ErasureReason.RECORDED_IN_ERROR: L_("It was recorded in error"),
    },
    "flag_kinds": {
        Kind.NAME: L_("May be a name"),
        Kind.PLACE: L_("Place"),
        Kind.DAY: L_("Day or hour"),
        Kind.AGE: L_("Exact age"),
        Kind.PHONE: L_("Telephone number"),
        Kind.EMAIL: L_("E-mail address"),
        Kind.ACCOUNT: L_("Account"),
        Kind.LINK: L_("Link"),
        Kind.NUMBER: L_("Number of a document or case"),
        Kind.PLATE: L_("Licence plate"),
        Kind.OWN: L_("Kept back in your record"),
    },
    "flag_advice": {
        Kind.NAME: L_("Say who it was in general terms: a young woman, a shop, an organisation."),
        Kind.PLACE: L_("Leave it out, or say what kind of place it was."),
        Kind.DAY: L_("Leave it out. The month may stay."),
        Kind.AGE: L_("Say it in general terms: a child, a teenager, in her 30s, elderly."),
        Kind.PHONE: L_("Leave it out."),
        Kind.EMAIL: L_("Leave it out."),
        Kind.ACCOUNT: L_("Leave it out."),
        Kind.LINK: L_("Leave it out."),
        Kind.NUMBER: L_("Leave it out."),
        Kind.PLATE: L_("Leave it out."),
        Kind.OWN: L_("The record holds it as something that stays with you. Leave it out."),
    },
    "likeness_reasons": {
        Reason.SAME_DAY: L_("the same day"),
        Reason.NEAR_IN_TIME: L_("near in time"),
        Reason.SAME_MONTH: L_("the same month"),
        Reason.SAME_PLACE: L_("the same place"),
        Reason.SAME_REGION: L_("the same region"),
        Reason.SAME_MOTIVATION: L_("the same bias motivations"),
        Reason.SHARED_MOTIVATION: L_("a bias motivation in common"),
        Reason.SAME_TYPE: L_("the same type"),
        Reason.SIMILAR_TEXT: L_("the texts speak of the same things"),
    },
    "verification_levels": {
        VerificationLevel.UNVERIFIED: L_("Not verified"),
        VerificationLevel.ONE_SOURCE: L_("One source"),
        VerificationLevel.CORROBORATED: L_("Corroborated"),
        VerificationLevel.DOCUMENTED: L_("Documented in public"),
    },
    "verification_meanings": {
        VerificationLevel.UNVERIFIED: L_("Of no source was it found that it tells what happened."),
        VerificationLevel.ONE_SOURCE: L_("At least one source tells what happened."),
        VerificationLevel.CORROBORATED: L_(
            "Two sources or more tell what happened, and two of them do not depend on each other."
        ),
        VerificationLevel.DOCUMENTED: L_(
            "Corroborated, and one of the sources that tell it is published and still there: anybody can look."
        ),
    },
    "verdicts": {
        Step.ACCEPT: L_("Accept"),
        Step.REJECT: L_("Do not accept"),
        Step.LINK: L_("Same incident as another record"),
    },
    "findings": {
        Finding.YES: L_("Yes"),
        Finding.NO: L_("No"),
        Finding.UNCLEAR: L_("A person has to look"),
    },
    "tests": {
        Test.PARTICIPATING_STATE: L_("Did it happen in an OSCE participating State?"),
        Test.DATA_YEAR: L_("Does it belong to a data year?"),
        Test.CRIMINAL_OFFENCE: L_("Is it a criminal offence under national law?"),
        Test.BEYOND_SPEECH: L_("Is it more than hate speech or discrimination?"),
        Test.BIAS_INDICATOR: L_("Is there at least one bias indicator?"),
        Test.ENOUGH_DETAIL: L_("Is there enough detail: place, date, what happened?"),
        Test.NOT_DUPLICATE: L_("Is it recorded only once?"),
        Test.PERMITTED: L_("Is there consent, or a public source?"),
    },
}
"""Lists that belong to the software, not to the code book."""
