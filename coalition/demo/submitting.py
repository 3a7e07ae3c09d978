"""The demonstration's earlier cycle: a submission that was sent, a question about it, and what came to be published.

All of it is done by the services, as the coalition's coordinator did it in the year after the data year. The published
list is made from what was sent, as such lists differ from it: rows are missing, moved to another month, shortened, and
two are one. No real list is near it: rows of others beside invented ones would be a false statement about them.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from coalition.documents.submission_files import INCIDENTS
from coalition.domain.exports import COLUMNS, JOINER
from coalition.domain.packages import BY_HAND, Check
from coalition.domain.queries import Asked
from coalition.paths import scratch
from coalition.services import jobs, matches, packages, published, queries, versions
from coalition.services.work import Work

_SENT, _ASKED, _ANSWERED, _PUBLISHED = (4, 16), (9, 14), (9, 18), (11, 16)
"""Month and day in the year after the data year. ODIHR asks in September and publishes on 16 November.

What falls on a weekend is done on the Monday after it.
"""
_SATURDAY, _WEEK = 5, 7
_OFFICE_HOUR = time(10, 0, tzinfo=UTC)
_ASKED_ABOUT = 1
_QUESTION = "Thank you for the submission. Is this incident to be shown with its date as it stands in the file?"
_ANSWER = "Yes, as it stands in the file. We keep the day to ourselves."
_MISSING, _MOVED, _SHORTENED, _MERGED = 11, 9, 7, 13
"""Of so many rows that were sent one is missing, is in another month, has lost sentences, or is one with the next."""
Row = Mapping[str, str]


def submit_earlier_year(work: Work, reader: Work, year: int) -> None:
    """Send a version of a data year, have it asked about and answered, and take in what was published of it.

    `work` is the coordinator's, `reader` that of another one, who reads what the first built. Of a year without a
    described incident nothing is sent. The list is matched with the submission by the worker, as ever.
    """
    with TemporaryDirectory(dir=scratch(), prefix="coalition-") as aside:
        folder, rest = Path(aside) / "files", Path(aside) / "rest"
        folder.mkdir()
        rest.mkdir()
        built = _on(work, year, _SENT)
        made = versions.prepare(built, year, folder, rest)
        if not made.counts["descriptive"]:
            return
        number = versions.keep(built, made, folder).number
        for check in BY_HAND:
            by = _on(reader, year, _SENT) if check is Check.READ else built
            packages.tick(by, year, number, check)
        versions.mark_sent(built, year, number)
        _ask_and_answer(work, year, number)
        listed = rest / "published.csv"
        _write(listed, rows_as_published(_rows(folder / INCIDENTS)))
        published.keep_list(_on(work, year, _PUBLISHED), year, published.read_list(listed))
    matches.begin_matching(work, year, jobs.request_job(work, "matching", {"year": year}))


def _on(work: Work, year: int, day: tuple[int, int]) -> Work:
    return on_weekday(work, date(year + 1, *day))


def on_weekday(work: Work, day: date) -> Work:
    """Return the same work in office hours of a day, or of the Monday after a weekend.

    What it logs is logged with the whole.
    """
    return replace(work, now=datetime.combine(weekday(day), _OFFICE_HOUR))


def weekday(day: date) -> date:
    """Return a day, or the Monday after it where it is of a weekend."""
    return day + timedelta(days=_WEEK - day.weekday() if day.weekday() >= _SATURDAY else 0)


def _ask_and_answer(work: Work, year: int, number: int) -> None:
    asking, answering = _on(work, year, _ASKED), _on(work, year, _ANSWERED)
    asked = Asked(year, number, asking.today, str(_ASKED_ABOUT), _QUESTION)
    (reference,) = queries.note_questions(asking, asked)
    queries.answer(answering, reference, _ANSWER, answering.today)


def _rows(file: Path) -> Sequence[Row]:
    with file.open(encoding="utf-8-sig", newline="") as content:
        return [dict(zip(COLUMNS, cells, strict=True)) for cells in list(csv.reader(content))[1:]]


def rows_as_published(sent: Sequence[Row]) -> Iterator[Row]:
    """Yield the rows of a published list: most as they were sent, some as such lists have them."""
    merged = False
    for number, row in enumerate(sent, 1):
        if merged or number % _MISSING == 0:
            merged = False
            continue
        following = sent[number] if number < len(sent) else None
        merged = number % _MERGED == 0 and following is not None
        yield _as_published(number, row, following if merged else None)


def _as_published(number: int, row: Row, following: Row | None) -> Row:
    if following is not None:
        told = {name: _both(row[name], following[name]) for name in ("Bias motivations", "Source")}
        return {**row, **told, "Description": f"{row['Description']} {following['Description']}"}
    if number % _MOVED == 0:
        return {**row, "Date": _next_month(row["Date"])}
    if number % _SHORTENED == 0:
        return {**row, "Description": row["Description"].partition(". ")[0].rstrip(".") + "."}
    return row


def _both(first: str, second: str) -> str:
    return first if second in first else JOINER.join((first, second))


def _next_month(day: str) -> str:
    """Return the month after the one in a cell; the last one of a year stays."""
    year, dash, month = day.partition("-")
    return f"{year}-{min(int(month) + 1, 12):02}" if dash else day


def _write(file: Path, rows: Iterator[Row]) -> None:
    with file.open("w", encoding="utf-8", newline="") as content:
        written = csv.DictWriter(content, COLUMNS)
        written.writeheader()
        written.writerows(rows)
