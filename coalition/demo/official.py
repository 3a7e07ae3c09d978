"""Official figures of the demonstration: invented, said to be so in each of them, and with each of the four statements.

The demonstration's country is a real one. Its real figures beside incidents that never happened would be a false
statement about a State, so they are not here; `coalition official import` reads them.
"""

import datetime

from coalition.domain.official import Cell, Entry, Figure, Value, read_value

SOURCE = "https://example.org/invented-official-figures"
NOTE = "INVENTED SAMPLE, no official figures · ИЗМИСЛЕН ПРИМЕР, не са официални данни"

_OLDEST_FIRST = (("41", "12", "9"), ("Not available", "17", "-"), ("38", "55", "0"), ("0", "-", "4"), ("33", "21", "6"))
"""Recorded, prosecuted and sentenced of each year."""
_REVISED = ("35", "33")
"""What the source said of the last of these years before and after it was revised."""


def sample_figures(country: str, latest_year: int, today: datetime.date) -> list[Entry]:
    """Return official figures of the five years before the latest one, the last of them revised."""
    first = latest_year - len(_OLDEST_FIRST)
    seen_first, seen_last = today - datetime.timedelta(days=200), today - datetime.timedelta(days=20)
    entries = [
        Entry(Cell(country, first + place, figure), _read(text), SOURCE, seen_first, NOTE)
        for place, texts in enumerate(_OLDEST_FIRST)
        for figure, text in zip(Figure, texts, strict=True)
    ]
    revised = entries[-len(Figure)]
    before, after = (
        Entry(revised.cell, _read(text), SOURCE, day, NOTE)
        for text, day in zip(_REVISED, (seen_first, seen_last), strict=True)
    )
    return [before if entry is revised else entry for entry in entries] + [after]


def _read(text: str) -> Value:
    value = read_value(text)
    if value is None:
        raise ValueError("the sample says nothing")
    return value
