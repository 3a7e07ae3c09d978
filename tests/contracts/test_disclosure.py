"""No word of a record where it may not be: canaries in every text, every role at every route, every file, the logs.

Part one holds the policy's table complete: a field, a column or a form field without a class fails the build. Part two
fills a coalition with incidents whose every text is a word of its own, lets everybody open everything, and compares
what was seen with a table written by hand. It also looks for an entry in the log about every such reading.
"""

import io
import logging
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pypdf
import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from coalition.config import Config, create_secrets
from coalition.db import evidence as evidence_storage
from coalition.db import history as history_storage
from coalition.db import incidents as storage
from coalition.db import likenesses
from coalition.db import messages as message_storage
from coalition.db.audit import AuditEntry
from coalition.db.base import Base
from coalition.db.jobs import Job
from coalition.db.tables import METADATA
from coalition.domain.disclosure import FIELD_CLASSES, RECORD_CLASSES, FieldClass, class_of_fact
from coalition.domain.errors import NotPermitted
from coalition.domain.incidents import Facts, Indicator, Need, PartialDate, Proceeding, Source, Victims
from coalition.domain.paper import SheetKind, leaves
from coalition.domain.reviews import EDITABLE, Decision, Step
from coalition.domain.vocabulary import Basis, Purpose, RejectionReason, Role, State
from coalition.services import (
    accounts,
    consents,
    evidence,
    exports,
    follow_ups,
    history,
    incident_views,
    jobs,
    look_alikes,
    message_views,
    messages,
    readers,
    reviews,
    same_incident,
    summaries,
)
from coalition.services.work import OPERATOR, Runtime, make_runtime, unit_of_work
from coalition.web.access import public
from coalition.web.forms import reviews as review_forms
from coalition.web.forms.incidents import SECTIONS
from coalition.worker import run_job
from tests.conftest import PASSWORD, START, Clock, Coalition, Founding
from tests.contracts.test_access import NOBODYS, REACHED_BY
from tests.documents.evidence_samples import mail
from tests.domain.samples import COMPLETE
from tests.page import Browser
from tests.services import filing, records

IDENTITY, STAFF, NARRATIVE, LOCATING, PUBLIC = "identity", "staff", "narrative", "locating", "public"
INSIDE = "inside"

# --- one: nothing without a class -------------------------------------------------------------------------

PARTS = {name: kind for name, (_mapped, kind) in storage.MADE_OF.items()}
VIEWS: Mapping[type[Any], str] = {
    incident_views.IncidentLine: "",
    incident_views.IncidentView: "",
    incident_views.StepView: "steps.",
    readers.Reading: "readings.",
    evidence.EvidenceLine: "evidence.",
    look_alikes.LookAlike: "",
    follow_ups.FollowUp: "needs.",
    history.ChangeView: "changes.",
    message_views.MessageView: "messages.",
}
"""What is shown of an incident, and under which prefix its fields stand in the table."""

NO_DATA = {
    incident_views.IncidentLine: set[str](),
    incident_views.IncidentView: {
        "audience", "facts", "withheld", "steps", "may_amend", "may_unseal", "may_see_readers", "may_withdraw",
        "may_discard", "may_withdraw_consent", "held", "messages",
    },
    incident_views.StepView: set(),
    readers.Reading: set(),
    evidence.EvidenceLine: set(),
    look_alikes.LookAlike: set(),
    follow_ups.FollowUp: {"reference", "position", "overdue"},
    message_views.MessageView: set(),
    history.ChangeView: {"before", "after", "withheld", "restricted", "begins"},
}  # fmt: skip
"""Fields of views that hold what is classed elsewhere, or only what the reader may do."""

COLUMNS = {
    "incident": "",
    "incident_offence": "offences.",
    "incident_motivation": "motivations.",
    "incident_indicator": "indicators.",
    "incident_victims": "victims.",
    "incident_perpetrators": "perpetrators.",
    "incident_source": "sources.",
    "incident_proceeding": "proceedings.",
    "incident_need": "needs.",
    "incident_clearance": "clearances.",
    "incident_description": "descriptions.",
    "incident_consent": "consents.",
    "incident_step": "steps.",
    "incident_step_finding": "steps.",
    "incident_step_source": "steps.",
    "imported_row": "origin.",
    "incident_evidence": "evidence.",
    "incident_change": "changes.",
    "incident_message": "messages.",
    "incident_likeness": "likeness.",
    "doomed_key": "keys.",
}
"""The tables that hold incidents, and under which prefix their columns stand in the table of classes."""

HOLDING_INCIDENTS = {
    storage.__name__,
    evidence_storage.__name__,
    history_storage.__name__,
    likenesses.__name__,
    message_storage.__name__,
}
"""The modules whose tables hold incidents."""

SAME_AS = {
    "organisation_id": "organisation",
    "author_id": "author",
    "reviewer_id": "reviewer",
    "same_as_id": "same_as",
    "steps.other_id": "steps.other",
    "year": "date.year",
    "month": "date.month",
    "day": "date.day",
    "steps.actor_id": "steps.by",
    "changes.actor_id": "changes.by",
    "messages.actor_id": "messages.by",
    "messages.answers_id": "messages.answers",
    "origin.organisation_id": "organisation",
}
"""Columns that are called otherwise than what they hold."""

