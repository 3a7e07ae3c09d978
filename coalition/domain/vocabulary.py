"""The codes that rules have to name. A test holds each enumeration equal to its list in the code book."""

from enum import StrEnum


class BiasMotivation(StrEnum):
    """ODIHR's nine bias motivations, in ODIHR's order."""

    RACIST_XENOPHOBIC = "racist_xenophobic"
    ANTI_ROMA = "anti_roma"
    ANTI_SEMITIC = "anti_semitic"
    ANTI_MUSLIM = "anti_muslim"
    ANTI_CHRISTIAN = "anti_christian"
    OTHER_RELIGION = "other_religion"
    GENDER = "gender"
    ANTI_LGBTI = "anti_lgbti"
    DISABILITY = "disability"


class IncidentType(StrEnum):
    """ODIHR's three types; an incident has exactly one."""

    VIOLENT_ATTACK = "violent_attack"
    THREAT = "threat"
    PROPERTY_ATTACK = "property_attack"


class Basis(StrEnum):
    """What allows the record to exist (GDPR Art. 9(2)(a) or (e))."""

    CONSENT = "consent"
    """The person concerned consented, per purpose."""
    PUBLIC_SOURCE = "public_source"
    """Everything recorded is public already."""


class Purpose(StrEnum):
    """What a person can consent to; each is separate and revocable (GDPR Art. 7)."""

    RECORD = "record"
    SHARE_COALITION = "share_coalition"
    STATISTICS = "statistics"
    ODIHR = "odihr"
    PUBLISH = "publish"
    REFER = "refer"
    POLICE = "police"
    CONTACT = "contact"


class State(StrEnum):
    """Where an incident stands between recording and decision."""

    DRAFT = "draft"
    """Only the recording organisation knows of it."""
    SUBMITTED = "submitted"
    """Handed to the coalition; nobody looks at it yet."""
    IN_REVIEW = "in_review"
    """A reviewer works on it."""
    RETURNED = "returned"
    """A reviewer asked a question; the recorder answers."""
    ACCEPTED = "accepted"
    """Counts."""
    REJECTED = "rejected"
    """Does not count, for a recorded reason that is itself counted."""
    DUPLICATE = "duplicate"
    """Another record is about the same incident, and both are counted as one."""


class RejectionReason(StrEnum):
    """Why an incident is not counted; the number of each is published."""

    NOT_PARTICIPATING_STATE = "not_participating_state"
    OUTSIDE_DATA_YEAR = "outside_data_year"
    NOT_CRIMINAL = "not_criminal"
    SPEECH_OR_DISCRIMINATION = "speech_or_discrimination"
    NO_INDICATOR = "no_indicator"
    NOT_ENOUGH_DETAIL = "not_enough_detail"
    DUPLICATE = "duplicate"
    NO_CONSENT = "no_consent"
    NOT_VERIFIED = "not_verified"


class Role(StrEnum):
    """What a person is in the coalition."""

    CASE_WORKER = "case_worker"
    """Records incidents for one member organisation."""
    LEAD = "lead"
    """Sees and signs off the incidents of one member organisation."""
    COORDINATOR = "coordinator"
    """Reviews the pseudonymised incidents of all members; builds the submission, the report and the summary."""
    ADMINISTRATOR = "administrator"
    """Looks after people and organisations; reads no incident."""
    AUDITOR = "auditor"
    """Reads the log of who did what, and nothing else."""
    OPERATOR = "operator"
    """Whoever runs the command line on the server; never an account that can sign in."""
    NOBODY = "nobody"
    """Whoever has not signed in; the policy names it nowhere."""


SIGN_IN_ROLES = (Role.CASE_WORKER, Role.LEAD, Role.COORDINATOR, Role.ADMINISTRATOR, Role.AUDITOR)
MEMBER_ROLES = (Role.CASE_WORKER, Role.LEAD)
