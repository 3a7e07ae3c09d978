"""Charts as SVG text, drawn the way a newsroom's data desk does: direct labels, no legend, readable in grey.

The public page and the PDF report print the same charts. There is no view box: heights are pixels and
horizontal places are per cent, so a chart fills a phone as well as a desk while its text keeps its size; a
style sheet must therefore leave its height alone. Nothing but presentation attributes and classes is used,
because the site's content security policy forbids inline style. A style sheet may recolour `.series-1` to
`.series-3` and `.series-accent`; the attributes are what the PDF prints. No text ever stands on a coloured
ground, so no recolouring can make a number unreadable.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from coalition.domain.gap import GapYear
from coalition.domain.official import Figure, Kind, Value
from coalition.domain.statistics import Table, TypeCounts, incident_types
from coalition.i18n import format_number, gettext, month_name, ngettext
from coalition.i18n.labels import label
from coalition.i18n.official import value_in_words

FONT_FAMILIES = (
    "Noto Sans Latin",
    "Noto Sans Latin Extended",
    "Noto Sans Cyrillic",
    "Noto Sans Cyrillic Extended",
    "Noto Sans Greek",
    "Noto Sans Greek Extended",
    "Noto Sans Armenian",
    "Noto Sans Georgian",
    "Noto Sans Hebrew",
    "Noto Sans Arabic",
    "sans-serif",
)
SERIES_COLOURS = ("#0072B2", "#E69F00", "#009E73")
"""Okabe and Ito's palette; these three also differ in lightness, so a grey print keeps them apart."""
ALL_TYPES, ALL_TYPES_COLOUR = "series-accent", "#0E4A57"
"""Columns that hold every type have the accent, which no single type has."""

_COLOURS = {ALL_TYPES: ALL_TYPES_COLOUR} | {
    f"series-{number}": colour for number, colour in enumerate(SERIES_COLOURS, start=1)
}

NARROWEST = 290
"""Pixels that a chart has on a phone of 360, inside its page and frame: what labels are wrapped for."""
_LABEL, _SMALL, _SMALLEST = 14, 12, 8
_LINE, _SMALL_LINE = 18, 15
_LETTER_WIDTH = 0.55
"""Mean width of a letter of Noto Sans, Cyrillic included, in parts of its size."""

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class _Place:
    """Where a text begins: per cent from the left, then pixels."""

    x: float
    y: float
    shift: float = 0


def bias_by_type(table: Table) -> str:
    """Draw one row per bias motivation with a bar for each type of incident.

    Rows keep the code book's order: ranking motivations by size would invite the comparison that ODIHR's
    figures cannot bear. Every bar starts on its type's own axis, so position tells the types apart.
    """
    title = gettext("Incidents by bias motivation and type of incident")
    if not table.rows:
        return _empty("chart-bias-by-type", title)
    head, top = _type_headings()
    parts = [head]
    bars = _Bars(largest=max(max(counts.by_type) for _, counts in table.rows))
    for motivation, counts in table.rows:
        row, height = bars.row(label("bias_motivations", motivation), counts, top)
        parts.append(row)
        top += height
    said = [(label("bias_motivations", code), counts.incidents) for code, counts in table.rows]
    return _svg("chart-bias-by-type", title, said, top, parts)


def by_month(months: Sequence[int], month_unknown: int) -> str:
    """Draw twelve columns, January first, and say how many incidents have no known month."""
    title = gettext("Incidents by month")
    if not sum(months) + month_unknown:
        return _empty("chart-by-month", title)
    names = [month_name(month).capitalize() for month in range(1, 13)]
    columns = _Columns(slots=12, scale=_scale(max(months), 120), top=_LINE)
    ticks = [month_name(month, short=True).rstrip(".") for month in range(1, 13)]
    parts = list(columns.draw(months, ticks, ALL_TYPES))
    height = columns.bottom(max(months))
    said = list(zip(names, months, strict=True))
    if month_unknown:
        note = ngettext(
            "The month of %(shown)s more incident is not known.",
            "The month of %(shown)s more incidents is not known.",
            month_unknown,
            shown=format_number(month_unknown),
        )
        text, note_height = _paragraph(note, _Place(0, height + 8 + _SMALL), _SMALL, NARROWEST)
        parts.append(text)
        height += 8 + note_height
        said.append((gettext("Month not known"), month_unknown))
    return _svg("chart-by-month", title, said, height, parts)


