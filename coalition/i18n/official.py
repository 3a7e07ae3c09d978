"""Official figures and the gap, in words: "hate crime" is said of official figures, "hate incident" of our own."""

from collections.abc import Mapping

from coalition.domain.gap import NoRatio, Ratio
from coalition.domain.official import Figure, Kind, Value, Wrong
from coalition.i18n import L_, _, format_number, labels

FIGURES: Mapping[Figure, str] = {
    Figure.RECORDED: L_("Recorded by police"),
    Figure.PROSECUTED: L_("Prosecuted"),
    Figure.SENTENCED: L_("Sentenced"),
}

KINDS: Mapping[Kind, str] = {
    Kind.NUMBER: L_("A number"),
    Kind.ZERO: L_("0: the source says that there was none"),
    Kind.NOT_AVAILABLE: L_("“Not available”: the source says that it has no figure"),
    Kind.DASH: L_("“-”: the source prints a dash"),
}
"""What a source can say, as a question offers it."""

_VALUES = {
    Kind.NOT_AVAILABLE: L_("Not available"),
    # Translators: a source of official figures prints "-" where others print a number; a lone sign would not be heard
    Kind.DASH: L_("- (dash)"),
}

_NO_RATIO: Mapping[NoRatio, str] = {
    NoRatio.NOT_PUBLISHED: L_("None: nothing published by the coalition"),
    NoRatio.NOT_ENTERED: L_("None: no official figure entered"),
    NoRatio.ZERO: L_("None: the official figure is 0, and nothing can be divided by 0"),
    NoRatio.NOT_AVAILABLE: L_("None: the source says “Not available”"),
    NoRatio.DASH: L_("None: the source prints a dash"),
}

REASONS: tuple[tuple[str, str], ...] = (
    (
        L_("Different units"),
        L_(
            "The coalition counts incidents. Official figures count offences, cases, proceedings or persons, and not "
            "all of them the same: one incident can be several of these, and several incidents one."
        ),
    ),
    (
        L_("Different definitions"),
        L_(
            "A hate crime in an official figure is what national law and practice register as one. A hate incident "
            "here is what the coalition found to be a criminal offence motivated by bias; no court has decided on it."
        ),
    ),
    (
        L_("Under-reporting"),
        L_(
            "Most hate crimes are never reported to the police. A low official figure can mean few crimes, little "
            "trust, or police who do not record the bias."
        ),
    ),
    (
        L_("Reporting to the coalition is by choice"),
        L_(
            "The coalition knows of an incident if somebody chose to tell one of its members, or if it became public. "
            "Where there is no member, little is told."
        ),
    ),
    (
        L_("Different years"),
        L_(
            "The coalition counts an incident in the year in which it happened, the police in the year in which it was "
            "registered, and courts sentence years later. So more can be prosecuted or sentenced in a year than the "
            "police recorded."
        ),
    ),
    (
        L_("The same case can be in both"),
        L_(
            "Some incidents that the coalition counts were reported to the police too. The figures can be neither "
            "added up nor subtracted from each other."
        ),
    ),
    (
        L_("Revisions"),
        L_(
            "Official figures are revised, sometimes years later. Each stands here as it was seen on the day that is "
            "given with its source; what was seen earlier is kept."
        ),
    ),
)
"""Why the two cannot be compared: each a heading and what is meant, true of any country."""

WRONG: Mapping[Wrong, str] = {
    Wrong.COUNTRY: L_("This is no participating State of the OSCE."),
    Wrong.YEAR: L_("This is no year from 1990 to this one."),
    Wrong.VALUE: L_("Write digits, “Not available” or “-”."),
    Wrong.MOTIVATION: L_("This is none of the bias motivations."),
    Wrong.TYPE: L_("This is none of the types of incident."),
    Wrong.NOTE: L_("The note is longer than 300 characters."),
    Wrong.SEEN_ON: L_("This is no day from 1990 to today; in a file it is written as 2026-01-31."),
    Wrong.SOURCE: L_("Enter an address that begins with https://"),
    Wrong.NOTHING: L_("There is no figure on this line."),
    Wrong.CONTRADICTS: L_("Another line says otherwise of the same figure, seen on the same day."),
    Wrong.UNREADABLE: L_("The line does not fit the names of the columns."),
}
"""What is wrong with an answer or a line."""

REFUSALS: Mapping[str, str] = {
    "too_large": L_("The file is larger than 1 MB. Split it."),
    "not_csv": L_("This is a workbook. Save it as CSV."),
    "too_many_rows": L_("The file has more than 5,000 lines. Split it."),
    "other_columns": L_(
        "The first row has to name the columns country, year, recorded_by_police, prosecuted, sentenced and "
        "source_url, and may name motivation, type, unit_note and seen_on."
    ),
}
"""Why a file of official figures was refused, where that is said otherwise than of members' files."""


def value_in_words(value: Value | None) -> str:
    """Return what a source says; where nobody has entered anything, that."""
    if value is None:
        # Translators: of an official figure
        return _("not entered")
    if value.number is not None:
        return format_number(value.number)
    return str(_VALUES.get(value.kind, value.printed))


def ratio_in_words(ratio: Ratio | NoRatio) -> str:
    """Return a ratio with 1 on its smaller side, or why there is none."""
    if isinstance(ratio, NoRatio):
        return str(_NO_RATIO[ratio])
    own, recorded = ratio.sides
    # Translators: the ratio of own incidents to recorded hate crimes, such as 1 : 9.1
    return _("%(own)s : %(recorded)s", own=format_number(own), recorded=format_number(recorded))


def part_in_words(motivation: str, kind: str) -> str:
    """Name the part of all hate crimes that a figure is about."""
    named = [labels.label("bias_motivations", motivation), labels.label("incident_types", kind)]
    return ", ".join(text for text in named if text) or _("All hate crimes")
