"""What stands in the way, in words: from a problem's field and code to its text, section and place."""

from collections.abc import Mapping
from dataclasses import dataclass

from coalition.domain.criterion import Test
from coalition.domain.incidents import Problem
from coalition.i18n import L_
from coalition.i18n.labels import FIXED


@dataclass(frozen=True)
class Wording:
    """How a problem is told, and where it is mended."""

    text: str
    section: str = ""
    """Section of the recording form; empty for the coordinator's decision."""
    anchor: str = ""
    """Id of the control that mends it."""


_WHEN, _WHAT, _WHY = "when-and-where", "what-happened", "motivation"

PROBLEMS: Mapping[tuple[str, str], Wording] = {
    ("date", "missing"): Wording(L_("Say when it happened. The year alone is enough."), _WHEN, "date-day"),
    ("date", "in_future"): Wording(L_("The date of the incident lies in the future. Check it."), _WHEN, "date-day"),
    ("country", "missing"): Wording(L_("Choose the country where it happened."), _WHEN, "country"),
    ("offences", "missing"): Wording(
        L_("Tick at least one thing that happened, or choose the type of incident."),
        _WHAT,
        "offences_violent_attack",
    ),
    ("chosen_type", "person_decides"): Wording(
        L_("What you ticked does not say which type of incident it is. Choose the type."),
        _WHAT,
        "chosen_type",
    ),
    ("type_reason", "missing"): Wording(
        L_("You chose another type than the one that follows from what you ticked. Say why."), _WHAT, "type_reason"
    ),
    ("scope_reason", "missing"): Wording(
        L_("You disagree with what the answers say of ODIHR’s scope. Say why."), "check", "scope_reason"
    ),
    ("motivations", "missing"): Wording(L_("Tick at least one bias motivation."), _WHY, "motivations"),
    ("indicators", "missing"): Wording(
        L_("Tick at least one bias indicator: something that points to the bias."), _WHY, "indicators"
    ),
    ("indicators", "note_missing"): Wording(
        L_("Write a short note for every bias indicator you ticked: what was seen or heard."),
        _WHY,
        "indicators",
    ),
    ("sources", "missing"): Wording(
        L_("Add at least one source: where you know of the incident from."), "sources", "sources-0-kind"
    ),
    ("sources", "kind_missing"): Wording(L_("Choose the kind of every source."), "sources", "sources-0-kind"),
    ("proceedings", "step_missing"): Wording(
        L_("Choose what happened in every step of police and justice."), "police", "proceedings-0-step"
    ),
    ("needs", "need_missing"): Wording(L_("Choose the need in every entry."), "police", "needs-0-need"),
    ("basis", "missing"): Wording(L_("Say what allows the record: consent, or a public source."), "consent", "basis"),
    ("consents", "share_missing"): Wording(
        L_("Without consent to share the incident with the coalition, it stays in your organisation as a draft."),
        "consent",
        "consents",
    ),
    ("consent_way", "undocumented"): Wording(
        L_("Say how and on which day consent was given."), "consent", "consent_way"
    ),
    ("consent_date", "in_future"): Wording(
        L_("The day of consent lies in the future. Check it."), "consent", "consent_date-day"
    ),
    ("consent_by", "guardian_needed"): Wording(
        L_("A victim is below the age at which one consents oneself. A parent or guardian has to consent."),
        "consent",
        "consent_by",
    ),
    ("narrative", "missing"): Wording(
        L_("Describe what happened: in the internal account, or in a public description."),
        "descriptions",
        "narrative",
    ),
    ("descriptions", "flagged"): Wording(
        L_("Parts of a public description may tell who it was. Change the text, or say why they are harmless."),
        "descriptions",
        "description_en",
    ),
    ("consents", "odihr_missing"): Wording(L_("Nobody agreed that it goes to ODIHR."), "consent", "consents"),
    ("descriptions", "english_missing"): Wording(
        L_("There is no public description in English."), "descriptions", "description_en"
    ),
    ("text", "question_missing"): Wording(L_("Write the question."), anchor="text"),
    ("text", "reason_missing"): Wording(L_("Say why the decision is taken back."), anchor="text"),
    ("other", "missing"): Wording(
        L_("Choose the record that is about the same incident, or write its reference."), anchor="other"
    ),
    ("other", "unknown"): Wording(L_("No record with this reference is with the coalition."), anchor="other"),
    **{("other", code): Wording(text, anchor="other") for code, text in FIXED["link_obstacles"].items()},
    ("reason", "missing"): Wording(L_("Choose the reason why the incident is not accepted."), anchor="reason"),
    ("step", "not_countable"): Wording(
        L_("Without a date, a type and a bias motivation the incident cannot be counted, and so not accepted."),
        anchor="step",
    ),
    **{
        (f"test_{test.value}", "accepted_against"): Wording(
            L_("You answered this test with “No”. An incident is accepted only when no test says so."),
            anchor=f"test_{test.value}",
        )
        for test in Test
    },
    **{
        (f"note_{test.value}", "missing"): Wording(
            L_("You see this test otherwise than the software proposes. Say why."), anchor=f"note_{test.value}"
        )
        for test in Test
    },
}
"""Every problem that the rules of `coalition.domain` can find; a test holds the table complete."""


def wording(problem: Problem) -> Wording:
    """Return how a problem is told, in the language in which its text is then read."""
    return PROBLEMS[problem.field, problem.code]
