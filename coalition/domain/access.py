"""Who may do what: one table, denied unless it says otherwise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from coalition.domain.errors import NotPermitted
from coalition.domain.vocabulary import SIGN_IN_ROLES, Role, State


class Permission(StrEnum):
    """Everything that needs a permission."""

    OWN_ACCOUNT = "account:own"
    """See one's own account and change the password."""
    MANAGE_ACCOUNTS = "account:manage"
    """Create people, give them a role, stop their access."""
    ADMIT_PEOPLE = "account:admit"
    """Confirm that a person whom an administrator added, or gave a wider role, is who they should be."""
    MANAGE_ORGANISATIONS = "organisation:manage"
    """Create and change member organisations and the coalition's own settings."""
    LIST_INCIDENTS = "incident:list"
    """See the list of one's organisation's incidents."""
    WORK_THROUGH = "list:work"
    """Narrow the list of one's work, keep and share what it is narrowed to, do one thing with many of its records."""
    RECORD_INCIDENT = "incident:record"
    """Begin a new incident."""
    READ_INCIDENT = "incident:read"
    """Read the member's whole record."""
    AMEND_INCIDENT = "incident:amend"
    """Change the facts, submit, withdraw, answer a question, discard a draft."""
    WITHDRAW_CONSENT = "consent:withdraw"
    """Note that a person took consent back, and see what left with the incident."""
    UNSEAL_IDENTITY = "incident:unseal"
    """See for one page what leads to the person: own reference, exact time, day of consent, names of sources."""
    REVIEW_QUEUE = "review:list"
    """See what waits for a decision."""
    REVIEW_INCIDENT = "review:read"
    """Read the pseudonymised record of a submitted incident."""
    DECIDE_INCIDENT = "review:decide"
    """Accept, return or reject."""
    LINK_INCIDENTS = "incident:link"
    """Have several records of one incident counted as one, and take that back."""
    DISCUSS_INCIDENT = "incident:discuss"
    """Comment on a record that was handed in, ask about it and answer."""
    READ_INBOX = "inbox:read"
    """See what waits for one's organisation or for the reviewers, and put it aside."""
    SEND_MAIL = "mail:send"
    """Send the e-mails that say that something waits, and try out the mail server."""
    BUILD_SUBMISSION = "submission:build"
    """Build and download the yearly submission."""
    BUILD_REPORT = "report:build"
    """Build and download the PDF report."""
    PUBLISH_SUMMARY = "summary:publish"
    """Publish a year's summary to the public."""
    KEEP_PROFILES = "profile:keep"
    """Copy and change profiles, and choose which one a data year is built with."""
    KEEP_OFFICIAL_FIGURES = "official:keep"
    """Enter what official sources report of hate crime, correct it, read it from a file."""
    FOLLOW_JOB = "job:follow"
    """See how a background job goes and fetch what it made."""
    IMPORT_INCIDENTS = "incident:import"
    """Read incidents from a file."""
    UPLOAD_INCIDENTS = "incident:upload"
    """Read one's organisation's own spreadsheet into drafts, and keep how its columns are read."""
    EXPORT_INCIDENTS = "incident:export"
    """Take incidents away as a file: the member its own whole records, the coordinator the pseudonymised ones."""
    COPY_INCIDENT = "incident:copy"
    """Give the person concerned a copy of everything held about them (GDPR Art. 15 and 20)."""
    PRINT_INCIDENT = "incident:print"
    """Make a sheet of one incident: for work inside the organisation, or to hand on with the person's consent."""
    PRINT_FORM = "form:print"
    """Print the blank paper form: it holds no data."""
    HOLD_INCIDENT = "incident:hold"
    """Lock an incident against being erased."""
    LIFT_HOLD = "incident:lift"
    """Take that lock away."""
    REVIEW_RETENTION = "retention:review"
    """See which incidents have been kept long enough to look at them again, and decide to keep them."""
    ASK_ERASURE = "erasure:ask"
    """Ask for an incident to be erased; a second person confirms it."""
    LIST_ERASURES = "erasure:list"
    """See which erasures wait for a second person."""
    CONFIRM_ERASURE = "erasure:confirm"
    """Be that second person, or take one's request back."""
    COMPARE_INCIDENTS = "incident:compare"
    """Have every record compared with the others: references, scores and reasons, nothing of what happened."""
    LIST_CODED = "incident:codes"
    """List the records of a year with their codes, without any text."""
    SEE_READERS = "incident:readers"
    """See who looked at an incident of one's organisation."""
    MANAGE_KEYS = "keys:manage"
    """Renew, check and copy keys; back up the data."""
    SEE_READINESS = "readiness:read"
    """See how ready a data year is: the coalition's of all members, a lead of the own organisation."""
    REMIND_MEMBERS = "readiness:remind"
    """Remind members that a data year waits for them."""
    READ_CALENDAR = "calendar:read"
    """See the dates that are for the members only."""
    KEEP_CALENDAR = "calendar:keep"
    """Set the dates of a cycle and keep the coalition's own."""
    READ_AUDIT = "audit:read"
    """Read the log of who did what."""


