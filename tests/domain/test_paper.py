"""For whom a sheet may be made: consent decides, per recipient."""

import pytest

from coalition.domain.access import Actor, IncidentSubject
from coalition.domain.disclosure import VISIBLE, Audience, FieldClass, audience_of
from coalition.domain.incidents import Facts
from coalition.domain.paper import OCCASION_OF, SheetKind, leaves, may_be_made
from coalition.domain.vocabulary import Basis, Purpose, Role, State
from tests.domain.samples import COMPLETE, facts, without

NEEDS = {
    SheetKind.COALITION: Purpose.SHARE_COALITION,
    SheetKind.SUPPORT: Purpose.REFER,
    SheetKind.POLICE: Purpose.POLICE,
}


@pytest.mark.parametrize("kind", SheetKind)
def test_with_every_consent_every_sheet_may_be_made(kind: SheetKind):
    assert may_be_made(COMPLETE, kind)


@pytest.mark.parametrize(("kind", "purpose"), NEEDS.items())
def test_whoever_gets_a_sheet_needs_the_consent_to_that_and_no_other_will_do(kind: SheetKind, purpose: Purpose):
    assert not may_be_made(without(purpose), kind)
    assert may_be_made(facts(consents=frozenset({Purpose.RECORD, purpose})), kind)


@pytest.mark.parametrize("kind", [SheetKind.INTERNAL, SheetKind.IDENTITY])
def test_what_stays_inside_needs_none(kind: SheetKind):
    assert not leaves(kind)
    assert may_be_made(Facts(), kind)


def test_a_public_source_may_be_shared_and_allows_no_act_towards_a_person():
    public = facts(basis=Basis.PUBLIC_SOURCE, consents=frozenset())
    assert [kind for kind in SheetKind if leaves(kind) and may_be_made(public, kind)] == [SheetKind.COALITION]


@pytest.mark.parametrize("kind", SheetKind)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("shared", [True, False])
def test_nobody_hands_on_more_than_the_coalition_would_see(kind: SheetKind, state: State, *, shared: bool):
    subject = IncidentSubject("member", "author", state, shared)
    for actor in (Actor("author", Role.CASE_WORKER, "member"), Actor("lead", Role.LEAD, "member")):
        audience = audience_of(actor, subject, OCCASION_OF[kind])
        if leaves(kind):
            assert audience is Audience.HANDED_ON
        elif kind is SheetKind.INTERNAL:
            assert audience is Audience.MEMBER
        else:
            assert audience is Audience.OWNER
    stranger = Actor("x", Role.LEAD, "other")
    assert audience_of(stranger, subject, OCCASION_OF[kind]) is None


def test_only_the_sheet_with_identity_holds_identity():
    colleague = Actor("colleague", Role.CASE_WORKER, "member")
    subject = IncidentSubject("member", "author", State.DRAFT, shared=True)
    for kind in SheetKind:
        audience = audience_of(colleague, subject, OCCASION_OF[kind])
        assert audience
        assert FieldClass.IDENTITY not in VISIBLE[audience]