KEYS = {"incident_id", "position", "step_id"}
"""Columns that only say which row belongs to which."""


def class_of(path: str) -> FieldClass | None:
    return FIELD_CLASSES.get(path) or RECORD_CLASSES.get(path)


def test_every_field_of_a_fact_has_a_class():
    for kind, part in PARTS.items():
        assert {f"{kind}.{item.name}" for item in fields(part)} == {
            path for path in FIELD_CLASSES if path.startswith(f"{kind}.")
        }
    assert {path.partition(".")[0] for path in FIELD_CLASSES if "." in path} == {*PARTS, "date"}


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_every_field_of_a_view_has_a_class(view: type[Any]):
    without = [
        item.name
        for item in fields(view)
        if item.name not in NO_DATA[view] and class_of(VIEWS[view] + item.name) is None
    ]
    assert not without, f"decide in coalition/domain/disclosure.py who may see {view.__name__}'s {without}"


def test_every_view_of_an_incident_is_known_here():
    kinds = [
        kind
        for module in (follow_ups, history, incident_views, look_alikes, message_views, readers)
        for kind in vars(module).values()
        # What a module keeps to itself reaches nobody.
        if isinstance(kind, type) and kind.__module__ == module.__name__ and not kind.__name__.startswith("_")
    ]
    assert {*kinds, evidence.EvidenceLine} == {
        # Pages of what is classed, and who saved what as the recorder types it.
        *VIEWS, incident_views.Page, readers.ReadersPage, history.HistoryPage, history.Conflict, history.SavedBy,
    }  # fmt: skip
    assert {item.name for item in fields(reviews.ReviewView)} == {
        # The proposals are made from what the coordinator sees; the rest are views or permissions.
        "incident", "proposals", "proposed_reason", "checks", "candidates", "standing", "own_case",
        "alone", "mine", "overdue", "may_take", "may_put_back", "may_assign", "may_decide", "may_reopen",
    }  # fmt: skip


def test_every_column_of_the_tables_of_incidents_has_a_class():
    mapped = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
    ours = {name for name, kind in mapped.items() if kind.__module__ in HOLDING_INCIDENTS}
    assert ours == set(COLUMNS), "name the table here, and class its columns"
    without = []
    for table, prefix in COLUMNS.items():
        for column in METADATA.tables[table].columns:
            path = SAME_AS.get(f"{prefix}{column.name}", f"{prefix}{column.name}")
            if column.name not in KEYS and class_of(path) is None:
                without.append(f"{table}.{column.name}")
    assert not without, f"decide in coalition/domain/disclosure.py who may see {without}"


def test_every_field_of_the_recording_form_is_a_classed_fact():
    for section in SECTIONS.values():
        assert all(class_of_fact(fact) for fact in section.facts)
    rows = {name: kind for section in SECTIONS.values() for name, kind in _row_fields(section.kind)}
    assert set(rows) == {"victims", "perpetrators", "sources", "proceedings", "needs"}
    for kind, names in rows.items():
        assert all(class_of_fact(f"{kind}.{name}") for name in names), kind


def _row_fields(form: type[Any]) -> Iterator[tuple[str, set[str]]]:
    for name in dir(form):
        made = getattr(form, name)
        if getattr(getattr(made, "field_class", None), "__name__", "") == "Rows":
            row = made.args[0]
            yield name, {item for item in dir(row) if hasattr(getattr(row, item), "field_class")}


def test_every_field_of_the_decision_is_classed_as_a_step():
    words, tests = {"remark", "question", "explanation", "why", "text"}, {test.value for test in review_forms.Test}
    said = {
        "version": "version",
        "step": "steps.step",
        "reason": "steps.reason",
        "independent": "steps.independent",
        "reviewer": "reviewer",
        "due": "review_due",
        **dict.fromkeys(words, "steps.text"),
        **dict.fromkeys(("other", "other_reference"), "steps.other"),
        **dict.fromkeys(tests, "steps.found"),
        **{f"note_{test}": "steps.notes" for test in tests},
        **{f"{check}_0": f"steps.{check}" for check in review_forms.CHECKS},
    }
    for form in (review_forms.with_sources(1), review_forms.ReopenForm, review_forms.AssignForm):
        for name in (item for item in dir(form) if hasattr(getattr(form, item), "field_class")):
            assert class_of(said.get(name, "")), f"decide who may see {form.__name__}.{name}"


# --- two: a coalition full of canaries --------------------------------------------------------------------


@dataclass(frozen=True)
class Word:
    """A word that stands in one place of one incident and nowhere else."""

    text: str
    case: str
    """The incident's name in this test."""
    path: str
    kind: str
    """The class, as this test expects it: written down here and not taken from the policy."""