def trend(years: Sequence[tuple[int, TypeCounts]]) -> str:
    """Draw the data years, in all and by type, on one scale.

    A year between the first and the last that has no incident is drawn as zero: equal steps are equal times.
    """
    title = gettext("Incidents by data year and type of incident")
    if not any(counts.incidents for _, counts in years):
        return _empty("chart-trend", title)
    counted = dict(years)
    span = range(min(counted), max(counted) + 1)
    nothing = TypeCounts(tuple(0 for _ in incident_types()))
    rows = [counted.get(year, nothing) for year in span]
    panels = [(gettext("All incidents"), ALL_TYPES, [row.incidents for row in rows])]
    for position, code in enumerate(incident_types()):
        numbers = [row.by_type[position] for row in rows]
        panels.append((label("incident_types", code), f"series-{position + 1}", numbers))
    scale = _scale(max(row.incidents for row in rows), 90)
    parts, top = [], 0.0
    for name, series, numbers in panels:
        columns = _Columns(slots=max(len(span), 4), scale=scale, top=top + 2 * _LINE)
        parts.append(_text([name], _Place(0, top + _LABEL), _LABEL, bold=True))
        parts.extend(columns.draw(numbers, [str(year) for year in span], series))
        top = columns.bottom(max(numbers)) + 16
    said = [(str(year), row.incidents) for year, row in zip(span, rows, strict=True)]
    return _svg("chart-trend", title, said, top - 16, parts)


OFFICIAL = "series-2"


def gap_by_year(years: Sequence[GapYear]) -> str:
    """Draw own incidents above official figures, year by year, on one scale.

    What the police recorded can be a number, 0, "Not available", a dash or not entered: a bar, an axis without a bar, a
    hollow box, words without an axis, so that none of them looks like another, in grey and without colour.
    """
    title = gettext("Hate incidents counted by the coalition and hate crimes recorded by the police, by year")
    parts, top = [], 0.0
    for series, name in (
        (ALL_TYPES, gettext("Hate incidents counted by the coalition")),
        (OFFICIAL, gettext("Hate crimes recorded by the police")),
    ):
        lines = wrap(name, int((NARROWEST - _KEY_INDENT) / (_SMALL * _LETTER_WIDTH)))
        parts.append(_rect(0, top, "12", 12, series) + _text(lines, _Place(0, top + 10.5, _KEY_INDENT), _SMALL))
        top += len(lines) * _SMALL_LINE + 5
    top += 8
    pairs = [(item.own.incidents if item.own else None, _recorded(item)) for item in years]
    bars = _GapBars(largest=max((number or 0 for own, value in pairs for number in (own, _number(value))), default=0))
    said = []
    for item, (own, value) in zip(years, pairs, strict=True):
        parts.append(_text([str(item.year)], _Place(0, top + _LABEL), _LABEL, bold=True))
        parts.append(bars.own(own, top + _LINE + 3) + bars.official(value, top + _LINE + 3 + _BAR + 4))
        said.append((str(item.year), f"{_own_in_words(own)} / {value_in_words(value)}"))
        top += _LINE + 2 * _BAR + 20
    return _svg("chart-gap", title, said, max(top - 10, 0), parts)


def _recorded(item: GapYear) -> Value | None:
    entry = item.figures.get(Figure.RECORDED)
    return entry.value if entry else None


def _number(value: Value | None) -> int | None:
    return value.number if value else None


def _own_in_words(own: int | None) -> str:
    return gettext("nothing published") if own is None else format_number(own)


def wrap(text: str, letters: int) -> list[str]:
    """Break a text into lines of at most so many letters; a longer word keeps a line to itself."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= letters:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


_HEADING, _BAR = 11, 14
_PANEL_STEP, _PANEL_WIDTH = 34.0, 32.0
"""Per cent: where each type's axis begins, and how far its bars and numbers may reach."""


