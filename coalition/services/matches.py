"""Match what ODIHR published of a data year with what was sent, and keep what people say of it.

The matching itself is a background job: `run_matching`. What a person decided of a record holds whenever it runs again,
also for a later list, as long as that has a line with the same cells.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from coalition.db import incidents as incident_storage
from coalition.db import jobs as job_storage
from coalition.db import published as storage
from coalition.db import releases as release_storage
from coalition.db import submissions as submission_storage
from coalition.db.organisations import all_organisations
from coalition.db.outgoing import OutgoingIncidents
from coalition.db.submissions import SubmissionVersion
from coalition.documents import submission_cells
from coalition.documents.sent_cells import SentCells
from coalition.domain.access import Permission, require
from coalition.domain.codebook import codebook
from coalition.domain.consents import Part, WayOut
from coalition.domain.errors import NotFound
from coalition.domain.inclusion import Became, Rates, rates_of
from coalition.domain.matching import Match, Matching, Outcome, Sent, match, resembling, roughly_alike
from coalition.domain.profile_checks import BrokenProfile
from coalition.domain.profiles import profile_for
from coalition.domain.published import (
    FIELDS,
    LANGUAGE,
    Cells,
    Line,
    Names,
    fingerprint_text,
    is_described,
    names_of,
    said_of,
)
from coalition.domain.submissions import outgoing
from coalition.domain.vocabulary import Purpose
from coalition.services import audit, releases, settings
from coalition.services.profiles import built_with
from coalition.services.work import Work, unit_of_work

Progress = Callable[[int, int, str], None]
PAGE = 25
LIKELY = 6
"""Lines that are offered to a person who chooses one by hand."""
_LOOKED_AT = 1_000
"""Of a longer list so many lines are compared closely while a person waits, those that look most alike."""
_STEPS = 3


# --- what was sent -----------------------------------------------------------------------------------------


def names(work: Work) -> Names:
    """Return the names by which ODIHR may credit the coalition and its members, in all languages."""
    members = [[row.name, *row.names.values()] for row in all_organisations(work.session)]
    return names_of(members, settings.read(work).name.values())


def sent_rows(work: Work, year: int) -> tuple[Sent, ...]:
    """Return the six cells of each incident in the latest submission of a data year, in an order of their own.

    What was frozen with the submission goes before what the record says now; what its profile said in another language
    or wording is put into that of the list. Of an incident that was sent as a number no row left: its month and members
    are the record's. Where nothing was submitted yet, it is what would be.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    version = _version_sent(work, year)
    words = _words_of(work, version)
    found = _frozen_rows(work, year, version, words) if version else _rows_of_now(work, year)
    references = submission_storage.references_of(work.session, found)
    rows = (
        Sent(references[incident], row, incident, foreign=words.is_foreign)
        for incident, row in found.items()
        if incident in references
    )
    return tuple(sorted(rows, key=lambda row: (row.cells, row.reference)))


def _words_of(work: Work, version: SubmissionVersion | None) -> SentCells:
    """Return what puts the cells of a version into the words of the list, without one those of what would be sent."""
    try:
        return SentCells(built_with(work, version) if version else profile_for(work.today.year))
    except BrokenProfile:
        # What it said cannot be read any more: the cells are compared as they are.
        return SentCells(profile_for(work.today.year))


def _language_sent(work: Work, year: int) -> str:
    """Return the language of the descriptions that would be matched now."""
    return _words_of(work, _version_sent(work, year)).language


def _language_of(work: Work, row: storage.PublishedList) -> str:
    """Return the language of the descriptions that a list was matched with, whatever was sent since."""
    return row.language or _language_sent(work, row.year)


def _version_sent(work: Work, year: int) -> SubmissionVersion | None:
    """Return the latest version for ODIHR that was sent, or else the latest one, whatever its profile was."""
    versions = submission_storage.versions_of(work.session, year)
    rows = [row for row in versions if row.manifest.get("consent") == Purpose.ODIHR]
    sent = [row for row in rows if row.sent_at]
    return max(sent or rows, key=lambda row: row.built_at, default=None)