@dataclass
class Case:
    """One incident of the stage."""

    name: str
    member: str
    reference: str
    id: str
    state: State
    facts: Facts
    words: list[Word] = field(default_factory=list)
    hidden_from_coalition: bool = False
    """A draft, or one whose consent to share was taken back."""

    def allows(self, purpose: Purpose) -> bool:
        return self.state is State.ACCEPTED and not self.hidden_from_coalition and self.facts.allows(purpose)

    def credits(self, word: "Word") -> bool:
        """Tell whether a word names a partner who is credited with the record that this one is counted with."""
        return self.state is State.DUPLICATE and word.path == "partner.name"


@dataclass
class Stage:
    """All that the people of this test can look at."""

    coalition: Coalition
    cases: dict[str, Case]
    words: dict[str, Word]
    jobs: dict[str, list[str]]
    """Reference of every job, and the files it made."""


class _Words:
    """Makes words: short, of letters and digits only, so that no format breaks or escapes them."""

    def __init__(self) -> None:
        self.made: dict[str, Word] = {}

    def new(self, case: str, path: str, kind: str) -> str:
        text = f"Zq{len(self.made):04d}x"
        self.made[text] = Word(text, case, path, kind)
        return text


def told(words: _Words, case: str, base: Facts) -> Facts:
    """Return facts whose every text is a word of its own."""

    def word(path: str, kind: str) -> str:
        return words.new(case, path, kind)

    return replace(
        base,
        time=word("time", IDENTITY),
        municipality=word("municipality", LOCATING),
        indicators=(Indicator("expression", word("indicators.note", NARRATIVE), "witness"),),
        victims=(Victims("person", 1, "man", "teenager", "member", word("victims.injury", NARRATIVE)),),
        type_reason=word("type_reason", NARRATIVE),
        scope_reason=word("scope_reason", NARRATIVE),
        sources=(
            Source(
                "victim_interview",
                word("sources.name", IDENTITY),
                word("sources.reference", IDENTITY),
                url=f"https://example.org/{word('sources.url', IDENTITY)}",
            ),
            Source("partner_organisation", word("partner.name", PUBLIC), word("partner.reference", NARRATIVE)),
        ),
        proceedings=(
            Proceeding(
                "reported",
                PartialDate(2024, 5, 17),
                word("proceedings.reference", IDENTITY),
                word("proceedings.note", NARRATIVE),
            ),
        ),
        needs=(Need("safety", word("needs.referred_to", STAFF), "accepted"),),
        contact_name=word("contact_name", IDENTITY),
        contact_phone=word("contact_phone", IDENTITY),
        contact_email=word("contact_email", IDENTITY),
        contact_safely=word("contact_safely", IDENTITY),
        authorities_response=word("authorities_response", NARRATIVE),
        impact=word("impact", NARRATIVE),
        own_reference=word("own_reference", IDENTITY),
        narrative=word("narrative", NARRATIVE),
        descriptions={"en": word("descriptions.en", PUBLIC), "bg": word("descriptions.bg", PUBLIC)},
    )


WITHOUT_PUBLISHING = replace(COMPLETE, consents=frozenset({Purpose.RECORD, Purpose.SHARE_COALITION}))
NOT_SHARED = replace(COMPLETE, consents=frozenset({Purpose.RECORD}))
FROM_PAPER = replace(COMPLETE, basis=Basis.PUBLIC_SOURCE.value, consents=frozenset(), consent_way="", consent_date=None)

CASES: Mapping[str, tuple[str, State, Facts]] = {
    "draft": ("case_worker", State.DRAFT, COMPLETE),
    "not shared": ("case_worker", State.DRAFT, NOT_SHARED),
    "submitted": ("case_worker", State.SUBMITTED, COMPLETE),
    "returned": ("case_worker", State.RETURNED, COMPLETE),
    "accepted": ("case_worker", State.ACCEPTED, COMPLETE),
    "accepted for counting only": ("case_worker", State.ACCEPTED, WITHOUT_PUBLISHING),
    "accepted from a newspaper": ("case_worker", State.ACCEPTED, FROM_PAPER),
    "taken back": ("case_worker", State.ACCEPTED, COMPLETE),
    "rejected": ("case_worker", State.REJECTED, COMPLETE),
    "draft of the other": ("second_worker", State.DRAFT, COMPLETE),
    "returned of the other": ("second_worker", State.RETURNED, COMPLETE),
    "accepted of the other": ("second_worker", State.ACCEPTED, COMPLETE),
    "counted with the other": ("case_worker", State.DUPLICATE, COMPLETE),
}
YEAR = 2024
LINKED = ("accepted of the other", "counted with the other")
"""Two members' records of one incident: each member sees that there is another, and nothing of it."""
MEMBER_OF = {"case_worker": "FIRST", "colleague": "FIRST", "lead": "FIRST",
             "second_worker": "SECOND", "second_lead": "SECOND"}  # fmt: skip


