"""Two people erase a record, and which two."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from coalition.domain.approvals import Party, Refusal, check_erasure, check_erasure_time
from coalition.domain.errors import NotApproved
from coalition.domain.vocabulary import SIGN_IN_ROLES, Role

OWN, OTHER = "o1", "o2"
ASKED = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
LEAD = Party("lead", Role.LEAD, organisation=OWN)
WORKER = Party("worker", Role.CASE_WORKER, organisation=OWN)
ADMINISTRATOR = Party("administrator", Role.ADMINISTRATOR)


def refused(first: Party, second: Party) -> str | None:
    try:
        check_erasure(first, second, OWN)
    except NotApproved as refusal:
        return refusal.reason
    return None


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (LEAD, WORKER, None),
        (LEAD, ADMINISTRATOR, None),
        (LEAD, Party("second lead", Role.LEAD, organisation=OWN), None),
        (LEAD, LEAD, Refusal.SAME_PERSON),
        (WORKER, ADMINISTRATOR, Refusal.NO_LEAD),
        (WORKER, Party("w2", Role.CASE_WORKER, organisation=OWN), Refusal.NO_LEAD),
        (ADMINISTRATOR, Party("a2", Role.ADMINISTRATOR), Refusal.NO_LEAD),
        (LEAD, Party("coordinator", Role.COORDINATOR), Refusal.OUTSIDER),
        (LEAD, Party("auditor", Role.AUDITOR), Refusal.OUTSIDER),
        (LEAD, Party("stranger", Role.LEAD, organisation=OTHER), Refusal.OUTSIDER),
        (LEAD, Party("gone", Role.CASE_WORKER, active=False, organisation=OWN), Refusal.INACTIVE),
        (Party("foreign lead", Role.LEAD, organisation=OTHER), ADMINISTRATOR, Refusal.OUTSIDER),
    ],
)
def test_which_two_may_erase(first: Party, second: Party, reason: str | None):
    assert refused(first, second) == reason
    assert refused(second, first) == reason


def test_no_pair_passes_without_the_lead_of_the_organisation():
    parties = [
        Party(f"{role}-{organisation}-{active}", role, active=active, organisation=organisation)
        for role, organisation, active in product(SIGN_IN_ROLES, (OWN, OTHER, None), (True, False))
    ]
    for first, second in product(parties, parties):
        if refused(first, second) is None:
            assert first.id != second.id
            assert first.active
            assert second.active
            assert (Role.LEAD, OWN) in {(first.role, first.organisation), (second.role, second.organisation)}


def test_a_wish_can_be_confirmed_for_fourteen_days():
    check_erasure_time(ASKED, ASKED + timedelta(days=14, seconds=-1))
    with pytest.raises(NotApproved) as refusal:
        check_erasure_time(ASKED, ASKED + timedelta(days=14))
    assert refusal.value.reason == Refusal.EXPIRED
