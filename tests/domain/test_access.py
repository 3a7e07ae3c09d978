from dataclasses import replace

import pytest

from coalition.domain.access import POLICY, Actor, IncidentSubject, Permission, permits, require
from coalition.domain.errors import NotPermitted
from coalition.domain.vocabulary import Role, State

OURS, THEIRS = "ours", "theirs"
ACTORS = {
    "worker": Actor("w", Role.CASE_WORKER, OURS),
    "lead": Actor("l", Role.LEAD, OURS),
    "coord": Actor("c", Role.COORDINATOR),
    "admin": Actor("a", Role.ADMINISTRATOR),
    "auditor": Actor("u", Role.AUDITOR),
    "shell": Actor("o", Role.OPERATOR),
    "nobody": Actor("n", Role.NOBODY),
}

# Who may do what. yes: always; own: one's own record; org: records of one's own organisation; shared: what
# members have handed to the coalition; no: never.
MATRIX = """
    permission            worker  lead  coord   admin  auditor  shell  nobody
    account:own           yes     yes   yes     yes    yes      no     no
    account:manage        no      no    no      yes    no       yes    no
    account:admit         no      yes   yes     yes    no       no     no
    organisation:manage   no      no    no      yes    no       yes    no
    incident:list         yes     yes   no      no     no       no     no
    list:work             yes     yes   yes     no     no       no     no
    incident:record       yes     yes   no      no     no       no     no
    incident:read         org     org   no      no     no       no     no
    incident:amend        own     org   no      no     no       no     no
    consent:withdraw      org     org   no      no     no       yes    no
    incident:unseal       own     org   no      no     no       no     no
    review:list           no      no    yes     no     no       no     no
    review:read           no      no    shared  no     no       no     no
    review:decide         no      no    shared  no     no       no     no
    incident:link         no      no    shared  no     no       yes    no
    incident:discuss      org     org   shared  no     no       no     no
    inbox:read            yes     yes   yes     no     no       no     no
    mail:send             no      no    no      no     no       yes    no
    submission:build      no      no    yes     no     no       yes    no
    report:build          no      no    yes     no     no       yes    no
    summary:publish       no      no    yes     no     no       yes    no
    profile:keep          no      no    yes     no     no       yes    no
    official:keep         no      no    yes     no     no       yes    no
    job:follow            no      no    yes     no     no       yes    no
    incident:import       no      no    no      no     no       yes    no
    incident:upload       no      yes   no      no     no       yes    no
    incident:export       yes     yes   yes     no     no       no     no
    incident:copy         own     org   no      no     no       no     no
    incident:print        org     org   no      no     no       no     no
    form:print            yes     yes   yes     no     no       yes    no
    incident:hold         own     org   no      no     no       no     no
    incident:lift         no      org   no      no     no       no     no
    retention:review      no      yes   no      no     no       yes    no
    erasure:ask           org     org   no      no     no       no     no
    erasure:list          yes     yes   no      yes    no       no     no
    erasure:confirm       org     org   no      yes    no       yes    no
    incident:compare      no      no    no      no     no       yes    no
    incident:codes        no      no    no      no     no       yes    no
    incident:readers      no      org   no      no     no       no     no
    keys:manage           no      no    no      no     no       yes    no
    readiness:read        no      yes   yes     no     no       no     no
    readiness:remind      no      no    yes     no     no       no     no
    calendar:read         yes     yes   yes     no     no       no     no
    calendar:keep         no      no    yes     no     no       no     no
    audit:read            no      no    no      no     yes      yes    no
"""
_HEADING, *_ROWS = [line.split() for line in MATRIX.strip().splitlines()]
CELLS = [(Permission(row[0]), name, cell) for row in _ROWS for name, cell in zip(_HEADING[1:], row[1:], strict=True)]

SUBJECTS = [
    IncidentSubject(organisation, author, state, shared)
    for organisation in (OURS, THEIRS)
    for author in ("w", "somebody", None)
    for state in State
    for shared in (True, False)
]
EXPECTED = {
    "yes": lambda _subject: True,
    "no": lambda _subject: False,
    "own": lambda subject: subject.organisation == OURS and subject.author == "w",
    "org": lambda subject: subject.organisation == OURS,
    "shared": lambda subject: subject.shared and subject.state is not State.DRAFT,
}


def test_the_matrix_names_every_permission_and_every_role():
    assert [Permission(row[0]) for row in _ROWS] == list(Permission)
    assert [ACTORS[name].role for name in _HEADING[1:]] == list(Role)
    assert set(POLICY) == set(Permission)


@pytest.mark.parametrize(("permission", "name", "cell"), CELLS)
def test_the_policy_is_the_matrix(permission, name, cell):
    for subject in SUBJECTS:
        assert permits(ACTORS[name], permission, subject) is EXPECTED[cell](subject), subject


@pytest.mark.parametrize(("permission", "name", "cell"), CELLS)
def test_without_a_subject_only_the_unconditional_is_permitted(permission, name, cell):
    assert permits(ACTORS[name], permission) is (cell == "yes")


INCIDENT_PERMISSIONS = [
    Permission.READ_INCIDENT,
    Permission.AMEND_INCIDENT,
    Permission.REVIEW_INCIDENT,
    Permission.DECIDE_INCIDENT,
    Permission.UNSEAL_IDENTITY,
    Permission.COPY_INCIDENT,
    Permission.HOLD_INCIDENT,
    Permission.LIFT_HOLD,
    Permission.ASK_ERASURE,
    Permission.SEE_READERS,
]


@pytest.mark.parametrize("permission", INCIDENT_PERMISSIONS)
@pytest.mark.parametrize("name", ["worker", "lead"])
def test_a_member_never_reads_another_members_record(name, permission):
    theirs = [subject for subject in SUBJECTS if subject.organisation == THEIRS]
    assert not any(permits(ACTORS[name], permission, subject) for subject in theirs)


@pytest.mark.parametrize("permission", INCIDENT_PERMISSIONS)
@pytest.mark.parametrize("name", ["admin", "auditor", "shell"])
def test_whoever_looks_after_people_or_the_server_reads_no_incident(name, permission):
    assert not any(permits(ACTORS[name], permission, subject) for subject in SUBJECTS)


def test_the_coordinator_sees_only_what_is_shared_and_handed_in():
    seen = [s for s in SUBJECTS if permits(ACTORS["coord"], Permission.REVIEW_INCIDENT, s)]
    assert seen
    assert all(subject.shared and subject.state is not State.DRAFT for subject in seen)
    assert not any(permits(ACTORS["coord"], Permission.READ_INCIDENT, subject) for subject in SUBJECTS)


@pytest.mark.parametrize("permission", [Permission.LIST_INCIDENTS, Permission.RECORD_INCIDENT, *INCIDENT_PERMISSIONS])
@pytest.mark.parametrize("name", ["worker", "lead"])
def test_a_member_role_without_an_organisation_opens_nothing(name, permission):
    homeless = replace(ACTORS[name], organisation=None)
    assert not any(permits(homeless, permission, subject) for subject in SUBJECTS)


def test_a_refusal_names_the_permission_and_nothing_else():
    with pytest.raises(NotPermitted) as caught:
        require(ACTORS["admin"], Permission.READ_INCIDENT, SUBJECTS[0])
    assert caught.value.args == ("incident:read",)
    require(ACTORS["worker"], Permission.READ_INCIDENT, SUBJECTS[0])
