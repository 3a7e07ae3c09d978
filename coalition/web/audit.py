"""The log of who did what, for the auditor."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.i18n import L_
from coalition.i18n.acts import act_in_words, subject_in_words
from coalition.services import audit
from coalition.services.audit import EntryView, Verdict
from coalition.web.access import reading, requires
from coalition.web.contexts import render
from coalition.web.forms.audit import LogForm
from coalition.web.locale import url
from coalition.web.query import page_asked

blueprint = Blueprint("audit", __name__)

FAULTS = {
    "missing": L_("Entry %(number)s is missing."),
    "altered": L_("Entry %(number)s is not what was written, or not in its place."),
    "cut_off": L_("Entries were cut off: number %(number)s is not the one that was there."),
}
"""What is wrong with the log, by the code of its fault."""
_NO_PERSON = {"operator": L_("Command line"), "nobody": L_("A visitor")}


def _person(actor: str, name: str) -> str:
    return str(_NO_PERSON.get(actor, name or actor))


@dataclass(frozen=True)
class LogLine:
    """One entry with who did it and what is said of it, in words."""

    entry: EntryView
    who: str
    said: str


def _said(details: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in details.items())


@blueprint.get("/log")
@requires(Permission.READ_AUDIT)
def log() -> str:
    """Show the log, the newest entry first."""
    return _page(None)


@blueprint.route("/log/check", methods=["GET", "POST"])
@requires(Permission.READ_AUDIT)
def verify() -> str | Response:
    """Check the whole log, and say what came of it; whoever comes by a link is led to the log."""
    if request.method == "GET":
        return redirect(url("audit.log"))
    with reading() as work:
        verdict = audit.verify_log(work)
    return _page(verdict)


def _page(verdict: Verdict | None) -> str:
    with reading() as work:
        actions, people = audit.log_actions(work), audit.log_actors(work)
        people = {actor: _person(actor, name) for actor, name in people.items()}
        form = LogForm.of(request.args, {code: act_in_words(code) for code in actions}, people)
        found = audit.read_log(work, actions=form.actions, actor=form.actor, page=page_asked())
    kept = {"action": form.action.data or None, "who": form.who.data or None}
    lines = [LogLine(entry, _person(entry.actor, entry.name), _said(entry.details)) for entry in found.entries]
    return render(
        "audit/log.html",
        form=form,
        found=found,
        lines=lines,
        act=act_in_words,
        subject=subject_in_words,
        verdict=verdict,
        fault=str(FAULTS[verdict.fault.code]) % {"number": verdict.fault.number} if verdict and verdict.fault else "",
        earlier_url=url("audit.log", page=found.number - 1, **kept) if found.number > 1 else None,
        later_url=url("audit.log", page=found.number + 1, **kept) if found.number < found.pages else None,
    )