def _acted(coalition: Coalition, words: _Words, name: str) -> Case:
    """Take one case to its state, with words in everything that is said on the way."""
    who, state, base = CASES[name]
    said = told(words, name, base)
    reference = records.begun(coalition, said, who)
    if name in FILED:
        add_evidence(coalition, words, name, reference, who)
    if state is not State.DRAFT:
        records.submit(coalition, reference, who)
        question = Decision(Step.RETURN, {}, text=words.new(name, "steps.question", NARRATIVE))
        records.decide(coalition, reference, question)
    if state not in EDITABLE:
        records.submit(coalition, reference, who, words.new(name, "steps.answer", NARRATIVE))
    if state in {State.ACCEPTED, State.REJECTED}:
        step = Step.ACCEPT if state is State.ACCEPTED else Step.REJECT
        reason = "" if step is Step.ACCEPT else RejectionReason.NOT_CRIMINAL.value
        remark = words.new(name, "steps.remark", NARRATIVE)
        records.decide(coalition, reference, Decision(step, {}, reason=reason, text=remark))
    if state is not State.DRAFT:
        talk(coalition, words, name, reference, who)
    with coalition.reading("operator") as work:
        row = storage.incident_with_reference(work.session, reference)
        assert row
        case = Case(name, MEMBER_OF[who], reference, row.id, state, said)
    case.hidden_from_coalition = state is State.DRAFT
    return case


def talk(coalition: Coalition, words: _Words, name: str, reference: str, who: str) -> None:
    """Have a record asked about and answered, and spoken of among reviewers."""
    said = {path: words.new(name, f"messages.{path}", NARRATIVE) for path in ("question", "answer")}
    with coalition.work("coordinator") as work:
        question = messages.ask(work, reference, said["question"])
        messages.comment(work, reference, words.new(name, "messages.note", INSIDE), inside=True)
    with coalition.work(who) as work:
        messages.answer(work, reference, question, said["answer"])


FILED = {"draft", "submitted", "accepted", "returned of the other"}
"""The cases with a file."""


def add_evidence(coalition: Coalition, words: _Words, name: str, reference: str, who: str) -> None:
    """Send a message as a file: its name, its text and the note about it are words of their own."""
    name_of_file, text, note = (words.new(name, f"evidence.{path}", IDENTITY) for path in ("name", "content", "note"))
    filing.take_in(coalition, reference, (f"{name_of_file}.eml", mail(text.encode())), who=who, note=note)


def _prepared(coalition: Coalition) -> Stage:
    words = _Words()
    cases = {name: _acted(coalition, words, name) for name in CASES}
    with coalition.work("operator") as work:
        same_incident.link(work, cases[LINKED[0]].reference, [cases[LINKED[1]].reference])
    with coalition.work("coordinator") as work:
        summaries.publish_summary(work, YEAR)
    take_back(coalition, cases["taken back"])
    with coalition.work("coordinator") as work:
        wanted = [
            jobs.request_job(work, "submission", {"year": YEAR}),
            jobs.request_job(work, "report", {"year": YEAR, "language": "en"}),
        ]
    with coalition.reading("operator") as work:
        waiting = jobs.waiting_jobs(work)
    for job_id in waiting:
        run_job(coalition.runtime, job_id)
    with coalition.reading("coordinator") as work:
        made = {reference: [file.name for file in jobs.follow_job(work, reference).files] for reference in wanted}
    assert all(made.values()), "a job made nothing"
    for word in words.made.values():
        cases[word.case].words.append(word)
    return Stage(coalition, cases, words.made, made)


def take_back(coalition: Coalition, case: Case) -> None:
    """Let the person take back every consent after the decision."""
    with coalition.work("case_worker") as work:
        consents.withdraw_consent(work, case.reference, case.facts.consents - {Purpose.RECORD})
    case.hidden_from_coalition = True


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock(START)


@pytest.fixture(autouse=True)
def _a_minute_later(clock: Clock) -> None:
    # A code of an authenticator app is good for one sign-in only.
    clock.now += timedelta(minutes=1)


@pytest.fixture(scope="module")
def runtime(memory: Path, migrated_file: Path, clock: Clock) -> Iterator[Runtime]:
    """Give one installation to all tests here: filling it takes its time, and nobody changes anything in it."""
    config = Config.from_env({"COALITION_DATA": str(memory / "canaries")})
    create_secrets(config)
    shutil.copy(migrated_file, config.data / "coalition.sqlite3")
    made = make_runtime(config, clock)
    yield made
    made.dispose()


MORE_PEOPLE = {
    "colleague": (Role.CASE_WORKER, "FIRST"),
    "second_lead": (Role.LEAD, "SECOND"),
}


@pytest.fixture(scope="module")
def coalition(runtime: Runtime, founding: Founding) -> Coalition:
    """Give the usual people, and those that only this test needs."""
    made = founding.repeated_in(runtime)
    with unit_of_work(runtime, OPERATOR) as work:
        for who, (role, code) in MORE_PEOPLE.items():
            if who not in made.people:
                made.people[who] = accounts.create_account(
                    work,
                    email=f"{who}@example.org",
                    name=who.replace("_", " ").title(),
                    role=role,
                    organisation_code=code,
                    password=PASSWORD,
                )
    return made


