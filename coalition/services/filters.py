"""What a list is narrowed to: kept so that an address can name it, given a name, shared with colleagues.

Nothing of what was searched for is in the log: only that somebody searched, and how much was found.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement

from coalition.db import filters as rows
from coalition.db import incidents as storage
from coalition.db import readiness
from coalition.db.accounts import account_names, account_with_reference, all_accounts
from coalition.db.organisations import all_organisations, name_of, organisation_with_code
from coalition.domain.access import Permission, permits, require
from coalition.domain.errors import AlreadyExists, NotFound, UnusableName
from coalition.domain.filters import (
    LONGEST_NAME,
    ME,
    MOST_UNNAMED,
    NOBODY,
    UNCHECKED,
    UNKNOWN,
    ListFilter,
    ListPage,
    expired_before,
    is_reference,
)
from coalition.domain.names import Name
from coalition.domain.vocabulary import Role, State
from coalition.services import audit, calendar, text_index
from coalition.services.work import Work

SEEN = tuple(state.value for state in State if state is not State.DRAFT)
"""The states in which the coalition sees an incident."""


@dataclass(frozen=True)
class SavedView:
    """A filter as it was kept."""

    reference: str
    name: str
    """Empty for one that was only used."""
    wanted: ListFilter
    own: bool
    shared: bool
    by: str
    """Name of the person who made it."""


@dataclass(frozen=True)
class Narrowed:
    """A filter in the words of the database."""

    wanted: storage.Filter
    missing: int = 0
    """How many records could not be searched yet."""

    def in_state(self, state: str) -> storage.Filter:
        """Return the same in one state of a list, or in all of them; the texts are not searched again."""
        page = ListPage.REVIEWS if self.wanted.shared else ListPage.INCIDENTS
        return replace(self.wanted, states=_states(page, state))


@dataclass(frozen=True)
class Choices:
    """What a filter can name that is in no code book: each by its code or reference."""

    organisations: Mapping[str, Name]
    reviewers: Mapping[str, str]


def list_seen(work: Work) -> ListPage:
    """Return the list that the actor works through: nobody sees two.

    Raises NotPermitted for whoever sees none.
    """
    require(work.actor, Permission.WORK_THROUGH)
    return ListPage.REVIEWS if permits(work.actor, Permission.REVIEW_QUEUE) else ListPage.INCIDENTS


def choices(work: Work) -> Choices:
    """Return the members and the reviewers that the filter of a list can name; a member's own list names neither."""
    page = list_seen(work)
    if page is ListPage.INCIDENTS:
        return Choices({}, {})
    members = {row.code: name_of(row) for row in all_organisations(work.session)}
    people = (row for row in all_accounts(work.session) if row.role == Role.COORDINATOR and row.active)
    return Choices(members, {row.reference: row.name for row in people})


# --- from what a person chose to what the database is asked -------------------------------------------------


def narrowed(work: Work, chosen: ListFilter, *, noted: bool = True) -> Narrowed:
    """Return what the database is asked for a list: never more than the actor may see in it.

    That somebody searched in the texts goes into the log, without what for (GDPR Art. 5(2)); not `noted` is who only
    goes on in what they found.
    """
    page = list_seen(work)
    found = text_index.matching(work, chosen.words) if chosen.words else None
    if found and noted:
        audit.record(work, "incident.search", "", "", list=page.value, found=len(found.ids))
    organisation_id, known = _organisation(work, page, chosen.organisation)
    reviewer_id, is_person = _reviewer(work, chosen.reviewer)
    ids = found.ids if found else None
    wanted = storage.Filter(
        organisation_id=organisation_id,
        states=_states(page, chosen.state),
        year=chosen.year,
        shared=page is ListPage.REVIEWS,
        country=chosen.country,
        type=chosen.type,
        motivation=chosen.motivation,
        reviewer_id=reviewer_id,
        verification={"": None, UNCHECKED: ""}.get(chosen.verification, chosen.verification),
        due_before=work.today if chosen.overdue else None,
        late=chosen.late,
        question=chosen.question,
        second=chosen.second,
        month=_month(chosen.month),
        further=_further(work, chosen),
        # What names nobody and nothing that is there finds nothing.
        ids=ids if known and is_person else (),
    )
    return Narrowed(wanted, found.missing if found else 0)


def _further(work: Work, chosen: ListFilter) -> ColumnElement[bool] | None:
    """Return what is asked for the submission; without a year, by the rule for the year that ended last."""
    if not chosen.readiness:
        return None
    return readiness.condition(chosen.readiness, calendar.rule_for(work, chosen.year or work.today.year - 1))


def _month(text: str) -> int | None:
    """Return the month that a filter names as the database is asked for it."""
    if text == UNKNOWN:
        return 0
    return int(text) if text else None


def _states(page: ListPage, state: str) -> tuple[str, ...]:
    if page is ListPage.INCIDENTS:
        return (state,) if state in set(State) else ()
    return (state,) if state in SEEN else SEEN


def _organisation(work: Work, page: ListPage, code: str) -> tuple[str | None, bool]:
    """Return whose incidents are asked for, and whether that is somebody."""
    if page is ListPage.INCIDENTS:
        return work.actor.organisation, work.actor.organisation is not None
    member = organisation_with_code(work.session, code) if code else None
    return (member.id if member else None), not code or member is not None


def _reviewer(work: Work, who: str) -> tuple[str | None, bool]:
    if who in {"", ME, NOBODY}:
        return {"": None, ME: work.actor.id, NOBODY: ""}[who], True
    account = account_with_reference(work.session, who)
    return (account.id if account else None), account is not None


