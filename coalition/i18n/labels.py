"""The only place where codes meet language: (list, code) becomes a label of the reader's language.

The code book's English labels are message ids with the list's name as context; `coalition.i18n.extraction` puts them
into the catalogues.
"""

from coalition.domain.codebook import codebook, regions
from coalition.domain.criterion import Finding, Test
from coalition.domain.retention import ErasureReason, HoldReason, KeepReason
from coalition.domain.reviews import Step
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
    if list_name in FIXED:
        return str(FIXED[list_name][code])
    return pgettext(list_name, codebook()[list_name][code].label)


def hint(list_name: str, code: str) -> str:
    """Return what belongs under a code and what does not; empty where the code book says nothing."""
    text = codebook()[list_name][code].hint
    return pgettext(list_name, text) if text else ""


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
        State.RETURNED: L_("Question asked"),
        State.ACCEPTED: L_("Accepted"),
        State.REJECTED: L_("Not accepted"),
    },
    "steps": {
        Step.SUBMIT: L_("Submitted"),
        Step.WITHDRAW: L_("Taken back"),
        Step.ACCEPT: L_("Accepted"),
        Step.RETURN: L_("Returned with a question"),
        Step.REJECT: L_("Not accepted"),
        Step.REOPEN: L_("Decision taken back"),
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
