"""Narrowing a list, and keeping what it is narrowed to under a name, for oneself or for colleagues as well."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect
from werkzeug.wrappers import Response

from coalition import i18n
from coalition.domain.access import Permission
from coalition.domain.errors import AlreadyExists, NotFound
from coalition.domain.filters import ListFilter, ListPage
from coalition.i18n import _
from coalition.i18n.filters import part_in_words
from coalition.services import filters
from coalition.services.filters import Choices, SavedView
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.base import INVALID, add_error
from coalition.web.forms.queue import NameForm, NarrowForm
from coalition.web.locale import url
from coalition.web.narrowing import ENDPOINTS, Asked, asked

blueprint = Blueprint("filters", __name__)

_RECORDS = {ListPage.REVIEWS: "reviews.review", ListPage.INCIDENTS: "incidents.detail"}
"""The page of one record of each list."""


@dataclass(frozen=True)
class SavedLine:
    """A filter that somebody named, in words."""

    view: SavedView
    parts: tuple[str, ...]
    url: str


@blueprint.post("/filters")
@requires(Permission.WORK_THROUGH)
def narrow() -> Response:
    """Lead to the list as the form narrows it, or to the record whose reference was typed."""
    with reading() as work:
        page = filters.list_seen(work)
        chosen = ListFilter.parse(NarrowForm().said, page)
        reference = filters.reference_found(work, chosen)
    if reference:
        return redirect(url(_RECORDS[page], reference=reference), 303)
    if not chosen.words:
        return redirect(Asked(page, chosen, None).url(), 303)
    with unit_of_work() as work:
        kept = filters.keep_filter(work, chosen)
    return redirect(url(ENDPOINTS[page], filter=kept), 303)


@blueprint.get("/filters")
@requires(Permission.WORK_THROUGH)
def list_all() -> str:
    """Show the filters that somebody named, to rename, share and remove their own."""
    with reading() as work:
        page = filters.list_seen(work)
        choices = filters.choices(work)
        lines = [_line(choices, page, view) for view in filters.saved_filters(work)]
    return render("queue/filters.html", lines=lines, list_url=url(ENDPOINTS[page]))


@blueprint.post("/filters/named")
@requires(Permission.WORK_THROUGH)
def keep() -> str | Response | tuple[str, int]:
    """Give what a list is narrowed to a name; the form says what that is."""
    form = NameForm()
    with reading() as work:
        wanted = asked(work)
    if not form.validate():
        return _naming(form, wanted), INVALID
    try:
        with unit_of_work() as work:
            reference = filters.name_filter(work, wanted.chosen, form.name.data or "", shared=bool(form.shared.data))
    except AlreadyExists:
        add_error(form.name, _("You have a filter of this name already."))
        return _naming(form, wanted), INVALID
    flash(_("The filter is saved."), "success")
    return redirect(url(ENDPOINTS[wanted.page], filter=reference), 303)


def _naming(form: NameForm, wanted: Asked) -> str:
    return render("queue/name.html", form=form, view=None, query=wanted.query, back_url=wanted.url())


@blueprint.get("/filters/<reference>")
@requires(Permission.WORK_THROUGH)
def edit(reference: str) -> str:
    """Ask how one's own filter is to be called, and whether colleagues may use it."""
    view = _own(reference)
    return _editing(NameForm(formdata=None, data={"name": view.name, "shared": view.shared}), view)


@blueprint.post("/filters/<reference>")
@requires(Permission.WORK_THROUGH)
def change(reference: str) -> str | Response | tuple[str, int]:
    """Rename one's own filter, share it or stop sharing it."""
    form, view = NameForm(), _own(reference)
    if not form.validate():
        return _editing(form, view), INVALID
    try:
        with unit_of_work() as work:
            filters.change_filter(work, reference, form.name.data or "", shared=bool(form.shared.data))
    except AlreadyExists:
        add_error(form.name, _("You have a filter of this name already."))
        return _editing(form, view), INVALID
    flash(_("The filter is changed."), "success")
    return redirect(url("filters.list_all"), 303)


def _own(reference: str) -> SavedView:
    with reading() as work:
        view = filters.open_filter(work, reference)
    if not view.own or not view.name:
        raise NotFound("filter", reference)
    return view


def _editing(form: NameForm, view: SavedView) -> str:
    return render("queue/name.html", form=form, view=view, query="", back_url=url("filters.list_all"))


@blueprint.post("/filters/<reference>/remove")
@requires(Permission.WORK_THROUGH)
def remove(reference: str) -> Response:
    """Remove one's own filter."""
    with unit_of_work() as work:
        filters.remove_filter(work, reference)
    flash(_("The filter is removed. Links to it lead nowhere from now on."), "success")
    return redirect(url("filters.list_all"), 303)


def _line(choices: Choices, page: ListPage, view: SavedView) -> SavedLine:
    names = {code: i18n.name_of(name) for code, name in choices.organisations.items()}
    parts = view.wanted.printed().items()
    said = tuple(part_in_words(name, text, {**names, **choices.reviewers}) for name, text in parts)
    return SavedLine(view, said, url(ENDPOINTS[page], filter=view.reference))