_FIELDS = ("date", "country", "motivations", "type", "credited", "description")
"""The fields of a submission that are the columns of ODIHR's list."""


def _row(part: Part, told: Mapping[str, str]) -> Cells:
    """Return the cells of a list; an incident that is only counted has no description there."""
    return tuple("" if name == "description" and part is Part.STATISTICAL else told.get(name, "") for name in _FIELDS)


def _told_now(work: Work, year: int) -> Iterator[tuple[str, Part, dict[str, str]]]:
    """Yield what would leave of each incident now: its id, its part and its cells by field."""
    taken = profile_for(year)
    cells = submission_cells.Cells(taken)
    for out in outgoing(OutgoingIncidents(work.session, year, taken), year, taken):
        yield out.incident, out.part, dict(zip(taken.fields, cells.of(out), strict=True))


def _rows_of_now(work: Work, year: int) -> dict[str, Cells]:
    """Return what would leave now, by incident."""
    kept: dict[str, str] = {}
    return {incident: _once(kept, _row(part, told)) for incident, part, told in _told_now(work, year)}


def _frozen_rows(work: Work, year: int, version: SubmissionVersion, words: SentCells) -> dict[str, Cells]:
    """Return what a version froze, by incident; what it froze none of is what the record says now."""
    kept: dict[str, str] = {}
    found: dict[str, Cells] = {}
    counted: dict[str, dict[str, str]] = {}
    for item in submission_storage.included_in(work.session, version.release_id):
        if item.cells and item.part is Part.DESCRIPTIVE:
            found[item.incident] = _once(kept, _row(item.part, words.published(item.cells)))
        elif item.cells:
            counted[item.incident] = words.published(item.cells)
    for incident, _part, told in _told_now(work, year) if counted else ():
        if incident in counted:
            found[incident] = _once(kept, _row(Part.STATISTICAL, {**told, **counted.pop(incident)}))
    for incident, frozen in counted.items():
        found[incident] = _once(kept, _row(Part.STATISTICAL, {"date": str(year), **frozen}))
    return found


def _once(kept: dict[str, str], cells: Cells) -> Cells:
    """Return the same cells: what many say is held once."""
    return tuple(kept.setdefault(cell, cell) for cell in cells)


def was_submitted(work: Work, year: int) -> bool:
    """Tell whether a submission of a data year was ever made."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    return release_storage.is_submitted(work.session, year)


# --- matching ----------------------------------------------------------------------------------------------


def match_lines(work: Work, year: int, lines: Sequence[Line]) -> Matching:
    """Match the lines of a list with what was sent of a year, without keeping anything; what people said holds.

    Raises NotFound when nothing was, or would be, sent of the year.
    """
    sent = sent_rows(work, year)
    if not sent:
        raise NotFound("submission", str(year))
    matching = match(sent, lines, names(work), year, _decided(work, year, sent, lines))
    audit.record(work, "published.match", "submission", str(year), **counts_of(matching))
    return matching


def counts_of(matching: Matching) -> dict[str, int]:
    """Return how many records came to what, and how many lines are others'."""
    counts = Counter(item.outcome for item in matching.matches)
    return {**{outcome.value: counts[outcome] for outcome in Outcome}, "others": len(matching.others)}


def _decided(work: Work, year: int, sent: Sequence[Sent], lines: Sequence[Line]) -> dict[str, int | None]:
    """Return what people said, as numbers of lines of a list; a line that it does not have any more is no decision."""
    decisions = storage.decisions_of(work.session, year)
    if not decisions:
        return {}
    places: dict[tuple[str, int], int] = {}
    seen: Counter[str] = Counter()
    for line in lines:
        digest = _digest(line.cells)
        seen[digest] += 1
        places[digest, seen[digest]] = line.number
    found: dict[str, int | None] = {}
    for row in sent:
        said = decisions.get(row.incident)
        if said is not None and not said.fingerprint:
            found[row.reference] = None
        elif said is not None and (said.fingerprint, said.occurrence) in places:
            found[row.reference] = places[said.fingerprint, said.occurrence]
    return found