@dataclass(frozen=True)
class Actor:
    """Whoever acts. `organisation` is the member's id, None for those who act for the whole coalition."""

    id: str
    role: Role
    organisation: str | None = None
    name: str = ""
    affiliation: str | None = None
    """Of whoever reviews for the coalition: the id of the member they come from."""


@dataclass(frozen=True)
class IncidentSubject:
    """What the policy needs to know of an incident."""

    organisation: str
    author: str | None
    state: State
    shared: bool
    """Whether the consent, or a public source, lets the coalition see it."""


Rule = Callable[[Actor, IncidentSubject | None], bool]


def _anyone(_actor: Actor, _subject: IncidentSubject | None) -> bool:
    return True


def _own_organisation(actor: Actor, subject: IncidentSubject | None) -> bool:
    return subject is not None and actor.organisation is not None and actor.organisation == subject.organisation


def _own_record(actor: Actor, subject: IncidentSubject | None) -> bool:
    return _own_organisation(actor, subject) and subject is not None and subject.author == actor.id


def _member(actor: Actor, _subject: IncidentSubject | None) -> bool:
    return actor.organisation is not None


def _handed_to_coalition(_actor: Actor, subject: IncidentSubject | None) -> bool:
    return subject is not None and subject.shared and subject.state is not State.DRAFT


