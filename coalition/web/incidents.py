"""A member's incidents: the list, the recording form in sections, the overview with its conversation."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, request
from werkzeug.wrappers import Response

from coalition import i18n
from coalition.domain.access import Permission
from coalition.domain.disclosure import Audience
from coalition.domain.errors import ChangedMeanwhile, Incomplete, NotAllowedNow, NotFound, NotPermitted
from coalition.domain.incidents import Facts, Problem
from coalition.domain.kept_forms import once_of
from coalition.domain.reviews import EDITABLE
from coalition.domain.same_incident import LinkReason
from coalition.domain.vocabulary import Role, State
from coalition.i18n import _, labels
from coalition.i18n.acts import act_in_words, class_in_words
from coalition.i18n.files import kinds_in_words
from coalition.i18n.filters import ACTS
from coalition.services import bulk, follow_ups, history, incidents, readers
from coalition.services.erasures import Keeping, erased_counts, keeping_of
from coalition.services.evidence import evidence_counts
from coalition.services.history import Conflict
from coalition.services.incident_views import IncidentView, StepView
from coalition.services.kept_forms import KeptView
from coalition.services.look_alikes import LookAlike, look_alikes
from coalition.services.queue import list_page
from coalition.services.readers import ReadersPage, Reading
from coalition.services.work import Work
from coalition.web import autosave, differences, keeping
from coalition.web.access import reading, requires, unit_of_work, wants_json
from coalition.web.answers import chapters
from coalition.web.contexts import render
from coalition.web.forms.base import INVALID
from coalition.web.forms.incidents import FIRST, LAST, SECTIONS, Section, SectionForm, section_with_slug
from coalition.web.forms.incidents.happening import BeginningForm
from coalition.web.forms.incidents.listing import SubmitForm
from coalition.web.keeping import typed_again
from coalition.web.locale import site_settings, url
from coalition.web.narrowing import asked, narrowing
from coalition.web.query import page_asked
from coalition.web.same_incident import together
from coalition.web.standing import anchors, standing_of
from coalition.web.threads import thread_of

blueprint = Blueprint("incidents", __name__)

CONFLICT = 409
_WAITING_SHOWN = 5


@dataclass(frozen=True)
class Moment:
    """One thing that happened to a record."""

    what: str
    who: str
    at: datetime
    text: str = ""


@dataclass(frozen=True)
class Act:
    """One thing that somebody did with a record, or saw of it."""

    at: datetime
    who: str
    belongs: str
    what: str
    shown: str


@blueprint.get("/incidents")
@requires(Permission.LIST_INCIDENTS)
def list_all() -> str:
    """Show the organisation's incidents, and first those in which a question waits."""
    with reading() as work:
        wanted = asked(work)
        page = list_page(work, wanted.chosen, page_asked())
        seen = narrowing(work, wanted, page, incidents.own_years(work))
        waiting = incidents.list_incidents(work, states=(State.RETURNED.value,))
        erased = erased_counts(work, wanted.chosen.year)
        due = follow_ups.follow_ups(work)
        acts = {act.value: str(ACTS[act]) for act in bulk.offered(work)}
    state = wanted.chosen.state
    return render(
        "incidents/list.html",
        follow_ups=due,
        page=page,
        narrowing=seen,
        narrowed=bool(state or wanted.chosen.narrows),
        acts=acts,
        erased_total=erased.get(state, 0) if state else sum(erased.values()),
        waiting=waiting.lines[:_WAITING_SHOWN],
        waiting_total=waiting.total,
    )


@blueprint.post("/incidents/<reference>/needs/<int(max=99999):number>/asked")
@requires(Permission.LIST_INCIDENTS)
def asked_again(reference: str, number: int) -> Response:
    """Note that somebody asked again, so that the day is not listed any more."""
    with unit_of_work() as work:
        follow_ups.asked_again(work, reference, number)
    flash(_("Noted. If there is something new, write it into the record."), "success")
    return redirect(url("incidents.list_all"))


@blueprint.get("/incidents/new")
@requires(Permission.RECORD_INCIDENT)
def new() -> str:
    """Tell what happens to the report, and ask the first questions."""
    kept = _kept("incidents.begin")
    with typed_again(kept):
        form = _new_form()
    return _new_page(form, kept)