def _type_headings() -> tuple[str, float]:
    """Return the types as headings over their axes, and the height they take."""
    width = NARROWEST * _PANEL_WIDTH / 100
    parts, tallest = [], 0.0
    for position, code in enumerate(incident_types()):
        x = position * _PANEL_STEP
        parts.append(_rect(x, 0, f"{_PANEL_WIDTH}%", 4, f"series-{position + 1}"))
        text, height = _paragraph(label("incident_types", code), _Place(x, 6 + _SMALL), _HEADING, width)
        parts.append(text)
        tallest = max(tallest, height)
    bottom = 6 + tallest + 14
    # Translators: above the numbers at the end of each row of a chart, which hold every type of incident
    parts.append(_text([gettext("All types")], _Place(100, bottom + 6), _HEADING, anchor="end"))
    return "".join(parts), bottom + 12


@dataclass(frozen=True)
class _Bars:
    """Rows of horizontal bars, one per type, all on one scale."""

    largest: int

    def row(self, name: str, counts: TypeCounts, top: float) -> tuple[str, float]:
        """Return a row with its name above its bars, and its height."""
        total = format_number(counts.incidents)
        lines = wrap(name, int((NARROWEST - _text_width(total, _LABEL) - 12) / (_LABEL * _LETTER_WIDTH)))
        parts = [
            _text(lines, _Place(0, top + _LABEL), _LABEL),
            _text([total], _Place(100, top + _LABEL), _LABEL, anchor="end", bold=True),
        ]
        bar_top = top + len(lines) * _LINE + 3
        for position, number in enumerate(counts.by_type):
            parts.append(self._bar(position, number, bar_top))
        return "".join(parts), len(lines) * _LINE + 3 + _BAR + 13

    def _bar(self, position: int, number: int, top: float) -> str:
        x = position * _PANEL_STEP
        shown = format_number(number)
        room = _PANEL_WIDTH - _text_width(format_number(self.largest), _SMALL) / NARROWEST * 100 - 3
        width = room * number / self.largest
        bar = _rect(x, top, f"{width:.2f}%", _BAR, f"series-{position + 1}") if number else ""
        return bar + _line(_Place(x, top), "1", str(_BAR)) + _text([shown], _Place(x + width, top + 11.5, 5), _SMALL)


_KEY_INDENT = 18
"""Pixels from the square of a key to its words."""


@dataclass(frozen=True)
class _GapBars:
    """Horizontal bars of a number or of what stands in its place, all on one scale."""

    largest: int

    def own(self, number: int | None, top: float) -> str:
        """Draw what the coalition counted."""
        return self._words(_own_in_words(number), top) if number is None else self._bar(number, top, ALL_TYPES)

    def official(self, value: Value | None, top: float) -> str:
        """Draw what a source says."""
        words = value_in_words(value)
        if value is None or value.kind is Kind.DASH:
            return self._words(words, top)
        if value.kind is Kind.NOT_AVAILABLE:
            box = (
                f'<rect class="chart-hollow" x="0" y="{top + 0.5:.2f}" width="34" height="{_BAR - 1}" fill="none" '
                'stroke="currentColor" stroke-width="1" stroke-dasharray="3 2"/>'
            )
            return box + self._words(words, top, 40)
        return self._bar(value.number or 0, top, OFFICIAL)

    def _bar(self, number: int, top: float, series: str) -> str:
        room = 100 - _text_width(format_number(self.largest), _SMALL) / NARROWEST * 100 - 3
        width = room * number / self.largest if self.largest else 0.0
        bar = _rect(0, top, f"{width:.2f}%", _BAR, series) if number else ""
        number_text = _text([format_number(number)], _Place(width, top + 11.5, 5), _SMALL)
        return bar + _line(_Place(0, top), "1", str(_BAR)) + number_text

    def _words(self, words: str, top: float, shift: float = 0) -> str:
        return _text([words], _Place(0, top + 11.5, shift), _SMALL)