def _digest(cells: Cells) -> str:
    return hashlib.sha256(fingerprint_text(cells).encode()).hexdigest()


def begin_matching(work: Work, year: int, job: str) -> None:
    """Note which job matches the present list of a year.

    Raises NotFound.
    """
    _list(work, year, to_change=True).job = job
    work.session.flush()


def run_matching(work: Work, year: int, progress: Progress) -> dict[str, int]:
    """Match the present list of a year and keep what comes of it; returns how many records came to what.

    What somebody decides meanwhile is matched once more. Raises NotFound when there is no list.
    """
    row = _list(work, year)
    progress(0, _STEPS, "sent")
    sent, known, lines = sent_rows(work, year), names(work), storage.lines_of(work.session, row.id)
    language, decided = _language_sent(work, year), _decided(work, year, sent, lines)
    while True:
        progress(1, _STEPS, "matching")
        matching = match(sent, lines, known, year, decided)
        progress(2, _STEPS, "keeping")
        with unit_of_work(work.runtime, work.actor) as change:
            # Whoever decides holds the list: what comes after this moment waits until it is kept, and changes that.
            _list(change, year, to_change=True)
            now = _decided(change, year, sent, lines)
            if now == decided:
                return _keep(change, row, matching, known, language)
        decided = now


def _keep(
    work: Work, matched: storage.PublishedList, matching: Matching, known: Names, language: str
) -> dict[str, int]:
    counts = counts_of(matching)
    row = _list(work, matched.year, to_change=True)
    if row.id != matched.id:
        # A newer list was taken in meanwhile, and has a job of its own.
        return counts
    storage.replace_matches(work.session, row, ((item, _coded(item.sent.cells, known)) for item in matching.matches))
    row.matched_at, row.language = work.now, language
    work.session.flush()
    return counts


def _coded(cells: Cells, known: Names) -> storage.Coded:
    said = said_of(cells, known)
    return storage.Coded(codebook()["bias_motivations"].sorted(said.motivations), said.type, is_described(cells))


def _list(work: Work, year: int, *, to_change: bool = False) -> storage.PublishedList:
    require(work.actor, Permission.BUILD_SUBMISSION)
    row = storage.current_list(work.session, year, lock=to_change)
    if row is None:
        raise NotFound("published list", str(year))
    return row


# --- what there is -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class YearLine:
    """One data year of which a list was taken in."""

    year: int
    imported_at: datetime
    lines: int
    matched: bool
    counts: Mapping[str, int]
    """Records by what became of them."""
    numbers_without_line: int
    """Of those that are not in the list: how many were sent as a number, and could have no line there."""

    @property
    def sent(self) -> int:
        """How many records were sent."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Standing:
    """How far the matching of a list is."""

    job_state: str
    """Of the job that matches it; empty where there is none."""
    done: int
    total: int
    step: str
    matched_at: datetime | None

    @property
    def is_worked_on(self) -> bool:
        """Whether a job is at it, or waits to be."""
        return self.job_state in {"queued", "running"}


@dataclass(frozen=True)
class MatchView:
    """What became of one record, with both rows."""

    reference: str
    outcome: Outcome
    sent: Cells
    line: int | None
    published: Cells | None
    changed: tuple[str, ...]
    score: float
    parts: Mapping[str, float]
    decided: bool
    withheld: bool
    """Whether the coalition may not read the record any more: what was sent of it is not shown, nor what differs."""
    language: str
    """Of the description that was sent; every other cell is in the words of the list."""
    described: bool = True
    """Whether it was sent with a description, and not as a number only."""
    beside: tuple[str, ...] = ()
    """References of the other records of ours that are taken for the same line."""


@dataclass(frozen=True)
class YearView:
    """Everything that a page of a year shows, one page of its records included."""

    year: int
    standing: Standing
    lines: int
    unread: int
    counts: Mapping[str, int]
    others: int
    """How many lines are not ours."""
    rates: Rates
    matches: tuple[MatchView, ...]
    number: int
    pages: int


def years(work: Work) -> list[YearLine]:
    """Return the data years of which there is a list, the newest first."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    found = []
    for year in sorted(storage.years_with_lists(work.session), reverse=True):
        row = _list(work, year)
        counts = storage.count_by_outcome(work.session, row.id)
        numbers = storage.count_numbers_without_line(work.session, row.id)
        found.append(YearLine(year, row.imported_at, row.lines, row.matched_at is not None, counts, numbers))
    return found


