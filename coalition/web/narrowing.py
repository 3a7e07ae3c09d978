"""What the address of a list asks for, and what leads to the list narrowed otherwise.

An address holds codes only. Where words are searched for it names a kept filter; what stands beside that name changes
the kept filter for this one address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from flask import request

from coalition.domain.errors import NotFound
from coalition.domain.filters import ALL, ListFilter, ListPage
from coalition.domain.vocabulary import State
from coalition.i18n import _, labels, name_of
from coalition.i18n.filters import part_in_words
from coalition.services import filters
from coalition.services.filters import SavedView
from coalition.services.queue import ListView, neighbours
from coalition.services.work import Work
from coalition.web.forms.queue import NameForm, NarrowForm
from coalition.web.locale import url

ENDPOINTS: Mapping[ListPage, str] = {
    ListPage.REVIEWS: "reviews.queue",
    ListPage.INCIDENTS: "incidents.list_all",
}
"""The pages of the lists."""
LIST = "list"
"""The field in which a form says what the address of its list asks for."""
_BEGINS_WITH: Mapping[ListPage, str] = {ListPage.REVIEWS: State.SUBMITTED.value, ListPage.INCIDENTS: ""}
"""The state that a list shows while nobody asks for another: a coordinator's begins with what waits."""


@dataclass(frozen=True)
class Asked:
    """What an address asks for."""

    page: ListPage
    chosen: ListFilter
    kept: SavedView | None
    """The kept filter that it names."""

    def parts(self, chosen: ListFilter | None = None) -> dict[str, str]:
        """Return what an address says to ask for this, or for the same narrowed otherwise."""
        wanted = self.chosen if chosen is None else chosen
        told = self._told(wanted)
        if self.kept is None or wanted.words != self.kept.wanted.words:
            return told
        known = self._told(self.kept.wanted)
        changed = {name: told.get(name, "") for name in {**known, **told} if told.get(name) != known.get(name)}
        return {"filter": self.kept.reference, **changed}

    def _told(self, wanted: ListFilter) -> dict[str, str]:
        coded = wanted.coded
        if self.page is ListPage.REVIEWS:
            return {"state": coded.pop("state", "") or ALL, **coded}
        return {name: text for name, text in coded.items() if text != ALL}

    @property
    def query(self) -> str:
        """What a form says to come back to this list."""
        return urlencode(self.parts())

    def url(self, chosen: ListFilter | None = None, page: int | None = None) -> str:
        """Return the address of the list."""
        return url(ENDPOINTS[self.page], **self.parts(chosen), page=page)


def asked(work: Work) -> Asked:
    """Read what the address of this request asks for; a form that was sent says from which list it comes.

    Raises NotFound for a kept filter that the reader may not use, or that is gone.
    """
    page = filters.list_seen(work)
    told = dict(parse_qsl(request.form.get(LIST, ""))) if request.method == "POST" else request.args
    said = {name: text for name, text in told.items() if name != "words"}
    named = said.pop("filter", "")
    kept = filters.open_filter(work, named) if named else None
    if kept is not None:
        return Asked(page, kept.wanted.over(said, page), kept)
    chosen = ListFilter.parse(said, page)
    return Asked(page, chosen if chosen.state else chosen.over({"state": _BEGINS_WITH[page]}, page), None)


@dataclass(frozen=True)
class StateLink:
    """One state to look at, with the number of incidents in it."""

    code: str
    label: str
    count: int
    url: str
    current: bool


@dataclass(frozen=True)
class Chip:
    """One thing that the list is narrowed to, and the list without it."""

    text: str
    url: str


@dataclass(frozen=True)
class SavedLink:
    """A filter that somebody named."""

    name: str
    url: str
    current: bool
    by: str
    """Who shares it; empty for one's own."""


