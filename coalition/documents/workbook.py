"""The workbook of a yearly submission: the profile's columns as a spreadsheet to read, filter and print.

Every text cell is written as text, whatever it begins with: a description that starts with "=" is shown and
never calculated. Rows are written one by one and never held, so a coalition of any size fits.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from coalition.documents.long_sheet import LongSheet
from coalition.documents.submission_words import words_of
from coalition.documents.submissions import Aside, Submission
from coalition.domain.codebook import codebook
from coalition.domain.profiles import Profile
from coalition.domain.submissions import statistics_rows
from coalition.domain.summaries import Member
from coalition.i18n import gettext as _
from coalition.i18n import in_language
from coalition.i18n.labels import label

Progress = Callable[[int, int, str], None]
"""Takes how much is done, of how much, and the name of the file being written."""

WORKBOOK = "submission.xlsx"
_REPORT_EVERY = 1000
_A4, _LANDSCAPE_PAGES_WIDE = 9, 1


def _options(path: Path) -> dict[str, object]:
    return {
        "constant_memory": True,
        # Beside the file and nowhere else: what it holds is about victims.
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }


@dataclass(frozen=True)
class About:
    """Who submits: what the sheet `About` says beyond the submission itself."""

    coalition: str
    members: tuple[Member, ...] = ()
    contact: str = ""
    """Where the receiving body sends its questions."""


def submission_workbook(
    submission: Submission, about: About, path: Path, progress: Progress | None = None, aside: Aside | None = None
) -> None:
    """Write the workbook to a path, in the language that the profile asks for; `aside` gets the lines meanwhile."""
    # The block closes the file even when the work is stopped, so that no temporary file stays open.
    with in_language(submission.profile.language), xlsxwriter.Workbook(str(path), _options(path)) as book:
        book.set_properties(_properties(submission, about))
        styles = _Styles.of(book)
        rows = _incident_rows(submission, progress, aside)
        _write_incidents(book.add_worksheet("Incidents", LongSheet), styles, submission, rows)
        _write_statistics(book.add_worksheet("Statistics"), styles, submission)
        _write_about(book.add_worksheet("About"), styles, about_rows(submission, about))


def _properties(submission: Submission, about: About) -> dict[str, Any]:
    """Name the file's author and the last day of its data year: the clock must not get in."""
    return {
        "title": f"{submission.profile.name} {submission.year}",
        "author": about.coalition,
        "company": about.coalition,
        "created": datetime(submission.year, 12, 31),  # noqa: DTZ001 - a day of the data, in no time zone
    }


@dataclass(frozen=True)
class _Styles:
    """The few formats that all sheets share."""

    head: Any
    text: Any
    number: Any
    title: Any
    strong: Any

    @classmethod
    def of(cls, book: Any) -> "_Styles":  # noqa: ANN401 - xlsxwriter has no types
        """Add the formats to a workbook."""
        body = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
        ruled = {**body, "bottom": 1, "bottom_color": "#D9D2C5"}
        dark = {
            "bold": True,
            "bg_color": "#0E4A57",
            "font_color": "#FFFFFF",
            "valign": "vcenter",
            "text_wrap": True,
        }
        return cls(
            head=book.add_format({**body, **dark}),
            text=book.add_format({**ruled, "text_wrap": True}),
            number=book.add_format({**ruled, "num_format": "#,##0", "align": "right"}),
            title=book.add_format({**body, "bold": True, "font_size": 16}),
            strong=book.add_format({**body, "bold": True, "text_wrap": True}),
        )


def _prepare(sheet: Any, footer: str, *, landscape: bool) -> None:  # noqa: ANN401 - xlsxwriter has no types
    """Set a sheet up to be printed on A4, one page wide."""
    sheet.set_paper(_A4)
    if landscape:
        sheet.set_landscape()
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.fit_to_pages(_LANDSCAPE_PAGES_WIDE, 0)
    sheet.set_footer(f"&L&8{footer}&R&8&P / &N")


def _write_table(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    styles: _Styles,
    heading: Sequence[tuple[str, int]],
    rows: Iterable[Sequence[str | int]],
) -> None:
    """Write a heading of (text, width) and rows under it, ready to filter, scroll and print."""
    for position, (_name, width) in enumerate(heading):
        sheet.set_column(position, position, width)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_row(0, 32)
    for position, (name, _width) in enumerate(heading):
        sheet.write_string(0, position, name, styles.head)
    last = 0
    for last, cells in enumerate(rows, start=1):
        for position, cell in enumerate(cells):
            if isinstance(cell, int):
                sheet.write_number(last, position, cell, styles.number)
            else:
                sheet.write_string(last, position, cell, styles.text)
    sheet.autofilter(0, 0, max(last, 1), len(heading) - 1)