@pytest.fixture(scope="module")
def stage(coalition: Coalition) -> Stage:
    return _prepared(coalition)


# The table of this test. It repeats the policy by hand, so that a mistake there shows here.

READ = {NARRATIVE, LOCATING, PUBLIC}
REVIEWED = READ | {INSIDE}
OWN = READ | {STAFF}
WHOLE = OWN | {IDENTITY}
EVERYONES_OWN = dict.fromkeys(("recorder", "lead", "colleague"), OWN)
OPENED = {"recorder": WHOLE, "lead": WHOLE, "colleague": OWN}
SAID = {known: {NARRATIVE} for known in EVERYONES_OWN}
LINES = {known: {LOCATING} for known in EVERYONES_OWN}

EVIDENCE = (
    "evidence.overview", "evidence.add", "evidence.edit", "evidence.ask_remove", "evidence.unseal", "evidence.download",
    "evidence.download_original",
)  # fmt: skip
"""The pages of files: whoever may not see the identity sees what there is, and opens nothing."""

BY_RELATION: Mapping[str, Mapping[str, set[str]]] = {
    "incidents.list_all": LINES,
    "incidents.detail": EVERYONES_OWN,
    "incidents.submit": EVERYONES_OWN,
    "incidents.edit": OPENED,
    "incidents.save": OPENED,
    "incidents.unseal": {"recorder": WHOLE, "lead": WHOLE},
    "history.of_incident": EVERYONES_OWN,
    "history.unseal": {"recorder": WHOLE, "lead": WHOLE},
    "history.of_review": {"coalition": READ},
    **{page: {"recorder": {IDENTITY}, "lead": {IDENTITY}} for page in EVIDENCE},
    "reviews.review": {"coalition": REVIEWED},
    "reviews.decide": {"coalition": REVIEWED},
    "reviews.assign": {"coalition": REVIEWED},
    **{page: {**SAID, "coalition": {NARRATIVE, INSIDE}} for page in ("messages.conversation", "messages.send")},
    "same_incident.compare": {"coalition": READ},
    "exports.download": {**OPENED, "coalition": READ},
    "exports.copy": {"recorder": WHOLE, "lead": WHOLE},
    "consents.proof": {"recorder": {IDENTITY}, "lead": {IDENTITY}},
    "paper.case_sheet": EVERYONES_OWN,
    "paper.case_sheet:identity": {"recorder": WHOLE, "lead": WHOLE},
}
"""On each page: what whom sees of a record. A page that is not here, and a person, sees nothing of any record."""

IDENTITY_WHILE_OPEN = {
    "incidents.edit", "incidents.save", "evidence.overview", "evidence.add", "evidence.edit", "evidence.ask_remove",
}  # fmt: skip
"""Here identity is seen only in a record that is open to changes."""

IN_PUBLIC = {"pages.summary", "pages.descriptions", "summaries.preview"}
"""Here everybody sees what was written to be published, of the accepted incidents with consent to publish."""

OF_THE_DAY = {"reviews.queue"}
"""Further pages that show the day of an incident, and nothing else that locates it."""

FILES = {"jobs.download"}
"""Here the coordinator sees what goes to ODIHR, of the incidents that were accepted with that consent when built."""

RENDERING_POSTS = {
    "incidents.submit", "incidents.save", "incidents.unseal", "reviews.decide", "reviews.assign", "reviews.reopen",
    "consents.withdraw",
    "history.unseal", "messages.send", "evidence.add", "evidence.unseal", "incidents.consider",
}  # fmt: skip
"""Buttons that lead to a page when something is missing in what was sent."""

EVERYBODY = ("nobody", "case_worker", "colleague", "lead", "second_worker", "second_lead", "coordinator",
             "administrator", "auditor")  # fmt: skip
RECORDERS = {"FIRST": "case_worker", "SECOND": "second_worker"}


def place_of(endpoint: str, path: str) -> str:
    """Return under which name the table knows an address: the sheet with identity is a page of its own in it."""
    return f"{endpoint}:identity" if path.endswith("/sheet/identity.pdf") else endpoint


def relation(who: str, case: Case) -> str:
    """Return what somebody is to a case."""
    if who == "coordinator":
        return "stranger" if case.hidden_from_coalition else "coalition"
    if MEMBER_OF.get(who) != case.member:
        return "stranger"
    if who.endswith("lead"):
        return "lead"
    return "recorder" if RECORDERS[case.member] == who else "colleague"


def may_be_seen(word: Word, case: Case, who: str, endpoint: str) -> bool:
    """Tell from the table above whether somebody may find a word on a page or in a file."""
    if endpoint in IN_PUBLIC and word.kind == PUBLIC and (case.allows(Purpose.PUBLISH) or case.credits(word)):
        return True
    if endpoint in FILES:
        accepted = (case.state is State.ACCEPTED or case.credits(word)) and case.facts.allows(Purpose.ODIHR)
        return who == "coordinator" and word.kind == PUBLIC and accepted
    seen = BY_RELATION.get(endpoint, {}).get(relation(who, case), set())
    if word.kind == IDENTITY and endpoint in IDENTITY_WHILE_OPEN and case.state not in EDITABLE:
        return False
    return word.kind in seen


