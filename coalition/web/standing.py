"""How a record stands while it is being typed: its steps, what is missing, what the rules propose."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from coalition.domain.completeness import missing_for_odihr
from coalition.domain.incidents import Facts, Problem, proposed_type
from coalition.domain.scope import Scope, proposed_scope, scope_of
from coalition.i18n import L_, _, labels, ngettext
from coalition.i18n.problems import wording
from coalition.web.forms.incidents import SECTIONS, Section, answered
from coalition.web.locale import url


@dataclass(frozen=True)
class Anchor:
    """A problem, and the way to the control that mends it."""

    text: str
    href: str


@dataclass(frozen=True)
class Task:
    """One section in the list of sections."""

    label: str
    url: str
    state: str
    """complete, missing or optional, as the component of task lists knows them."""
    current: bool = False


@dataclass(frozen=True)
class Standing:
    """What is in sight beside every section."""

    tasks: tuple[Task, ...]
    missing: tuple[Anchor, ...]
    """What has to be mended before it can be submitted to the coordinator."""
    for_odihr: tuple[Anchor, ...]
    """What more ODIHR needs; empty where it lies outside ODIHR's scope."""
    type: str
    scope: str
    outside: bool
    scope_url: str

    @property
    def count(self) -> str:
        """How much is missing, in words."""
        if not self.missing:
            return _("Nothing is missing: it can be submitted to the coordinator.")
        return ngettext(
            "%(num)s answer is needed before you can submit:",
            "%(num)s answers are needed before you can submit:",
            len(self.missing),
        )

    @property
    def follows(self) -> bool:
        """Whether anything follows from the answers yet."""
        return bool(self.type or self.scope)

    def told(self) -> dict[str, Any]:
        """Return what js/standing.js writes into the panel: texts and addresses, no markup."""
        return {
            "texts": {"count": self.count, "type": self.type, "scope": self.scope},
            "lists": {
                name: [{"text": one.text, "href": one.href} for one in problems]
                for name, problems in (("missing", self.missing), ("for_odihr", self.for_odihr))
            },
            "shown": {"for_odihr": bool(self.for_odihr), "follows": self.follows, "scope": bool(self.scope)},
            "outside": self.outside,
            "steps": [task.state for task in self.tasks],
        }


_SCOPES: Mapping[str, str] = {
    Scope.INSIDE: L_("Inside ODIHR’s scope."),
    Scope.NOT_PARTICIPATING_STATE: L_(
        "Outside ODIHR’s scope because it did not happen in an OSCE participating State."
    ),
    Scope.SPEECH_OR_DISCRIMINATION: L_(
        "Outside ODIHR’s scope because all that is ticked is hate speech or discrimination."
    ),
    Scope.NOT_CRIMINAL: L_("Outside ODIHR’s scope because it is not a criminal offence."),
    Scope.NO_BIAS: L_("Outside ODIHR’s scope because nothing indicates bias."),
}


def standing_of(
    reference: str, facts: Facts, problems: tuple[Problem, ...], current: Section | None = None
) -> Standing:
    """Return how a record with these facts and problems stands."""
    outside = scope_of(facts) not in {"", Scope.INSIDE}
    return Standing(
        tasks=tasks(reference, facts, problems, current),
        missing=anchors(reference, problems),
        for_odihr=() if outside else anchors(reference, missing_for_odihr(facts)),
        type=type_in_words(facts),
        scope=scope_in_words(facts),
        outside=outside,
        scope_url=url("incidents.edit", reference=reference, section="check"),
    )


def type_in_words(facts: Facts) -> str:
    """Return under which type the incident counts, and by whose word; empty while nothing says so."""
    if facts.type is None:
        return ""
    kind = labels.label("incident_types", facts.type)
    if not facts.chosen_type:
        return _("Counts under “%(type)s”: that follows from what is ticked.", type=kind)
    proposed = proposed_type(facts.offences)
    if proposed in {None, facts.chosen_type}:
        return _("Counts under “%(type)s”: chosen by a person.", type=kind)
    return _(
        "Counts under “%(type)s”: chosen by a person. From what is ticked follows “%(proposed)s”.",
        type=kind,
        proposed=labels.label("incident_types", proposed or ""),
    )


def scope_in_words(facts: Facts) -> str:
    """Return where the incident lies, by a person's word or else by the rules; empty while too little is known."""
    words = str(_SCOPES.get(scope_of(facts), ""))
    if not facts.chosen_scope:
        return words
    proposed = proposed_scope(facts)
    if proposed in {"", facts.chosen_scope}:
        return _("%(scope)s A person said so.", scope=words)
    return _("%(scope)s A person said so; the answers say: %(proposed)s", scope=words, proposed=str(_SCOPES[proposed]))


def anchors(reference: str, problems: Iterable[Problem]) -> tuple[Anchor, ...]:
    """Return problems in the order of the form, each with the way to what mends it."""
    told = sorted(map(wording, problems), key=lambda words: SECTIONS[words.section].number)
    return tuple(
        Anchor(
            str(words.text),
            url("incidents.edit", reference=reference, section=words.section, check=1, _anchor=words.anchor),
        )
        for words in told
    )


def tasks(
    reference: str, facts: Facts, problems: tuple[Problem, ...], current: Section | None = None
) -> tuple[Task, ...]:
    """Return the sections with how far each is."""

    def state(section: Section) -> str:
        if section.problems(problems):
            return "missing"
        return "complete" if answered(facts, section.kind) else "optional"

    return tuple(
        Task(
            str(section.title),
            url("incidents.edit", reference=reference, section=section.slug),
            state(section),
            section is current,
        )
        for section in SECTIONS.values()
    )
