"""The rule of two people: what one person alone must never be able to do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from coalition.domain.access import POLICY, Permission
from coalition.domain.errors import NotApproved
from coalition.domain.vocabulary import MEMBER_ROLES, Role


@dataclass(frozen=True)
class Party:
    """Somebody who asks for something or agrees to it."""

    id: str
    role: Role
    active: bool = True
    organisation: str | None = None
    """The member's id, None for those who act for the whole coalition."""
    established: bool = True
    """Whether somebody else, or the command line, stands for this person, who has a password of their own."""


@dataclass(frozen=True)
class Standing:
    """What somebody is in the coalition: it decides what they read and change."""

    role: Role
    organisation: str | None = None
    """The member's id, None for those who act for the whole coalition."""


ADMISSION_LASTS = timedelta(days=14)
"""How long a new person, or a wider role, waits for somebody to confirm it."""


def _permissions(role: Role) -> frozenset[Permission]:
    return frozenset(permission for permission, roles in POLICY.items() if role in roles)


def widens(was: Standing, becomes: Standing) -> bool:
    """Tell whether another role or organisation opens something to somebody that was closed to them.

    Nobody who looks after accounts may open records to anybody alone (OWASP ASVS 5.0, 8.2.1 and 8.3.1); to take
    something away has to be quick and takes one.
    """
    elsewhere = becomes.organisation not in {None, was.organisation}
    return elsewhere or not _permissions(becomes.role) <= _permissions(was.role)


def may_admit(confirmer: Party, asker: Party, target: str, wanted: Standing, *, has_lead: bool) -> bool:
    """Tell whether somebody may confirm that a person is real and should be what an administrator made them.

    The confirmer is established, is not who asked and not the person concerned. For a member's person it is a lead of
    that member, or a coordinator while the member has no established lead; for those who act for the whole coalition a
    coordinator or another administrator. Whoever asked must still be somebody whose word counts.
    """
    if len({confirmer.id, asker.id, target}) != 3:  # noqa: PLR2004 - the two and the person concerned
        return False
    if not all(party.active and party.established for party in (confirmer, asker)):
        return False
    if asker.role is not Role.ADMINISTRATOR:
        return False
    if wanted.role not in MEMBER_ROLES:
        return confirmer.role in {Role.COORDINATOR, Role.ADMINISTRATOR}
    if confirmer.role is Role.LEAD:
        return confirmer.organisation == wanted.organisation
    return confirmer.role is Role.COORDINATOR and not has_lead


def admission_expired(asked_at: datetime, now: datetime) -> bool:
    """Tell whether a person has waited too long to be confirmed: an administrator has to ask again."""
    return now - asked_at >= ADMISSION_LASTS


def may_approve_reset(requester: Party, confirmer: Party, target: str) -> bool:
    """Tell whether two people together may replace what somebody signs in with: a lost second factor or password.

    They are two, neither is the person concerned, both are active and established, and one of them is an
    administrator: never an administrator alone, nor one with an invented second, so that nobody who looks after
    accounts can slip into somebody else's.
    """
    return (
        len({requester.id, confirmer.id, target}) == 3  # noqa: PLR2004 - the two and the person concerned
        and all(party.active and party.established for party in (requester, confirmer))
        and Role.ADMINISTRATOR in {requester.role, confirmer.role}
    )


ERASURE_LASTS = timedelta(days=14)
"""How long somebody's wish to erase a record waits for a second person."""


class Refusal(StrEnum):
    """Why two people may not erase a record together."""

    SAME_PERSON = "same_person"
    INACTIVE = "inactive"
    """The access of one of them is stopped."""
    OUTSIDER = "outsider"
    """One of them neither belongs to the organisation nor is an administrator."""
    NO_LEAD = "no_lead"
    """Neither leads the organisation that recorded."""
    EXPIRED = "expired"
    """The first of them asked too long ago."""


def check_erasure(first: Party, second: Party, organisation: str) -> None:
    """Let two people erase a record of an organisation, whichever of them asked.

    At least one is that organisation's lead; the other belongs to it too or is an administrator, who is told the
    reference and never the record. Raises NotApproved.
    """
    refusal = _refusal(first, second, organisation)
    if refusal:
        raise NotApproved(refusal)


def _refusal(first: Party, second: Party, organisation: str) -> Refusal | None:
    both = (first, second)
    if first.id == second.id:
        return Refusal.SAME_PERSON
    if not all(party.active for party in both):
        return Refusal.INACTIVE
    if not all(_belongs(party, organisation) or party.role is Role.ADMINISTRATOR for party in both):
        return Refusal.OUTSIDER
    if not any(party.role is Role.LEAD and _belongs(party, organisation) for party in both):
        return Refusal.NO_LEAD
    return None


def _belongs(party: Party, organisation: str) -> bool:
    return party.role in MEMBER_ROLES and party.organisation == organisation


def check_erasure_time(asked_at: datetime, now: datetime) -> None:
    """Let a wish to erase be confirmed while it is fresh.

    Raises NotApproved.
    """
    if erasure_expired(asked_at, now):
        raise NotApproved(Refusal.EXPIRED)


def erasure_expired(asked_at: datetime, now: datetime) -> bool:
    """Tell whether a wish to erase has waited too long."""
    return now - asked_at >= ERASURE_LASTS