@blueprint.post("/incidents/new")
@requires(Permission.RECORD_INCIDENT)
def begin() -> str | Response | tuple[str, int]:
    """Keep the first answers as a draft; the same page sent twice leads to the same draft."""
    form, once = _new_form(), once_of(request.form.get("once", ""))
    if not form.validate():
        _keep_beginning(once)
        return autosave.tell_unreadable() if wants_json() else (_new_page(form), INVALID)
    if differences.choosing():
        return _settle(_typed_on_first(form, once))
    return _begin(form, once)


def _begin(form: BeginningForm, once: str) -> str | Response | tuple[str, int]:
    with reading() as work:
        draft = incidents.already_begun(work, once)
        alike = () if _searched(draft) else look_alikes(work, form.traits, draft)
    if alike and wants_json():
        # What looks like another record is not begun by a clock: a person looks at the others first.
        autosave.keep_typed()
        return autosave.tell_kept()
    if alike:
        return _new_page(form, alike=alike, draft=draft)
    try:
        with unit_of_work() as work:
            begun = incidents.begin_incident_once(work, once, form.changes())
            keeping.forget(work, "incidents.save", reference=begun.reference, section=FIRST.slug)
    except (ChangedMeanwhile, NotAllowedNow):
        return _not_saved(_typed_on_first(form, once))
    if wants_json():
        page = url("incidents.edit", reference=begun.reference, section=FIRST.slug)
        return autosave.tell_saved(begun.version, beside=begun.beside, page=page)
    if begun.beside:
        _flash_beside()
    return _go_on(begun.reference, FIRST)


def _searched(draft: str) -> bool:
    """Tell whether nobody has to be asked: the person saw what looks alike, or a draft that is begun is saved anew."""
    return request.form.get("go") == "anyway" or (wants_json() and bool(draft))


def _keep_beginning(once: str) -> None:
    """Keep what was typed on the first page; where it has begun a draft, for that draft's own page."""
    try:
        with reading() as work:
            reference = incidents.begun_by(work, once)
    except NotFound:
        autosave.keep_typed()
    else:
        autosave.keep_typed("incidents.save", reference=reference, section=FIRST.slug)


def _new_form() -> BeginningForm:
    own = site_settings()
    return BeginningForm(own, Facts(country=own.country))


def _new_page(
    form: BeginningForm, kept: KeptView | None = None, alike: tuple[LookAlike, ...] = (), draft: str = ""
) -> str:
    return render(
        "incidents/new.html",
        form=form,
        section=FIRST,
        total=len(SECTIONS),
        once=once_of(request.form.get("once", "")) or secrets.token_urlsafe(32),
        kept=kept,
        alike=alike,
        draft=draft,
    )


def _kept(endpoint: str, **parts: object) -> KeptView | None:
    """Return what is kept of a form, unless its page is asked for without."""
    return None if "without" in request.args else autosave.kept_form(endpoint, **parts)


def _go_on(reference: str, section: Section) -> Response:
    """Lead to the next section, or to the overview if that was asked for or nothing is left."""
    if request.form.get("go") == "overview" or section.next is None:
        flash(_("Your answers are saved."), "success")
        return redirect(url("incidents.detail", reference=reference))
    return redirect(url("incidents.edit", reference=reference, section=section.next.slug))


@blueprint.get("/incidents/<reference>/edit/<section>")
@requires(Permission.AMEND_INCIDENT)
def edit(reference: str, section: str) -> str:
    """Show one section; from a list of problems also what is missing in it."""
    part = section_with_slug(section)
    incident = _to_amend(_to_type(reference))
    kept = _kept("incidents.save", reference=reference, section=section)
    with typed_again(kept):
        form = part.form(site_settings(), incident.facts, incident.version)
    if "check" in request.args:
        form.point_out(part.problems(incident.problems))
    return _section_page(incident, part, form, kept=kept)


@blueprint.post("/incidents/<reference>/edit/<section>")
@requires(Permission.AMEND_INCIDENT)
def save(reference: str, section: str) -> str | Response | tuple[str, int]:
    """Save one section, or add and remove rows on the page; nothing typed is lost either way."""
    part = section_with_slug(section)
    incident = _to_type(reference)
    form = part.form(site_settings(), incident.facts, incident.version)
    if "rows" in request.form and form.press(request.form["rows"]):
        return _section_page(incident, part, form)
    if not form.validate():
        autosave.keep_typed()
        return autosave.tell_unreadable() if wants_json() else (_section_page(incident, part, form), INVALID)
    if wants_json() and section in autosave.ONLY_KEPT:
        autosave.keep_typed()
        return autosave.tell_kept()
    typed = _Typed(incident.reference, part, form, form.version_seen)
    return _settle(typed) if differences.choosing() else _save(typed)