def reference_found(work: Work, chosen: ListFilter) -> str:
    """Return the reference of the record that was typed instead of words, if the list holds it; else empty."""
    page = list_seen(work)
    if not chosen.reference:
        return ""
    shared, whose = page is ListPage.REVIEWS, work.actor.organisation
    wanted = storage.Filter(whose, _states(page, ""), shared=shared, references=(chosen.reference,))
    return chosen.reference if storage.count_incidents(work.session, wanted) else ""


# --- keeping them -------------------------------------------------------------------------------------------


def keep_filter(work: Work, wanted: ListFilter) -> str:
    """Keep a filter for a day, so that no searched word has to stand in an address; returns its reference."""
    list_seen(work)
    rows.forget_expired(work.session, expired_before(work.now))
    row = _new(work, wanted)
    rows.forget_beyond(work.session, work.actor.id, MOST_UNNAMED)
    return row.reference


def _new(work: Work, wanted: ListFilter, name: str = "", *, shared: bool = False) -> rows.SavedFilter:
    row = rows.SavedFilter(
        account_id=work.actor.id,
        organisation_id=work.actor.organisation,
        page=list_seen(work).value,
        content=b"",
        shared=shared,
        made_at=work.now,
    )
    rows.seal_filter(work.session, row, json.dumps(wanted.printed(), ensure_ascii=False), name)
    work.session.add(row)
    work.session.flush()
    return row


def open_filter(work: Work, reference: str) -> SavedView:
    """Return a filter of a list: one's own, or one that a colleague shares.

    Raises NotFound for any other: that it exists is nobody else's business.
    """
    page = list_seen(work)
    row = rows.filter_with_reference(work.session, reference) if is_reference(reference) else None
    if row is None or row.page != page or not _is_open_to(work, row):
        raise NotFound("filter", reference)
    return _view(work, row)


def _is_open_to(work: Work, row: rows.SavedFilter) -> bool:
    if row.account_id == work.actor.id:
        return bool(row.name) or row.made_at >= expired_before(work.now)
    return bool(row.name) and row.shared and row.organisation_id == work.actor.organisation


def _view(work: Work, row: rows.SavedFilter) -> SavedView:
    view = _opened(work, row, account_names(work.session))
    if view is None:
        raise NotFound("filter", row.reference)
    return view


def _opened(work: Work, row: rows.SavedFilter, names: Mapping[str, str]) -> SavedView | None:
    opened = rows.open_filter(work.session, row)
    if opened is None:
        return None
    content, name = opened
    return SavedView(
        reference=row.reference,
        name=name,
        wanted=ListFilter.parse(json.loads(content), ListPage(row.page)),
        own=row.account_id == work.actor.id,
        shared=row.shared,
        by=names.get(row.account_id, ""),
    )


def saved_filters(work: Work) -> tuple[SavedView, ...]:
    """Return the named filters that somebody can use: their own first, then those that colleagues share."""
    page = list_seen(work)
    found = rows.named_filters(work.session, page.value, work.actor.id, work.actor.organisation)
    names = account_names(work.session) if found else {}
    views = (_opened(work, row, names) for row in found)
    return tuple(sorted((view for view in views if view), key=lambda view: (not view.own, view.name.casefold())))


def name_filter(work: Work, wanted: ListFilter, name: str, *, shared: bool = False) -> str:
    """Keep a filter under a name until its maker removes it; returns its reference.

    Raises UnusableName, and AlreadyExists when they have one of this name.
    """
    list_seen(work)
    row = _new(work, wanted, _usable(work, name), shared=shared)
    audit.record(work, "filter.keep", "filter", row.id, shared=shared)
    return row.reference


def _usable(work: Work, name: str, but: str = "") -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise UnusableName(name)
    own = (view for view in saved_filters(work) if view.own and view.reference != but)
    if any(view.name.casefold() == name.casefold() for view in own):
        raise AlreadyExists("filter", name)
    return name


def _own(work: Work, reference: str) -> rows.SavedFilter:
    page = list_seen(work)
    row = rows.filter_with_reference(work.session, reference) if is_reference(reference) else None
    if row is None or row.page != page or row.account_id != work.actor.id or not row.name:
        raise NotFound("filter", reference)
    return row


def change_filter(work: Work, reference: str, name: str, *, shared: bool) -> None:
    """Give one's own filter another name, share it or stop sharing it.

    Raises NotFound for other people's, and what `name_filter` raises.
    """
    row = _own(work, reference)
    wanted = _view(work, row).wanted
    named = _usable(work, name, but=row.reference)
    rows.seal_filter(work.session, row, json.dumps(wanted.printed(), ensure_ascii=False), named)
    # Whoever went to another organisation shares it with the colleagues that they have now.
    row.shared, row.organisation_id = shared, work.actor.organisation
    audit.record(work, "filter.change", "filter", row.id, shared=shared)
    work.session.flush()


def remove_filter(work: Work, reference: str) -> None:
    """Remove one's own named filter; its address leads nowhere from then on."""
    row = _own(work, reference)
    audit.record(work, "filter.remove", "filter", row.id, shared=row.shared)
    rows.remove_filter(work.session, row)


def has_expired(work: Work) -> bool:
    """Tell whether a filter that nobody named was kept for a day and is to go."""
    return rows.has_expired(work.session, expired_before(work.now))


def forget_expired(work: Work) -> None:
    """Forget the filters that nobody named and that were kept for a day."""
    rows.forget_expired(work.session, expired_before(work.now))