@dataclass(frozen=True)
class Narrowing:
    """What a list page shows of how it is narrowed."""

    form: NarrowForm
    name_form: NameForm
    states: tuple[StateLink, ...]
    chips: tuple[Chip, ...]
    saved: tuple[SavedLink, ...]
    total: int
    elsewhere: int
    """How many more there are in other states."""
    elsewhere_url: str
    missing: int
    """How many records could not be searched yet."""
    clear_url: str
    earlier_url: str | None
    later_url: str | None
    query: str
    """What a form says to come back to this list."""
    can_save: bool


def narrowing(work: Work, wanted: Asked, found: ListView, years: Sequence[int]) -> Narrowing:
    """Return what a list page shows of how it is narrowed."""
    choices = filters.choices(work)
    organisations = {code: name_of(name) for code, name in choices.organisations.items()}
    form = NarrowForm.showing(wanted.chosen, wanted.page, tuple(found.counts), years)
    form.offer(organisations, choices.reviewers)
    everything = sum(found.counts.values())
    chosen = wanted.chosen
    return Narrowing(
        form=form,
        name_form=NameForm(formdata=None),
        states=_state_links(wanted, found.counts),
        chips=tuple(
            Chip(part_in_words(name, text, {**organisations, **choices.reviewers}), wanted.url(chosen.without(name)))
            for name, text in chosen.narrows
        ),
        saved=tuple(_saved(wanted, view) for view in filters.saved_filters(work)),
        total=found.total,
        elsewhere=everything - found.total,
        elsewhere_url=wanted.url(chosen.over({"state": ALL}, wanted.page)),
        missing=found.missing,
        clear_url=url(ENDPOINTS[wanted.page]),
        earlier_url=wanted.url(page=found.number - 1) if found.number > 1 else None,
        later_url=wanted.url(page=found.number + 1) if found.number < found.pages else None,
        query=wanted.query,
        can_save=bool(chosen.narrows) and not (wanted.kept and wanted.kept.name and wanted.kept.wanted == chosen),
    )


def _state_links(wanted: Asked, counts: Mapping[str, int]) -> tuple[StateLink, ...]:
    shown = wanted.chosen.state or ALL
    everything = {ALL: sum(counts.values()), **counts}
    if wanted.page is ListPage.REVIEWS:
        everything = {**counts, ALL: everything[ALL]}
    return tuple(
        StateLink(
            code,
            _state_label(wanted.page, code),
            count,
            wanted.url(wanted.chosen.over({"state": code}, wanted.page)),
            code == shown,
        )
        for code, count in everything.items()
    )


def _state_label(page: ListPage, code: str) -> str:
    if code == ALL:
        return _("All")
    if page is ListPage.REVIEWS and code == State.SUBMITTED:
        return _("Waiting")
    return labels.label("states", code)


def _saved(wanted: Asked, view: SavedView) -> SavedLink:
    current = (
        wanted.kept is not None and wanted.kept.reference == view.reference and wanted.kept.wanted == wanted.chosen
    )
    return SavedLink(
        view.name, url(ENDPOINTS[wanted.page], filter=view.reference), current, "" if view.own else view.by
    )


@dataclass(frozen=True)
class Walk:
    """The way from one record to the next of the list that it was opened from."""

    before_url: str
    """Empty at the beginning of the list."""
    after_url: str
    list_url: str
    query: str
    """What a form of the page says to come back to the list."""


def walk_of(work: Work, reference: str) -> Walk:
    """Return the records beside one in the list that it was opened from."""
    wanted = came_from(work)
    beside = neighbours(work, wanted.chosen, reference)
    parts = wanted.parts()
    before, after = (
        url("reviews.review", reference=other, **parts) if other else "" for other in (beside.before, beside.after)
    )
    return Walk(before, after, wanted.url(), wanted.query)


def came_from(work: Work) -> Asked:
    """Return the list that a record was opened from; where its kept filter is gone, the list as it begins.

    So nothing that is typed on the record's page is lost over it.
    """
    try:
        return asked(work)
    except NotFound:
        page = filters.list_seen(work)
        return Asked(page, ListFilter(state=_BEGINS_WITH[page]), None)