def _save(typed: "_Typed") -> str | Response | tuple[str, int]:
    try:
        with unit_of_work() as work:
            version = incidents.save_incident(work, typed.reference, typed.version, typed.form.changes())
    except (ChangedMeanwhile, NotAllowedNow):
        return _not_saved(typed)
    beside = version > typed.version + 1
    if wants_json():
        return autosave.tell_saved(version, beside=beside)
    if beside:
        _flash_beside()
    return _go_on(typed.reference, typed.section)


def _flash_beside() -> None:
    flash(
        _("Other answers of this incident were saved meanwhile, by somebody else or in another window. All are kept.")
    )


# --- two people at once ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Typed:
    """What somebody typed on a page, and what the record was when they did."""

    reference: str
    section: Section
    form: SectionForm
    version: int
    once: str = ""
    """The name of the first page that began the draft; empty for the page of a section."""

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that the page is about."""
        return (*self.form.plain, *self.form.other)

    @property
    def sent_to(self) -> str:
        """Where the page is sent."""
        if self.once:
            return url("incidents.begin")
        return url("incidents.save", reference=self.reference, section=self.section.slug)


def _typed_on_first(form: BeginningForm, once: str) -> _Typed:
    with reading() as work:
        begun = incidents.begun(work, once)
    return _Typed(begun.reference, FIRST, form, begun.version, once)


def _settle(typed: _Typed) -> str | Response | tuple[str, int]:
    """Save what was chosen of two people's answers; whatever stands against it, what was typed stays."""
    if request.form.get("go") == "typed":
        latest = _to_type(typed.reference)
        return _section_page(latest, typed.section, typed.form, "typing" if latest.may_amend else "closed")
    conflict = _conflict(typed)
    chosen = differences.sides_chosen(conflict)
    if request.form[differences.THEIRS] != str(conflict.version):
        return _conflict_page(typed, conflict, again=True), CONFLICT
    if conflict.without_choice(chosen):
        return _conflict_page(typed, conflict), INVALID
    try:
        with unit_of_work() as work:
            _save_chosen(work, typed, conflict.version, conflict.values(chosen))
    except (ChangedMeanwhile, NotAllowedNow):
        return _not_saved(typed)
    return _go_on(typed.reference, typed.section)


def _save_chosen(work: Work, typed: _Typed, version: int, changes: Mapping[str, Any]) -> None:
    if not typed.once:
        incidents.save_incident(work, typed.reference, version, changes)
        return
    incidents.settle_begun(work, typed.once, version, changes)
    keeping.forget(work, "incidents.save", reference=typed.reference, section=typed.section.slug)


def _conflict(typed: _Typed) -> Conflict:
    with reading() as work:
        found = history.open_conflict(work, typed.reference, typed.version, typed.form.changes())
        incidents.note_typing(work, typed.reference, typed.facts)
    return found


def _conflict_page(typed: _Typed, conflict: Conflict, *, again: bool = False) -> str:
    """Show each answer that two people gave differently; all that was typed is sent again with the choice."""
    choices = differences.choices(conflict, differences.sides_chosen(conflict))
    unanswered = [] if again else [item for item in choices if item.error]
    return render(
        "history/conflict.html",
        reference=typed.reference,
        section=typed.section.title,
        action=typed.sent_to,
        version=conflict.version,
        typed=differences.typed(),
        choices=choices,
        errors=[{"href": f"#{item.field}", "text": f"{item.title}: {item.error}"} for item in unanswered],
        again=again,
        go=request.form.get("go") or "next",
    )


def _not_saved(typed: _Typed) -> str | Response | tuple[str, int]:
    """Keep and show what was typed, unless the same press of a button has saved it already."""
    latest, form = _to_type(typed.reference), typed.form
    if latest.may_amend and incidents.is_saved(latest, form.changes()):
        return autosave.tell_saved(latest.version) if wants_json() else _go_on(latest.reference, typed.section)
    if typed.once:
        _keep_beginning(typed.once)
    else:
        autosave.keep_typed()
    if wants_json():
        return autosave.tell_conflict()
    if not latest.may_amend:
        return _section_page(latest, typed.section, form, "closed"), CONFLICT
    return _conflict_page(typed, _conflict(typed)), CONFLICT