@dataclass(frozen=True)
class _Columns:
    """Vertical columns in equal slots with their numbers above and their names below."""

    slots: int
    scale: float
    """Pixels per incident."""
    top: float

    def bottom(self, largest: int) -> float:
        """Return where the names below the columns end."""
        return self.top + largest * self.scale + 20

    def draw(self, numbers: Sequence[int], names: Sequence[str], series: str) -> Iterator[str]:
        """Yield columns, base line, numbers and names."""
        slot = 100 / self.slots
        base = self.top + max(numbers) * self.scale
        size = self._number_size(numbers)
        for position, (number, name) in enumerate(zip(numbers, names, strict=True)):
            middle = slot * (position + 0.5)
            height = max(number * self.scale, 1.5) if number else 0.0
            if number:
                yield _rect(middle - slot * 0.31, base - height, f"{slot * 0.62:.2f}%", height, series)
            yield _text([format_number(number)], _Place(middle, base - height - 5), size, anchor="middle")
            yield _text([name], _Place(middle, base + 15), self._name_size(names), anchor="middle")
        width = slot * len(numbers)
        yield _line(_Place(0, base), f"{width:.2f}%", "1")

    def _number_size(self, numbers: Sequence[int]) -> float:
        return self._fitting(format_number(max(numbers)))

    def _name_size(self, names: Sequence[str]) -> float:
        return self._fitting(max(names, key=len))

    def _fitting(self, widest: str) -> float:
        room = NARROWEST / self.slots
        return max(float(_SMALLEST), min(float(_SMALL), _SMALL * room / _text_width(widest, _SMALL)))


def _scale(largest: int, height: float) -> float:
    return height / largest if largest else 0.0


def _text_width(text: str, size: float) -> float:
    return len(text) * size * _LETTER_WIDTH + 1


def _rect(x: float, y: float, width: str, height: float, series: str) -> str:
    return (
        f'<rect class="{series}" x="{x:.2f}%" y="{y:.2f}" width="{width}" height="{height:.2f}" '
        f'fill="{_COLOURS[series]}"/>'
    )


def _line(place: _Place, width: str, height: str) -> str:
    """Return an axis: a thin area, because areas and not lines can be as wide as a share of the chart."""
    return (
        f'<rect class="chart-line" x="{place.x:.2f}%" y="{place.y:.2f}" width="{width}" height="{height}" '
        'fill="currentColor" fill-opacity="0.5"/>'
    )


def _text(lines: Sequence[str], place: _Place, size: float, *, anchor: Anchor = "start", bold: bool = False) -> str:
    line_height = _LINE if size == _LABEL else _SMALL_LINE
    weight = ' font-weight="700"' if bold else ""
    shift = f' dx="{place.shift:g}"' if place.shift else ""
    aligned = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return "".join(
        f'<text x="{place.x:.2f}%" y="{place.y + number * line_height:.2f}"{shift} font-size="{size:g}"'
        f"{weight}{aligned}>{escape(line)}</text>"
        for number, line in enumerate(lines)
    )


def _paragraph(text: str, place: _Place, size: int, width: float) -> tuple[str, float]:
    """Return a text wrapped into a width at its narrowest, and its height."""
    lines = wrap(text, int(width / (size * _LETTER_WIDTH)))
    return _text(lines, place, size), len(lines) * (_LINE if size == _LABEL else _SMALL_LINE)


def _empty(name: str, title: str) -> str:
    said = gettext("No incident was counted.")
    return _svg(name, title, [], _LINE + 6, [_text([said], _Place(0, _LABEL), _LABEL)])


def _svg(name: str, title: str, said: Iterable[tuple[str, int | str]], height: float, parts: Iterable[str]) -> str:
    """Return the chart; `said` is what it tells somebody who hears it instead of seeing it."""
    heard = "; ".join(f"{what}: {told if isinstance(told, str) else format_number(told)}" for what, told in said)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart-fluid {name}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" width="100%" height="{height:.0f}" direction="ltr" '
        f'display="block" overflow="visible" fill="currentColor" font-family="{",".join(FONT_FAMILIES)}">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(heard or gettext("No incident was counted."))}</desc>'
        f"{''.join(parts)}</svg>"
    )
