"""Members' own spreadsheets in words: what a column can hold, what is wrong with a row, why a file was refused."""

from collections.abc import Mapping

from coalition.domain.mappings import LANGUAGES
from coalition.i18n import L_, gettext, locale

_GROUPS: tuple[tuple[str, Mapping[str, str]], ...] = (
    (
        L_("When and where"),
        {
            "date": L_("Date"),
            "time": L_("Time of day"),
            "country": L_("Country"),
            "region": L_("Region"),
            "municipality": L_("Town or village"),
            "location_type": L_("Kind of place"),
        },
    ),
    (
        L_("What happened"),
        {
            "offences": L_("What happened"),
            "chosen_type": L_("Type of incident"),
            "weapon": L_("Was a weapon used?"),
            "narrative": L_("Internal account"),
        },
    ),
    (
        L_("Why: motivation and indicators"),
        {
            "motivations": L_("Bias motivations"),
            "indicators.code": L_("Bias indicators"),
            "indicators.note": L_("What was seen or heard?"),
            "indicators.observer": L_("Who observed it?"),
        },
    ),
    (
        L_("Who was targeted"),
        {
            "victims.kind": L_("Who or what was targeted?"),
            "victims.number": L_("Number of people"),
            "victims.gender": L_("Gender"),
            "victims.age_band": L_("Age"),
            "victims.link": L_("Link to the targeted group"),
            "victims.sub_grounds": L_("Grounds"),
            "victims.injury": L_("Injury or damage"),
            "victims.harm": L_("How badly were they hurt?"),
            "victims.earlier": L_("Were they targeted before?"),
        },
    ),
    (
        L_("Who did it"),
        {
            "perpetrators.number": L_("Number of people"),
            "perpetrators.gender": L_("Gender"),
            "perpetrators.age_band": L_("Age"),
            "perpetrators.relation": L_("Relation to the victim"),
            "perpetrators.capacity": L_("They acted"),
        },
    ),
    (
        L_("Sources"),
        {
            "sources.kind": L_("Kind of source"),
            "sources.name": L_("Organisation or medium"),
            "sources.reference": L_("Reference"),
            "sources.date": L_("Date of the source"),
            "sources.url": L_("Link"),
            "sources.reliability": L_("How reliable is the source?"),
            "sources.credibility": L_("How well is what it says supported?"),
        },
    ),
    (
        L_("Police and support"),
        {
            "case_status": L_("Do the police know of it?"),
            "reason_not_reported": L_("Why was it not reported?"),
            "bias_recorded": L_("Did the police write down that it was about bias?"),
            "proceedings.step": L_("Step of police or justice"),
            "proceedings.date": L_("Date of the step"),
            "proceedings.reference": L_("File number of the step"),
            "proceedings.note": L_("Note on the step"),
            "authorities_response": L_("What did the authorities do?"),
            "impact": L_("What did it do to the victim and the community?"),
            "needs.need": L_("What does the person need?"),
            "needs.referred_to": L_("Where the person was referred to"),
            "needs.outcome": L_("What came of it?"),
            "needs.follow_up": L_("Ask again on"),
            "own_reference": L_("Your own reference"),
        },
    ),
    (
        L_("Consent and contact"),
        {
            "basis": L_("What allows this record?"),
            "consents": L_("What did the person agree to?"),
            "consent_by": L_("Who consented?"),
            "consent_way": L_("How was consent given?"),
            "consent_date": L_("When was consent given?"),
            "contact_name": L_("Name of the contact"),
            "contact_phone": L_("Telephone"),
            "contact_email": L_("E-mail"),
            "contact_safely": L_("How to reach the person without danger"),
        },
    ),
)
"""What a column can hold, in groups, in the order of the recording form. A test holds it complete."""

_PROBLEMS: Mapping[str, str] = {
    "not_a_date": L_("This is no date that can be read."),
    "which_order": L_("Day or month first? The date can be read in two ways."),
    "too_early": L_("The date is too long ago."),
    "not_a_day": L_("A whole day is needed here."),
    "in_future": L_("The date is in the future."),
    "not_a_number": L_("This is no whole number."),
    "not_a_link": L_("This is no link that begins with https:// or http://."),
    "not_yes_or_no": L_("This is neither yes nor no."),
    "unknown_value": L_("Nobody has said what this word means."),
    "too_long": L_("The text is too long for the form."),
    "region_elsewhere": L_("The region is not in the country."),
    "says_nothing": L_("The row says nothing that could be recorded."),
    "too_many_lines": L_("The row names too many victims, sources or steps."),
    "no_code": L_("A note on an indicator is there, but not which indicator it is."),
    "no_step": L_("Something about police or justice is there, but not which step it was."),
    "no_need": L_("Something about support is there, but not which need it was."),
    "no_key": L_("The cell that names the row is empty."),
    "key_twice": L_("Another row above has the same name."),
    "broken": L_("The row cannot be read: its quotation marks do not match."),
    "not_text": L_("The row holds characters that are no text."),
    "too_many_cells": L_("The row has more cells than the heading."),
    "conflict": L_("Somebody changed the record here meanwhile. It was left as it is."),
    "closed": L_("The record was handed in. A file does not change it any more."),
    "erased": L_("The record was erased here. It is not recorded again."),
}
"""What is wrong with a row, by its code."""

_REFUSALS: Mapping[str, str] = {
    "too_large": L_("The file is larger than 25 MB. Split it."),
    "empty": L_("The file is empty."),
    "old_or_locked": L_("This is an old or a locked workbook. Save it as XLSX, without a password."),
    "no_heading": L_("There is no row with the names of the columns."),
    "no_rows": L_("There is nothing below the names of the columns."),
    "too_many_columns": L_("The table has more than 256 columns."),
    "too_many_rows": L_("The table has more than 200,000 rows. Split it."),
    "long_line": L_("A line of the file is too long for a table."),
    "not_a_table": L_("This is no table that can be read. Save it as XLSX or CSV."),
    "not_a_workbook": L_("This workbook cannot be read. Save it as XLSX or CSV."),
    "unpacks_to_too_much": L_("The workbook unpacks to too much."),
    "other_columns": L_("The file has other columns than those that were chosen. Send it again."),
    "gone": L_("The file is not there any more. Send it again."),
}
"""Why a file was refused, by its code."""


def groups_of_facts() -> dict[str, dict[str, str]]:
    """Return what a column can hold, by group, in the reader's language."""
    groups = {str(title): {name: str(label) for name, label in facts.items()} for title, facts in _GROUPS}
    described = {
        f"descriptions.{code}": gettext("Public description (%(language)s)", language=locale(code).native_name)
        for code in LANGUAGES
    }
    return {**groups, gettext("Description"): described}


def fact_in_words(name: str) -> str:
    """Return what a column holds, with its group where that is needed to tell it from others."""
    for title, facts in groups_of_facts().items():
        if name in facts:
            return f"{title}: {facts[name]}" if "." in name and not name.startswith("descriptions") else facts[name]
    return name


def problem_in_words(code: str) -> str:
    """Return what is wrong with a row."""
    return str(_PROBLEMS.get(code, code))


def refusal_in_words(code: str) -> str:
    """Return why a file was refused."""
    return str(_REFUSALS.get(code, code))


def facts_taken_twice(names: tuple[str, ...]) -> str:
    """Return the facts that several columns claim, one after the other."""
    return "; ".join(fact_in_words(name) for name in names)