@blueprint.post("/incidents/<reference>/edit/<section>/consider")
@requires(Permission.AMEND_INCIDENT)
def consider(reference: str, section: str) -> Response:
    """Tell how the record would stand with what is typed so far; nothing is kept."""
    part = section_with_slug(section)
    with reading() as work:
        incident = incidents.incident_to_type(work, reference)
        form = part.form(site_settings(), incident.facts, incident.version)
        # What cannot be read yet, such as a day without its month, is judged once it can be.
        facts = replace(incident.facts, **form.changes()) if form.validate() else incident.facts
        problems = incidents.problems_of(work, facts)
    return jsonify(standing_of(incident.reference, facts, problems, part).told())


def _read(reference: str) -> IncidentView:
    with reading() as work:
        return incidents.read_incident(work, reference)


def _to_type(reference: str) -> IncidentView:
    with reading() as work:
        return incidents.incident_to_type(work, reference)


def _outline(reference: str) -> IncidentView:
    with reading() as work:
        return incidents.outline_incident(work, reference)


def _to_amend(incident: IncidentView) -> IncidentView:
    if incident.may_amend:
        return incident
    if incident.state in EDITABLE:
        raise NotPermitted(Permission.AMEND_INCIDENT)
    raise NotAllowedNow("save", incident.state)


def _section_page(
    incident: IncidentView, section: Section, form: SectionForm, conflict: str = "", kept: KeptView | None = None
) -> str:
    with reading() as work:
        incidents.note_typing(work, incident.reference, section.facts)
    return render(
        "incidents/section.html",
        form=form,
        section=section,
        total=len(SECTIONS),
        incident=incident,
        conflict=conflict,
        kept=kept,
        standing=standing_of(incident.reference, incident.facts, incident.problems, section),
        chapters=chapters(_read(incident.reference), _change(incident)) if section is LAST else (),
    )


@blueprint.get("/incidents/<reference>")
@requires(Permission.READ_INCIDENT)
def detail(reference: str) -> str:
    """Show the sections, the answers, what is missing, and the conversation with the coordinator."""
    return _overview(_read(reference), SubmitForm())


@blueprint.post("/incidents/<reference>/identity")
@requires(Permission.UNSEAL_IDENTITY, recently=True)
def unseal(reference: str) -> str:
    """Show the overview once with what leads to the person."""
    with reading() as work:
        incident = incidents.unseal_incident(work, reference)
    return _overview(incident, SubmitForm(formdata=None))


@blueprint.get("/incidents/<reference>/readers")
@requires(Permission.SEE_READERS)
def see_readers(reference: str) -> str:
    """Tell the lead who did what with an incident, who only looked at it included."""
    with reading() as work:
        page = readers.readers_of(work, reference, page_asked())
    return render(
        "incidents/readers.html",
        page=page,
        acts=[_act(entry) for entry in page.entries],
        previous_url=_readers_url(page, -1),
        next_url=_readers_url(page, 1),
    )


def _act(entry: Reading) -> Act:
    who = entry.who or (labels.label("roles", Role.OPERATOR) if entry.role == Role.OPERATOR else _("Somebody"))
    belongs = i18n.name_of(entry.organisation) if entry.organisation else _("Coalition")
    role = labels.label("roles", entry.role)
    return Act(entry.at, who, f"{role}, {belongs}" if entry.who else "", act_in_words(entry.action), _shown(entry))


def _shown(entry: Reading) -> str:
    return "; ".join(class_in_words(name) for name in entry.classes)


def _readers_url(page: ReadersPage, step: int) -> str | None:
    number = page.number + step
    if not 1 <= number <= page.pages:
        return None
    return url("incidents.see_readers", reference=page.reference, page=number)


@blueprint.post("/incidents/<reference>")
@requires(Permission.AMEND_INCIDENT)
def submit(reference: str) -> str | Response | tuple[str, int]:
    """Hand the incident, or the answer to a question, to the coordinator."""
    form = SubmitForm()
    if not form.validate():
        return _overview(_read(reference), form), INVALID
    try:
        with unit_of_work() as work:
            incidents.submit_incident(work, reference, form.version_seen, form.answer.data or "")
    except Incomplete as refusal:
        return _overview(_read(reference), form, attempted=tuple(_problems(refusal))), INVALID
    except (ChangedMeanwhile, NotAllowedNow):
        return _not_submitted(reference, form)
    flash(
        _("The incident is submitted. The coordinator will look at it, and you will see the answer here."),
        "success",
    )
    return redirect(url("incidents.detail", reference=reference))


