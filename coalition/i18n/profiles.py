"""Profiles in words: what can be wrong in one, and what its fields show."""

from collections.abc import Collection, Mapping

from coalition.domain.profile_checks import DatePrecision, Problem, Wrong
from coalition.domain.profiles import Profile
from coalition.domain.vocabulary import Purpose
from coalition.i18n import L_, _, format_number

WRONG: Mapping[Wrong, str] = {
    Wrong.SYNTAX: L_("This cannot be read as TOML: %(said)s"),
    Wrong.TOO_LARGE: L_("The file is larger than %(wanted)s kB."),
    Wrong.UNKNOWN_KEY: L_("“%(said)s” is not known here. Known are: %(wanted)s."),
    Wrong.MISSING: L_("“%(said)s” is missing."),
    Wrong.WRONG_TYPE: L_("This has to be %(wanted)s."),
    Wrong.EMPTY: L_("Write something here."),
    Wrong.TOO_LONG: L_("At most %(wanted)s characters fit here."),
    Wrong.UNSEEN: L_("There is a control character in it: take it out."),
    Wrong.ONE_LINE: L_("This has to be one line, without characters that cannot be seen."),
    Wrong.NOT_A_CODE: L_(
        "“%(said)s” is no code: at most 40 small Latin letters, digits and single hyphens, and a letter first."
    ),
    Wrong.UNKNOWN_VALUE: L_("“%(said)s” is not possible. Possible are: %(wanted)s."),
    Wrong.UNKNOWN_FIELD: L_("There is no field “%(said)s”. Fields are: %(wanted)s."),
    Wrong.NOT_PUBLIC: L_(
        "“%(said)s” is told to ODIHR alone: the consent of this profile is about what is public. "
        "Possible are: %(wanted)s."
    ),
    Wrong.NOT_LET_OUT: L_("“%(said)s” does not leave the coalition. Fields that may are: %(wanted)s."),
    Wrong.TWICE: L_("“%(said)s” is there twice."),
    Wrong.NO_COLUMN: L_("There has to be at least one column."),
    Wrong.TOO_MANY: L_("There are %(said)s columns; at most %(wanted)s are possible."),
    Wrong.NO_HEADING: L_("There is no heading in the profile’s language (%(said)s)."),
    Wrong.OUT_OF_RANGE: L_("%(said)s is not possible. Possible is %(wanted)s."),
    Wrong.NO_SUCH_DAY: L_("The day %(said)s is not in every year."),
    Wrong.YEARS: L_("The last data year, %(said)s, is before the first one, %(wanted)s."),
    Wrong.JOINER_INSIDE: L_("“%(said)s” is part of the name of a motivation: nobody could tell two of them apart."),
    Wrong.PLACEHOLDER: L_("%(said)s is not filled in here. What can be filled in: %(wanted)s."),
    Wrong.BRACES: L_("A brace has no other one. A brace that shall be seen is written twice."),
    Wrong.NOT_AN_ADDRESS: L_("“%(said)s” is no e-mail address."),
    Wrong.DESCRIBED: L_(
        "The consent to be counted allows numbers only: all types of incident have to be statistics only."
    ),
    Wrong.GONE: L_("There is no profile “%(said)s” any more."),
}
"""What is wrong, by its code."""

_KINDS: Mapping[str, str] = {
    "str": L_("a text in quotation marks"),
    "int": L_("a whole number"),
    "list": L_("a list in square brackets"),
    "dict": L_("a table"),
}

FIELDS: Mapping[str, str] = {
    "number": L_("Number of the line"),
    "date": L_("Month or year"),
    "country": L_("Country"),
    "location_type": L_("Type of location"),
    "description": L_("Public description"),
    "motivations": L_("Bias motivations"),
    "indicators": L_("Bias indicators"),
    "type": L_("Type of incident"),
    "offences": L_("Offences"),
    "weapon": L_("Weapon"),
    "victims": L_("Victims: kind, number, gender, age band, link to the group"),
    "harm": L_("Harm to the victims"),
    "perpetrators": L_("Perpetrators: number, relation, gender, age band"),
    "perpetrator_capacities": L_("In which capacity the perpetrators acted"),
    "credited": L_("Organisations behind it"),
    "sources": L_("Organisations behind it, and kinds of source"),
    "case_status": L_("Case status, or why it was not reported"),
    "bias_recorded": L_("Whether the police recorded the bias"),
    "proceedings": L_("Steps of police and justice"),
}
"""What a column can show."""

PURPOSES: Mapping[Purpose, str] = {
    Purpose.ODIHR: L_("To be in the submission to ODIHR"),
    Purpose.PUBLISH: L_("To be counted and described in public: for every body but ODIHR"),
    Purpose.STATISTICS: L_("To be counted: for numbers without any description"),
}

PRECISIONS: Mapping[DatePrecision, str] = {
    DatePrecision.MONTH: L_("The month"),
    DatePrecision.YEAR: L_("The year only"),
}


JOINERS: Mapping[str, tuple[str, str]] = {
    "comma": (", ", L_("Comma: A, B")),
    "semicolon": ("; ", L_("Semicolon: A; B")),
    "narrow": (";", L_("Semicolon without a space: A;B")),
    "stroke": (" / ", L_("Stroke: A / B")),
    "bar": (" | ", L_("Vertical bar: A | B")),
}
"""What can stand between several values of one cell. A cell's outer spaces count, which a box of text would lose."""


def joiner_in_words(text: str) -> str:
    """Say what stands between several values of one cell."""
    return next((str(words) for joiner, words in JOINERS.values() if joiner == text), f"A{text}B")


def place_in_words(fields: Collection[str]) -> str:
    """Say how precisely the columns of a profile tell the place."""
    if "location_type" in fields:
        return _("The country and the type of location; no region, no town, no address")
    if "country" in fields:
        return _("The country; no region, no town, no address")
    return _("It is not told")


def years_in_words(taken: Profile) -> str:
    """Say for which data years a profile is meant."""
    first, last = (str(year) if year else "" for year in (taken.from_year, taken.until_year))
    if first and last:
        return _("%(first)s to %(last)s", first=first, last=last) if first != last else first
    if first:
        return _("From %(year)s on", year=first)
    return _("Up to %(year)s", year=last) if last else _("Any")


def problem_in_words(problem: Problem) -> str:
    """Say what is wrong, in the reader's language."""
    wanted = str(_KINDS.get(problem.wanted, problem.wanted)) if problem.code is Wrong.WRONG_TYPE else problem.wanted
    return _(str(WRONG[problem.code]), said=problem.said, wanted=wanted)


def problem_with_line(problem: Problem) -> str:
    """Say what is wrong, and on which line where it stands on one."""
    words = problem_in_words(problem)
    if not problem.line:
        return words
    return _("Line %(line)s: %(problem)s", line=format_number(problem.line), problem=words)