POLICY: Mapping[Permission, Mapping[Role, Rule]] = {
    Permission.OWN_ACCOUNT: dict.fromkeys(SIGN_IN_ROLES, _anyone),
    Permission.MANAGE_ACCOUNTS: {Role.ADMINISTRATOR: _anyone, Role.OPERATOR: _anyone},
    Permission.ADMIT_PEOPLE: {Role.LEAD: _member, Role.COORDINATOR: _anyone, Role.ADMINISTRATOR: _anyone},
    Permission.MANAGE_ORGANISATIONS: {Role.ADMINISTRATOR: _anyone, Role.OPERATOR: _anyone},
    Permission.LIST_INCIDENTS: {Role.CASE_WORKER: _member, Role.LEAD: _member},
    Permission.WORK_THROUGH: {Role.CASE_WORKER: _member, Role.LEAD: _member, Role.COORDINATOR: _anyone},
    Permission.RECORD_INCIDENT: {Role.CASE_WORKER: _member, Role.LEAD: _member},
    Permission.READ_INCIDENT: {Role.CASE_WORKER: _own_organisation, Role.LEAD: _own_organisation},
    Permission.AMEND_INCIDENT: {Role.CASE_WORKER: _own_record, Role.LEAD: _own_organisation},
    Permission.WITHDRAW_CONSENT: {
        Role.CASE_WORKER: _own_organisation,
        Role.LEAD: _own_organisation,
        Role.OPERATOR: _anyone,
    },
    Permission.UNSEAL_IDENTITY: {Role.CASE_WORKER: _own_record, Role.LEAD: _own_organisation},
    Permission.REVIEW_QUEUE: {Role.COORDINATOR: _anyone},
    Permission.REVIEW_INCIDENT: {Role.COORDINATOR: _handed_to_coalition},
    Permission.DECIDE_INCIDENT: {Role.COORDINATOR: _handed_to_coalition},
    Permission.LINK_INCIDENTS: {Role.COORDINATOR: _handed_to_coalition, Role.OPERATOR: _anyone},
    Permission.DISCUSS_INCIDENT: {
        Role.CASE_WORKER: _own_organisation,
        Role.LEAD: _own_organisation,
        Role.COORDINATOR: _handed_to_coalition,
    },
    Permission.READ_INBOX: {Role.CASE_WORKER: _member, Role.LEAD: _member, Role.COORDINATOR: _anyone},
    Permission.SEND_MAIL: {Role.OPERATOR: _anyone},
    Permission.BUILD_SUBMISSION: {Role.COORDINATOR: _anyone, Role.OPERATOR: _anyone},
    Permission.BUILD_REPORT: {Role.COORDINATOR: _anyone, Role.OPERATOR: _anyone},
    Permission.PUBLISH_SUMMARY: {Role.COORDINATOR: _anyone, Role.OPERATOR: _anyone},
    Permission.KEEP_PROFILES: {Role.COORDINATOR: _anyone, Role.OPERATOR: _anyone},
    Permission.KEEP_OFFICIAL_FIGURES: {Role.COORDINATOR: _anyone, Role.OPERATOR: _anyone},
    Permission.FOLLOW_JOB: {Role.COORDINATOR: _anyone, Role.OPERATOR: _anyone},
    Permission.IMPORT_INCIDENTS: {Role.OPERATOR: _anyone},
    Permission.UPLOAD_INCIDENTS: {Role.LEAD: _member, Role.OPERATOR: _anyone},
    Permission.EXPORT_INCIDENTS: {Role.CASE_WORKER: _member, Role.LEAD: _member, Role.COORDINATOR: _anyone},
    Permission.COPY_INCIDENT: {Role.CASE_WORKER: _own_record, Role.LEAD: _own_organisation},
    Permission.PRINT_INCIDENT: {Role.CASE_WORKER: _own_organisation, Role.LEAD: _own_organisation},
    Permission.PRINT_FORM: {
        Role.CASE_WORKER: _anyone,
        Role.LEAD: _anyone,
        Role.COORDINATOR: _anyone,
        Role.OPERATOR: _anyone,
    },
    Permission.HOLD_INCIDENT: {Role.CASE_WORKER: _own_record, Role.LEAD: _own_organisation},
    Permission.LIFT_HOLD: {Role.LEAD: _own_organisation},
    Permission.REVIEW_RETENTION: {Role.LEAD: _member, Role.OPERATOR: _anyone},
    Permission.ASK_ERASURE: {Role.CASE_WORKER: _own_organisation, Role.LEAD: _own_organisation},
    Permission.LIST_ERASURES: {Role.CASE_WORKER: _member, Role.LEAD: _member, Role.ADMINISTRATOR: _anyone},
    Permission.CONFIRM_ERASURE: {
        Role.CASE_WORKER: _own_organisation,
        Role.LEAD: _own_organisation,
        Role.ADMINISTRATOR: _anyone,
        Role.OPERATOR: _anyone,
    },
    Permission.COMPARE_INCIDENTS: {Role.OPERATOR: _anyone},
    Permission.LIST_CODED: {Role.OPERATOR: _anyone},
    Permission.SEE_READERS: {Role.LEAD: _own_organisation},
    Permission.MANAGE_KEYS: {Role.OPERATOR: _anyone},
    Permission.SEE_READINESS: {Role.LEAD: _member, Role.COORDINATOR: _anyone},
    Permission.REMIND_MEMBERS: {Role.COORDINATOR: _anyone},
    Permission.READ_CALENDAR: {Role.CASE_WORKER: _member, Role.LEAD: _member, Role.COORDINATOR: _anyone},
    Permission.KEEP_CALENDAR: {Role.COORDINATOR: _anyone},
    Permission.READ_AUDIT: {Role.AUDITOR: _anyone, Role.OPERATOR: _anyone},
}
"""The policy. A role that a permission does not name does not have it."""


def permits(actor: Actor, permission: Permission, subject: IncidentSubject | None = None) -> bool:
    """Tell whether the policy lets the actor do this to this subject."""
    rule = POLICY[permission].get(actor.role)
    return rule is not None and rule(actor, subject)


def require(actor: Actor, permission: Permission, subject: IncidentSubject | None = None) -> None:
    """Let the actor pass or raise NotPermitted."""
    if not permits(actor, permission, subject):
        raise NotPermitted(permission)