def _not_submitted(reference: str, form: SubmitForm) -> Response | tuple[str, int]:
    """Ask to look again; a button that was pressed twice has done its work already."""
    incident = _read(reference)
    answer = (form.answer.data or "").strip()
    if not incident.may_amend and incident.steps and incident.steps[-1].text == answer:
        return redirect(url("incidents.detail", reference=reference))
    return _overview(incident, form, conflict=True), CONFLICT


def _problems(refusal: Incomplete) -> list[Problem]:
    return [problem for problem in refusal.problems if isinstance(problem, Problem)]


def _change(incident: IncidentView) -> Callable[[str], str]:
    if not incident.may_amend:
        return lambda _section: ""
    return lambda section: url("incidents.edit", reference=incident.reference, section=section)


def _history(incident: IncidentView) -> list[Moment]:
    """Return what happened to the record, newest first; what was written with it stands in the conversation."""
    recorded = Moment(_("Recorded"), incident.author or labels.label("roles", "operator"), incident.recorded_at)
    return [*(_moment(step) for step in reversed(incident.steps)), recorded]


def _moment(step: StepView) -> Moment:
    nobody = _("Automatically") if step.reason in set(LinkReason) else labels.label("roles", "operator")
    by = i18n.name_of(step.by) if step.by else nobody
    return Moment(labels.label("steps", step.step), by, step.at, labels.label("step_reasons", step.reason))


def _evidence_files(reference: str) -> str:
    """Return how many files of which kind there are; empty for none."""
    with reading() as work:
        return kinds_in_words(evidence_counts(work, reference))


def _keeping(reference: str) -> Keeping:
    with reading() as work:
        return keeping_of(work, reference)


def _overview(
    incident: IncidentView, form: SubmitForm, *, attempted: tuple[Problem, ...] = (), conflict: bool = False
) -> str:
    form.version.see(incident.version)
    return render(
        "incidents/detail.html",
        incident=incident,
        form=form,
        attempted=anchors(incident.reference, attempted),
        standing=standing_of(incident.reference, incident.facts, incident.problems),
        chapters=chapters(incident, _change(incident)),
        unsealed=incident.audience is Audience.OWNER,
        keeping=_keeping(incident.reference),
        evidence_files=_evidence_files(incident.reference),
        history=_history(incident),
        thread=thread_of(incident, asked_above=True),
        together=together(incident.reference),
        conflict=conflict,
        decision=incident.steps[-1] if incident.steps else None,
        language=i18n.current_language(),
    )


@blueprint.post("/incidents/<reference>/withdraw")
@requires(Permission.AMEND_INCIDENT)
def withdraw(reference: str) -> Response:
    """Take a submitted incident back."""
    try:
        with unit_of_work() as work:
            incidents.withdraw_incident(work, reference, SubmitForm().version_seen)
    except (ChangedMeanwhile, NotAllowedNow):
        _flash_moved_on()
    else:
        flash(_("The incident is a draft again. Only your organisation sees it."), "success")
    return redirect(url("incidents.detail", reference=reference))


@blueprint.get("/incidents/<reference>/discard")
@requires(Permission.AMEND_INCIDENT)
def confirm_discard(reference: str) -> str:
    """Ask before a draft is erased."""
    incident = _to_amend(_outline(reference))
    if not incident.may_discard:
        raise NotAllowedNow("discard", incident.state)
    form = SubmitForm()
    form.version.see(incident.version)
    return render("incidents/discard.html", incident=incident, form=form)


@blueprint.post("/incidents/<reference>/discard")
@requires(Permission.AMEND_INCIDENT)
def discard(reference: str) -> Response:
    """Erase a draft."""
    try:
        with unit_of_work() as work:
            incidents.discard_draft(work, reference, SubmitForm().version_seen)
    except (ChangedMeanwhile, NotAllowedNow):
        _flash_moved_on()
        return redirect(url("incidents.detail", reference=reference))
    flash(_("The draft is erased."), "success")
    return redirect(url("incidents.list_all"))


def _flash_moved_on() -> None:
    flash(_("Nothing was changed: the incident was saved or moved on meanwhile. Look at it again."), "error")