def must_be_seen(stage: Stage, who: str) -> set[str]:
    """Return the words that somebody has to find somewhere: otherwise finding none would prove nothing."""
    wanted = set()
    for word in stage.words.values():
        case = stage.cases[word.case]
        known = {"recorder": WHOLE, "lead": WHOLE, "colleague": OWN, "coalition": REVIEWED}
        kinds = known.get(relation(who, case), set())
        in_public = word.kind == PUBLIC and case.allows(Purpose.PUBLISH) and who == "nobody"
        if word.kind in kinds or in_public:
            wanted.add(word.text)
    return wanted


# --- looking everywhere -----------------------------------------------------------------------------------

_WORD = re.compile(r"zq\d{4}x", re.IGNORECASE)
DAY_OF_CONSENT = re.compile(r"20\s+May\s+2024|2024-05-20|20[./]0?5[./](20)?24")
DAY = re.compile(r"17\s+May\s+2024|2024-05-17|17[./]0?5[./](20)?24")


def unpacked(content: bytes) -> str:
    """Return the text of anything: pages, tables, workbooks, archives, PDFs."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "\n".join(f"{name} {unpacked(archive.read(name))}" for name in archive.namelist())
    if content.startswith(b"%PDF"):
        reader = pypdf.PdfReader(io.BytesIO(content))
        return "\n".join([str(reader.metadata), *(page.extract_text() for page in reader.pages)])
    return content.decode("utf-8", errors="replace")


def words_in(stage: Stage, text: str) -> set[Word]:
    """Return the words of the stage that a text holds."""
    return {stage.words[f"Zq{found[2:6]}x"] for found in set(_WORD.findall(text))}


@dataclass
class Tour:
    """One person's way through everything."""

    stage: Stage
    who: str
    browser: Browser
    token: str
    app: Flask
    seen: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    requests: int = 0
    known: int = 0
    """Number of the newest entry of the log that was looked at."""

    def everything(self) -> None:
        """Open every address that there is, and press every button that may answer with a page."""
        for rule in self.app.url_map.iter_rules():
            methods = rule.methods or set()
            for path in self._paths(rule):
                if "GET" in methods:
                    self._look(place_of(rule.endpoint, path), self.browser.client.get(path))
                if "POST" in methods and rule.endpoint in RENDERING_POSTS and not path.endswith(PLAIN_SECTIONS):
                    sent = {"csrf_token": self.token, "version": "0"}
                    self._look(rule.endpoint, self.browser.client.post(path, data=sent))

    def _paths(self, rule: Rule) -> Iterator[str]:
        bound = self.app.url_map.bind("localhost")
        for values in self._values(rule):
            address = bound.build(rule.endpoint, values)
            yield address
            for query in (*QUERIES.get(rule.endpoint, ()), *self._comparing(rule)):
                yield f"{address}?{query}"

    def _comparing(self, rule: Rule) -> Iterator[str]:
        """Return what else is asked of the page that shows records side by side: what may be seen there, and more."""
        if rule.endpoint == "same_incident.compare":
            for names in (LINKED, ("submitted", "rejected"), ("draft", "accepted"), ("taken back", "accepted")):
                yield "&".join(f"record={self.stage.cases[name].reference}" for name in names)

    def _values(self, rule: Rule) -> Iterator[dict[str, Any]]:
        known: dict[str, Any] = {**NOBODYS, "year": YEAR}
        base = {name: known.get(name, "nothing") for name in rule.arguments}
        both = self.who == "nobody" and rule.endpoint in IN_PUBLIC
        languages = ("en", "bg") if both else ("en",)
        inside = role_of(self.who) in REACHED_BY.get(rule.endpoint, {role_of(self.who)})
        for values in self._records(rule, base) if inside else [base]:
            for language in languages:
                yield {**values, "language": language} if "language" in base else values

    def _records(self, rule: Rule, base: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "reference" not in base:
            yield base
        elif rule.endpoint.startswith("jobs."):
            for reference, names in self.stage.jobs.items():
                for name in names if "name" in base else [""]:
                    yield {**base, "reference": reference, **({"name": name} if name else {})}
        else:
            for case in self._cases():
                yield from ({**base, "reference": case.reference, **more} for more in self._parts(base, case))

    def _cases(self) -> Iterable[Case]:
        """Return the cases to try: the other lead knocks at one open and one decided, where the other worker tries all.

        That each state is closed to other leads too is what tests/contracts/test_access.py shows.
        """
        every = self.stage.cases.values()
        if self.who != "second_lead":
            return every
        return [case for case in every if case.member == MEMBER_OF[self.who] or case.name in {"submitted", "accepted"}]

    def _parts(self, base: dict[str, Any], case: Case) -> Iterator[dict[str, str]]:
        """Return what else an address about a case is made of: a section of the form, a kind of file."""
        if "section" in base:
            yield from ({"section": slug} for slug in self._sections(case))
        elif "kind" in base:
            # A PDF takes a second, so it is made of one case only and for one person; the JSON holds the same.
            printed = case.name in PRINTED and self.who == RECORDERS[case.member]
            yield from ({"kind": kind} for kind in (["json", "pdf"] if printed else ["json"]))
        elif "sheet" in base:
            yield from ({"sheet": kind.value} for kind in self._sheets(case))
        elif "number" in base:
            yield from [{"number": "1"}] if case.name in FILED else []
        else:
            yield {}

    def _sheets(self, case: Case) -> Iterable[SheetKind]:
        """Return the sheets to ask for: all of one case, those without consent, and one where none may be made."""
        if case.name in PRINTED:
            return SheetKind
        if relation(self.who, case) == "stranger":
            return [SheetKind.IDENTITY]
        return [kind for kind in SheetKind if leaves(kind)] if case.name == "taken back" else []

    def _sections(self, case: Case) -> Iterable[str]:
        """Return the sections worth opening: all for the recorder, for the lead those with identity, else one."""
        if case.state not in EDITABLE:
            return ["police"]
        return {"recorder": SECTIONS, "lead": SEALED_SECTIONS}.get(relation(self.who, case), ["police"])

    def _look(self, endpoint: str, response: TestResponse) -> None:
        self.requests += 1
        with self.browser.client.session_transaction() as kept:
            session = repr(dict(kept))
        text = "\n".join((unpacked(response.get_data()), str(response.headers), session))
        found = words_in(self.stage, text)
        for word in found:
            if not may_be_seen(word, self.stage.cases[word.case], self.who, endpoint):
                self.wrong.append(f"{self.who} finds {word.path} of “{word.case}” at {response.request.path}")
        self._look_for_days(endpoint, response, text)
        self.seen.update(word.text for word in found)
        noted = {word for word in found if word.kind in {IDENTITY, NARRATIVE}}
        if noted:
            self._is_noted(noted, response.request.path)

    def _look_for_days(self, endpoint: str, response: TestResponse, text: str) -> None:
        known = BY_RELATION.get(endpoint, {})
        if DAY.search(text) and not known and endpoint not in OF_THE_DAY:
            self.wrong.append(f"{self.who} finds the day of an incident at {response.request.path}")
        if DAY_OF_CONSENT.search(text) and not any(IDENTITY in seen for seen in known.values()):
            self.wrong.append(f"{self.who} finds the day of consent at {response.request.path}")

    def _is_noted(self, words: set[Word], path: str) -> None:
        """Hold the response to the log: whoever is shown narrative or identity is written down, with what was shown."""
        shown: dict[str, set[str]] = {}
        account = self.stage.coalition.people[self.who].id
        with self.stage.coalition.reading("operator") as work:
            for entry in work.session.scalars(select(AuditEntry).where(AuditEntry.number > self.known)):
                self.known = max(self.known, entry.number)
                if entry.actor == account and entry.subject_kind == "incident":
                    shown.setdefault(entry.subject, set()).update(entry.details.get("classes", ()))
        for word in words:
            if word.kind not in shown.get(self.stage.cases[word.case].id, set()):
                self.wrong.append(f"{self.who} is shown {word.path} at {path}, and the log says nothing of it")


PRINTED = {"accepted"}
"""The case whose files are made as PDF too."""

SEALED_SECTIONS = ("when-and-where", "sources", "police")
"""The sections of the form that hold identity."""

PLAIN_SECTIONS = tuple(f"/edit/{slug}" for slug in ("what-happened", "perpetrators", "consent"))
"""The sections of the form that hold no text."""

QUERIES = {"reviews.queue": ("state=all",)}
"""Further forms of an address that show more."""


def role_of(who: str) -> str:
    """Return the name under which the table of doors knows somebody."""
    return {"colleague": "case_worker", "second_worker": "case_worker", "second_lead": "lead"}.get(who, who)


def token_of(browser: Browser, path: str) -> str:
    page = browser.get(path)
    return str(next(form.values["csrf_token"][0] for form in page.forms() if "csrf_token" in form.values))


@pytest.fixture
def tour(app: Flask, stage: Stage, signed_in: Callable[[str], Browser], client: Browser) -> Callable[[str], Tour]:
    """Give somebody's way through everything, signed in where it is not nobody's."""

    def begun(who: str) -> Tour:
        browser = client if who == "nobody" else signed_in(who)
        token = token_of(browser, "/en/sign-in" if who == "nobody" else "/en/account")
        return Tour(stage, who, browser, token, app)

    return begun


@pytest.mark.parametrize("who", EVERYBODY)
def test_nobody_finds_a_word_where_it_may_not_be_and_everybody_finds_theirs(
    stage: Stage, tour: Callable[[str], Tour], who: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG, "coalition")
    way = tour(who)
    way.everything()
    assert not way.wrong, "\n".join(sorted(set(way.wrong))[:40])
    wanted = must_be_seen(stage, who) - way.seen
    missing = sorted(f"{stage.words[text].path} of {stage.words[text].case}" for text in wanted)
    assert not missing, f"{who} does not find {missing}"
    assert way.requests > 40
    assert not words_in(stage, caplog.text)


def test_the_files_hold_what_goes_to_odihr_and_no_columns_for_the_rest(
    stage: Stage, signed_in: Callable[[str], Browser]
):
    browser = signed_in("coordinator")
    texts = {}
    for reference, names in stage.jobs.items():
        for name in names:
            response = browser.client.get(f"/en/jobs/{reference}/files/{name}")
            assert response.status_code == 200, name
            texts[name] = unpacked(response.get_data())
    everywhere = "\n".join(texts.values())
    wanted = {
        word.text
        for word in stage.words.values()
        if word.path == "descriptions.en"
        and stage.cases[word.case].state is State.ACCEPTED
        and stage.cases[word.case].facts.allows(Purpose.ODIHR)
        and word.case != "taken back"
    }
    assert wanted
    assert not {word.text for word in words_in(stage, everywhere) if word.case == "taken back"}
    for name in ("incidents.csv", "submission.xlsx", f"hcr-{YEAR}.zip"):
        assert wanted <= {word.text for word in words_in(stage, texts[name])}, name
    assert not DAY.search(everywhere)
    assert not DAY_OF_CONSENT.search(everywhere)
    for heading in ("Restricted", "Time of day", "Your own reference", "Town", "Internal account", "Region"):
        assert heading not in everywhere, heading


@pytest.mark.parametrize("who", [name for name in EVERYBODY if name != "nobody"])
def test_an_export_holds_exactly_what_the_person_may_see(stage: Stage, who: str):
    with stage.coalition.reading(who) as work:
        try:
            found = words_in(stage, "\n".join(map(repr, exports.export_incidents(work))))
        except NotPermitted:
            found = set()
    kinds = {"recorder": WHOLE, "lead": WHOLE, "colleague": OWN, "coalition": READ}
    allowed = {
        word
        for word in stage.words.values()
        # Files stay where they are: an export is the record's answers.
        if word.kind in kinds.get(relation(who, stage.cases[word.case]), set())
        and not word.path.startswith("evidence.")
    }
    assert {(word.case, word.path) for word in found} == {(word.case, word.path) for word in allowed}


def folded(element: Element) -> str:
    """Return an element's words, spaces folded."""
    return " ".join("".join(element.itertext()).split())


def step_of(stage: Stage, path: str) -> str:
    """Return what is told of the step of the police in the case that an address is about."""
    case = next(case for case in stage.cases.values() if case.reference in path)
    return f"Reported to the police · 17 May 2024 · {case.facts.proceedings[0].note} · Restricted"


def test_hidden_answers_say_that_they_are_restricted_whether_they_are_filled_in_or_not(
    stage: Stage, signed_in: Callable[[str], Browser]
):
    submitted, accepted = stage.cases["submitted"].reference, stage.cases["accepted"].reference
    for who, path in (
        ("case_worker", f"/en/incidents/{submitted}"),
        ("colleague", f"/en/incidents/{accepted}"),
        ("coordinator", f"/en/reviews/{accepted}"),
    ):
        page = signed_in(who).get(path)
        marked = {
            folded(row[0]): folded(row[1])
            for row in (list(element) for element in page.all("div") if element.get("class") == "summary__row")
            if any("restricted" in (item.get("class") or "") for item in row[1].iter())
        }
        assert marked == {
            "Time of day": "Restricted",
            "How to reach the person": "Restricted",
            **({"Needs and support": "Restricted"} if who == "coordinator" else {}),
            "Source 1": "Interview with the victim · Restricted",
            "Your own reference": "Restricted",
            "Day of consent": "Restricted",
            "Step 1 of police and justice": step_of(stage, path),
        }
        marks = [element for element in page.all("span") if element.get("class") == "restricted"]
        assert all(element.get("title") for element in marks)


def test_nothing_of_it_is_in_the_log_or_in_the_jobs(stage: Stage):
    with stage.coalition.reading("operator") as work:
        entries = [_text_of(row) for row in work.session.scalars(select(AuditEntry))]
        tasks = [_text_of(row) for row in work.session.scalars(select(Job))]
    assert len(entries) > 100
    assert len(tasks) == 2
    assert not words_in(stage, "\n".join((*entries, *tasks)))
    assert not [case.name for case in stage.cases.values() if any(case.reference in entry for entry in entries)]


def _text_of(row: Base) -> str:
    return str({column.key: getattr(row, column.key) for column in row.__table__.columns})


@pytest.mark.usefixtures("own_app")
def test_a_failure_tells_neither_the_page_nor_the_log_what_somebody_typed(
    app: Flask, client: Browser, stage: Stage, caplog: pytest.LogCaptureFixture
):
    word = next(iter(stage.words))
    app.testing = False

    def fail() -> str:
        raise ValueError(word)

    app.add_url_rule("/en/failing", "failing", public(fail))
    response = client.fetch("/en/failing")
    assert response.status_code == 500
    assert word not in response.get_data(as_text=True)
    assert "ValueError" in caplog.text
    assert word not in caplog.text