def standing_of(work: Work, year: int) -> Standing:
    """Return how far the matching of the present list of a year is.

    Raises NotFound.
    """
    return _standing(work, _list(work, year))


def _standing(work: Work, row: storage.PublishedList) -> Standing:
    job = job_storage.job_with_reference(work.session, row.job) if row.job else None
    if job is None:
        return Standing("", 0, 0, "", row.matched_at)
    return Standing(job.state, job.done, job.total, job.step, row.matched_at)


def year_of(work: Work, year: int, outcome: Outcome | None = None, number: int = 1) -> YearView:
    """Return one page of what became of the records of a year.

    Raises NotFound when there is no list.
    """
    row = _list(work, year)
    counts = storage.count_by_outcome(work.session, row.id)
    total = counts.get(outcome.value, 0) if outcome else sum(counts.values())
    pages = max(1, -(-total // PAGE))
    number = min(max(number, 1), pages)
    found = storage.matches_of(work.session, row.id, outcome, (number - 1) * PAGE, PAGE)
    coded = storage.coded_outcomes(work.session, row.id)
    return YearView(
        year=year,
        standing=_standing(work, row),
        lines=row.lines,
        unread=row.unread,
        counts=counts,
        others=storage.count_of_others(work.session, row.id),
        rates=rates_of(
            Became(item.motivations, item.type, Outcome(outcome), item.described, number)
            for item, outcome, number in coded
        ),
        matches=_views(work, row, found),
        number=number,
        pages=pages,
    )


def _views(work: Work, row: storage.PublishedList, found: Sequence[storage.PublishedMatch]) -> tuple[MatchView, ...]:
    numbers = [item.line for item in found if item.line is not None]
    lines, sharing = storage.some_lines(work.session, row.id, numbers), storage.on_lines(work.session, row.id, numbers)
    ids = [item.incident_id for item in found]
    references = incident_storage.references_of(work.session, {*ids, *chain.from_iterable(sharing.values())})
    withheld = submission_storage.forbidden_now(work.session, ids, WayOut.REVIEW)
    language = _language_of(work, row)
    return tuple(
        MatchView(
            reference=references[item.incident_id],
            outcome=Outcome(item.outcome),
            sent=("",) * len(FIELDS) if item.incident_id in withheld else storage.sent_of(work.session, item),
            line=item.line,
            published=lines.get(item.line or 0),
            changed=() if item.incident_id in withheld else tuple(item.changed),
            score=item.score / storage.OUT_OF,
            parts={} if item.incident_id in withheld else item.parts,
            decided=item.decided,
            withheld=item.incident_id in withheld,
            language=language,
            described=item.described,
            beside=tuple(references[one] for one in sharing.get(item.line or 0, ()) if one != item.incident_id),
        )
        for item in found
    )


@dataclass(frozen=True)
class OthersPage:
    """One page of the lines that are not ours."""

    lines: tuple[Line, ...]
    total: int
    number: int
    pages: int


def others_of(work: Work, year: int, number: int = 1) -> OthersPage:
    """Return one page of the lines for which no record of ours is taken.

    Raises NotFound.
    """
    row = _list(work, year)
    total = storage.count_of_others(work.session, row.id)
    pages = max(1, -(-total // PAGE))
    number = min(max(number, 1), pages)
    lines = storage.lines_of_others(work.session, row.id, (number - 1) * PAGE, PAGE)
    return OthersPage(tuple(lines), total, number, pages)


def match_of(work: Work, year: int, reference: str) -> MatchView:
    """Return what became of one record.

    Raises NotFound.
    """
    row = _list(work, year)
    return _views(work, row, [_match(work, row, reference)])[0]


def likely_lines(work: Work, year: int, reference: str) -> tuple[Match, ...]:
    """Return the lines that resemble a record most, the likest first.

    Raises NotFound.
    """
    row = _list(work, year)
    sent = storage.sent_of(work.session, _match(work, row, reference))
    foreign = _language_of(work, row) != LANGUAGE
    lines = roughly_alike(sent, storage.each_line(work.session, row.id), _LOOKED_AT)
    return resembling(Sent(reference, sent, foreign=foreign), lines, names(work), LIKELY)


def _match(work: Work, row: storage.PublishedList, reference: str) -> storage.PublishedMatch:
    incident = incident_storage.id_of_reference(work.session, reference)
    found = storage.match_of(work.session, row.id, incident) if incident else None
    if found is None:
        raise NotFound("incident", reference)
    return found


# --- what a person says ------------------------------------------------------------------------------------


def decide_line(work: Work, year: int, reference: str, number: int) -> bool:
    """Say that a record is a certain line of the list; returns whether all has to be matched anew around that.

    Several records may be given one line: ODIHR made one of them. Raises NotFound, also for a line that is not there.
    """
    row = _list(work, year, to_change=True)
    found = _match(work, row, reference)
    cells = storage.some_lines(work.session, row.id, [number]).get(number)
    if cells is None:
        raise NotFound("line", str(number))
    digest = _digest(cells)
    day = fingerprint_text(cells[:1])
    before = storage.each_line(work.session, row.id, number)
    occurrence = sum(fingerprint_text(line.cells[:1]) == day and _digest(line.cells) == digest for line in before)
    _decide(work, year, found, digest, occurrence)
    audit.record(work, "published.decide", "incident", found.incident_id, year=year, line=number)
    return _settle(work, row, found, Line(number, cells))


def decide_missing(work: Work, year: int, reference: str) -> bool:
    """Say that a record is not in the list; returns whether all has to be matched anew around that.

    Raises NotFound.
    """
    row = _list(work, year, to_change=True)
    found = _match(work, row, reference)
    _decide(work, year, found, "", 0)
    audit.record(work, "published.decide", "incident", found.incident_id, year=year, line=None)
    return _settle(work, row, found, None)


def undo_decision(work: Work, year: int, reference: str) -> bool:
    """Take back what was said of a record; returns whether all has to be matched anew: it was said, or it was not.

    Raises NotFound.
    """
    row = _list(work, year, to_change=True)
    found = _match(work, row, reference)
    if not storage.forget_decision(work.session, year, found.incident_id):
        return False
    found.decided = False
    work.session.flush()
    audit.record(work, "published.undo", "incident", found.incident_id, year=year)
    return True


def _decide(work: Work, year: int, found: storage.PublishedMatch, fingerprint: str, occurrence: int) -> None:
    decision = storage.MatchDecision(
        year=year,
        incident_id=found.incident_id,
        fingerprint=fingerprint,
        occurrence=occurrence,
        decided_at=work.now,
        decided_by=releases.account_of(work),
    )
    storage.decide(work.session, decision)


def _settle(work: Work, row: storage.PublishedList, found: storage.PublishedMatch, line: Line | None) -> bool:
    """Show at once what was said; the others are matched around it by the next run."""
    if found.line == (line.number if line else None):
        found.decided = True
        work.session.flush()
        return False
    before, foreign = found.line, _language_of(work, row) != LANGUAGE
    sent = Sent("", storage.sent_of(work.session, found), found.incident_id, foreign)
    said: dict[str, Any] = {"": line.number if line else None}
    item = match([sent], [line] if line else [], names(work), None, said).matches[0]
    storage.change_match(work.session, found, item)
    storage.mark_lines(work.session, row.id, [before, found.line])
    return True
