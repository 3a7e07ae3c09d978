"""One thing done with many records of a list: what would change is shown first, and done once that is confirmed."""

import re
from collections.abc import Iterable, Mapping, Sequence

from flask import Blueprint, flash, redirect, request
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.domain.bulk import PART, Act, Obstacle, most_of
from coalition.domain.filters import ListPage
from coalition.domain.messages import may_name
from coalition.i18n import _, current_language
from coalition.i18n.filters import ACTS, OBSTACLES
from coalition.services import bulk, filters
from coalition.services.bulk import Item, Outcome, Preview, Record
from coalition.services.queue import references_of
from coalition.services.work import Work
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.base import INVALID
from coalition.web.forms.queue import TogetherForm
from coalition.web.locale import site_settings
from coalition.web.narrowing import Asked, asked, came_from

blueprint = Blueprint("bulk", __name__)

_RECORD = re.compile(r"([0-9A-Z]{5}-[0-9A-Z]{5})(?::([0-9]{1,9}))?")
_RECORD_PAGES = {ListPage.REVIEWS: "reviews.review", ListPage.INCIDENTS: "incidents.detail"}


@blueprint.post("/together")
@requires(Permission.WORK_THROUGH)
def preview() -> str | Response | tuple[str, int]:
    """Show what would be done with which records, after asking for what that needs."""
    form, act = _form()
    with reading() as work:
        wanted = asked(work)
        if act is None or act not in bulk.offered(work):
            return _nothing_to_do(wanted, _("Choose what to do with the records."))
        references, total = _chosen(work, act, wanted)
        today = work.today
    if not references:
        return _nothing_to_do(wanted, _("Tick at least one record first."))
    form.records.data = " ".join(references)
    first = "asked" not in request.form
    if bulk.asks(act) and (first or not form.is_answered(act, today)):
        page = _page("queue/together_ask.html", form, act, wanted, first=first, total=total, number=len(references))
        return page if first else (page, INVALID)
    with reading() as work:
        seen = bulk.preview(work, _asked_of(form, act), references)
    return _preview_page(form, act, wanted, Preview(seen.items, max(total, seen.total)))


def _preview_page(form: TogetherForm, act: Act, wanted: Asked, seen: Preview) -> str:
    form.records.data = _written((item.reference, item.version) for item in seen.fitting)
    return _page(
        "queue/together.html",
        form,
        act,
        wanted,
        seen=seen,
        obstacles=_by_obstacle(seen.left_out),
        most=most_of(act),
        named=may_name(form.text.data or "", current_language()) if act is Act.COMMENT else (),
    )


@blueprint.post("/together/done")
@requires(Permission.WORK_THROUGH)
def carry_out() -> str | Response | tuple[str, int]:
    """Do it with the records that were looked at and stand as they did; say which were done and which were not."""
    form, act = _form()
    with reading() as work:
        wanted, today = came_from(work), work.today
    records = _read(form.records.data or "")
    if act is None or not records:
        return _nothing_to_do(wanted, _("Choose what to do with the records."))
    if bulk.asks(act) and not form.is_answered(act, today):
        return _page("queue/together_ask.html", form, act, wanted, first=False, total=len(records)), INVALID
    return _outcome_page(form, act, wanted, _carried_out(_asked_of(form, act), records[: most_of(act)]))


def _carried_out(asked_for: bulk.Asked, records: Sequence[Record]) -> Outcome:
    """Do it part by part, each a unit of work of its own, so that nobody waits for all of it to save a record."""
    parts = []
    for start in range(0, len(records), PART):
        with unit_of_work() as work:
            parts.append(bulk.carry_out(work, asked_for, records[start : start + PART]))
    return bulk.joined(parts)


def _outcome_page(form: TogetherForm, act: Act, wanted: Asked, outcome: Outcome) -> str:
    form.records.data = _written(outcome.done)
    return _page(
        "queue/together_done.html",
        form,
        act,
        wanted,
        done=[reference for reference, _version in outcome.done],
        obstacles=_grouped(outcome.left_out),
        undo=outcome.undone_by,
        undo_label=ACTS[outcome.undone_by] if outcome.undone_by else "",
    )


def _form() -> tuple[TogetherForm, Act | None]:
    """Return what was sent, with all that can be chosen, and what is to be done."""
    form = TogetherForm()
    with reading() as work:
        offered = {act.value: str(ACTS[act]) for act in bulk.offered(work)}
        reviewers = filters.choices(work).reviewers
    form.offer({**offered, Act.PUT_BACK: "", Act.WITHDRAW: ""}, reviewers, site_settings().country)
    return form, Act(form.act.data) if form.act.data in set(Act) else None


def _chosen(work: Work, act: Act, wanted: Asked) -> tuple[Sequence[str], int]:
    """Return the references that were ticked, or of all that the list holds the first so many, and how many it is."""
    if request.form.get("all") == "1":
        return references_of(work, wanted.chosen, most_of(act))
    typed = [*request.form.getlist("chosen"), *request.form.get("records", "").split()]
    ticked = [found[1] for text in typed if (found := _RECORD.fullmatch(text))]
    return ticked[: most_of(act)], len(ticked)


def _asked_of(form: TogetherForm, act: Act) -> bulk.Asked:
    return bulk.Asked(act, form.reviewer.data or "", form.due.day_meant, form.text.data or "", form.code)


def _read(text: str) -> list[Record]:
    found = (_RECORD.fullmatch(part) for part in text.split())
    return [(match[1], int(match[2])) for match in found if match and match[2]]


def _written(records: Iterable[Record]) -> str:
    return " ".join(f"{reference}:{version}" for reference, version in records)


def _by_obstacle(left_out: Sequence[Item]) -> Mapping[str, list[str]]:
    return _grouped((item.reference, item.obstacle) for item in left_out if item.obstacle)


def _grouped(pairs: Iterable[tuple[str, Obstacle]]) -> Mapping[str, list[str]]:
    """Return the records that are left out, by the reason in words."""
    found: dict[str, list[str]] = {}
    for reference, obstacle in pairs:
        found.setdefault(str(OBSTACLES[obstacle]), []).append(reference)
    return found


def _nothing_to_do(wanted: Asked, why: str) -> Response:
    flash(why, "error")
    return redirect(wanted.url(), 303)


def _page(template: str, form: TogetherForm, act: Act, wanted: Asked, **context: object) -> str:
    return render(
        template,
        form=form,
        act=act.value,
        act_label=ACTS[act],
        list_url=wanted.url(),
        query=wanted.query,
        record_endpoint=_RECORD_PAGES[wanted.page],
        **context,
    )
