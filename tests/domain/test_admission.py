"""Who confirms a person, and what has to be confirmed at all."""

from itertools import product

import pytest

from coalition.domain.access import POLICY
from coalition.domain.approvals import Party, Standing, may_admit, widens
from coalition.domain.authentication import link_opens
from coalition.domain.vocabulary import MEMBER_ROLES, SIGN_IN_ROLES, Role

OWN, OTHER = "o1", "o2"
ADMINISTRATOR = Party("administrator", Role.ADMINISTRATOR)
COORDINATOR = Party("coordinator", Role.COORDINATOR)
LEAD = Party("lead", Role.LEAD, organisation=OWN)
CASE_WORKER = Standing(Role.CASE_WORKER, OWN)
STANDINGS = [Standing(role, place) for role in MEMBER_ROLES for place in (OWN, OTHER)] + [
    Standing(role) for role in SIGN_IN_ROLES if role not in MEMBER_ROLES
]
PEOPLE = [
    Party(f"{role}-{place}-{active}-{established}", role, active, place, established)
    for role, place, active, established in product(SIGN_IN_ROLES, (OWN, OTHER, None), (True, False), (True, False))
]


@pytest.mark.parametrize(
    ("confirmer", "wanted", "has_lead", "may"),
    [
        (LEAD, CASE_WORKER, True, True),
        (LEAD, Standing(Role.LEAD, OWN), True, True),
        (LEAD, Standing(Role.CASE_WORKER, OTHER), False, False),
        (LEAD, Standing(Role.COORDINATOR), True, False),
        (COORDINATOR, CASE_WORKER, True, False),
        (COORDINATOR, CASE_WORKER, False, True),
        (COORDINATOR, Standing(Role.COORDINATOR), True, True),
        (COORDINATOR, Standing(Role.AUDITOR), True, True),
        (COORDINATOR, Standing(Role.ADMINISTRATOR), True, True),
        (Party("a2", Role.ADMINISTRATOR), Standing(Role.COORDINATOR), True, True),
        (Party("a2", Role.ADMINISTRATOR), Standing(Role.ADMINISTRATOR), True, True),
        (Party("a2", Role.ADMINISTRATOR), CASE_WORKER, False, False),
        (ADMINISTRATOR, Standing(Role.COORDINATOR), True, False),
        (Party("w", Role.CASE_WORKER, organisation=OWN), CASE_WORKER, True, False),
        (Party("auditor", Role.AUDITOR), Standing(Role.AUDITOR), True, False),
        (Party("puppet", Role.LEAD, organisation=OWN, established=False), CASE_WORKER, True, False),
        (Party("gone", Role.LEAD, active=False, organisation=OWN), CASE_WORKER, True, False),
    ],
)
def test_who_confirms_whom(confirmer: Party, wanted: Standing, has_lead: bool, may: bool):
    assert may_admit(confirmer, ADMINISTRATOR, "new", wanted, has_lead=has_lead) is may


def test_nobody_confirms_themselves_nor_what_they_asked_for():
    for person, wanted, has_lead in product(PEOPLE, STANDINGS, (True, False)):
        assert not may_admit(person, person, "new", wanted, has_lead=has_lead)
        assert not may_admit(person, ADMINISTRATOR, person.id, wanted, has_lead=has_lead)


def test_only_the_established_confirm_and_only_for_whoever_is_established():
    for person, wanted, has_lead in product(PEOPLE, STANDINGS, (True, False)):
        if may_admit(person, ADMINISTRATOR, "new", wanted, has_lead=has_lead):
            assert person.active
            assert person.established
            assert person.role in {Role.LEAD, Role.COORDINATOR, Role.ADMINISTRATOR}
    for asker in (
        Party("a", Role.ADMINISTRATOR, active=False),
        Party("a", Role.ADMINISTRATOR, established=False),
    ):
        assert not may_admit(LEAD, asker, "new", CASE_WORKER, has_lead=True)


def test_narrower_is_only_the_lead_who_becomes_a_case_worker_of_the_same_member():
    narrower = {(was, becomes) for was, becomes in product(STANDINGS, STANDINGS) if not widens(was, becomes)}
    alike = {(standing, standing) for standing in STANDINGS}
    assert narrower - alike == {
        (Standing(Role.LEAD, place), Standing(Role.CASE_WORKER, place)) for place in (OWN, OTHER)
    }
    assert alike <= narrower


def test_whatever_holds_at_once_opens_no_permission_and_no_other_member():
    for was, becomes in product(STANDINGS, STANDINGS):
        if not widens(was, becomes):
            assert becomes.organisation in {None, was.organisation}
            assert {p for p in POLICY if becomes.role in POLICY[p]} <= {p for p in POLICY if was.role in POLICY[p]}


def test_a_link_opens_for_whoever_is_admitted_and_into_an_account_in_use_with_a_second_person():
    opening = {
        (admitted, in_use, confirmed)
        for admitted, in_use, confirmed in product((True, False), repeat=3)
        if link_opens(admitted=admitted, in_use=in_use, confirmed=confirmed)
    }
    assert opening == {(True, False, False), (True, False, True), (True, True, True)}