def _footer(submission: Submission) -> str:
    return f"{submission.profile.name}, {submission.year}"


def _write_incidents(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    styles: _Styles,
    submission: Submission,
    rows: Iterable[Sequence[str | int]],
) -> None:
    columns = submission.profile.columns
    _prepare(sheet, _footer(submission), landscape=True)
    heading = [(column.header, column.width) for column in columns]
    _write_table(sheet, styles, heading, rows)


def _incident_rows(
    submission: Submission, progress: Progress | None, aside: Aside | None
) -> Iterator[Sequence[str | int]]:
    fields = [column.field for column in submission.profile.columns]
    number = 0
    for number, row in enumerate(submission.rows(fields, aside), start=1):
        yield row
        # Before all has come nobody knows of how many, and whoever reads says how far that is.
        if progress and number % _REPORT_EVERY == 0 and submission.is_whole:
            progress(number, submission.counts["descriptive"], WORKBOOK)
    if progress and number:
        progress(number, number, WORKBOOK)


def _write_statistics(sheet: Any, styles: _Styles, submission: Submission) -> None:  # noqa: ANN401 - as above
    _prepare(sheet, _footer(submission), landscape=False)
    words = words_of(submission.profile)
    heading = list(zip(words.header, (24, 46, 32, 12), strict=True))
    _write_table(sheet, styles, heading, statistics_rows(submission.profile, submission.statistics, words))


def _write_about(sheet: Any, styles: _Styles, rows: Iterable[tuple[str, str]]) -> None:  # noqa: ANN401 - as above
    _prepare(sheet, "", landscape=False)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 90)
    for number, (name, text) in enumerate(rows):
        sheet.write_string(number, 0, name, styles.strong if number else styles.title)
        sheet.write_string(number, 1, text, styles.text if number else styles.title)


def about_rows(submission: Submission, about: About) -> list[tuple[str, str]]:
    """Return what the sheet `About` says, as (heading, text)."""
    counts = submission.counts
    rows = [
        (_("Submission"), f"{submission.profile.name} {submission.year}"),
        (_("Coalition"), about.coalition),
        (_("Data year"), str(submission.year)),
        *([(_("Contact"), about.contact)] if about.contact else []),
        (_("Incidents"), str(counts["incidents"])),
        (_("Of these described"), _("%(number)s, in the sheet Incidents", number=counts["descriptive"])),
        (_("Of these statistical"), _("%(number)s, in the sheet Statistics", number=counts["statistical"])),
        *((_("Method"), text) for text in method(submission.profile)),
        *((_("How to read the figures"), text) for text in caveats()),
        (_("Profile"), submission.profile.version),
        (_("Code book"), codebook().version),
    ]
    members = [(_("Member"), _member(member, submission.profile.language)) for member in about.members]
    credits_ = [(_("Credited as source"), name) for name in submission.members]
    return rows + members + credits_


def _member(member: Member, language: str) -> str:
    said = (member.name_in(language), member.about_in(language), member.website)
    return "\n".join(text.strip() for text in said if text)


def method(taken: Profile) -> list[str]:
    """Say how the incidents came into the submission."""
    return [
        _("The members record incidents on one shared form, and a coordinator reviews each one."),
        _(
            "Accepted is a criminal offence motivated by bias, with at least one bias indicator, recorded "
            "only once. Hate speech and discrimination are left out."
        ),
        _(
            "Incidents read from a published list as already reviewed, such as ODIHR’s own, are counted as they "
            "stand there and were not tested again."
        ),
        _(
            "Each incident is here because the person concerned consented to its submission, or because it "
            "comes from a public source, of which nothing is told that was not public already."
        ),
        _("Incidents are anonymised: no name, no day, no town. The date is the month, or the year."),
        _statistical_part(taken),
    ]


def _statistical_part(taken: Profile) -> str:
    only = codebook()["incident_types"].sorted(taken.statistics_only)
    if not only:
        return _("Incidents without a description are in the statistical part.")
    types = ", ".join(label("incident_types", code) for code in only)
    return _(
        "Of the type “%(types)s” all incidents, and others without a description, are in the statistical part.",
        types=types,
    )


def caveats() -> list[str]:
    """Say what the figures count and what they do not show."""
    return [
        _(
            "The unit is the incident, whatever the number of victims. It has one type and one or more "
            "bias motivations."
        ),
        _(
            "An incident with several motivations is in the row of each: sums over motivations can exceed "
            "the number of incidents."
        ),
        _(
            "The figures do not show the prevalence of hate crime and cannot be used to compare between "
            "countries or bias motivations."
        ),
    ]
