"""What in a public description may give a person away, told while it is typed."""

from dataclasses import asdict
from typing import cast

from flask import Blueprint, Response, jsonify

from coalition.domain.access import Permission
from coalition.domain.errors import NotAllowedNow
from coalition.services import incidents
from coalition.web.access import reading, requires
from coalition.web.forms.incidents import SECTIONS
from coalition.web.forms.incidents.describing import Checked, DescriptionsForm, Row
from coalition.web.locale import site_settings

blueprint = Blueprint("descriptions", __name__)


@blueprint.post("/incidents/<reference>/descriptions/check")
@requires(Permission.AMEND_INCIDENT)
def check(reference: str) -> Response:
    """Tell what of the typed descriptions is flagged; nothing is kept, and nothing else of the record is told."""
    with reading() as work:
        incident = incidents.incident_to_type(work, reference)
    if not incident.may_amend:
        raise NotAllowedNow("save", incident.state)
    form = cast("DescriptionsForm", SECTIONS["descriptions"].form(site_settings(), incident.facts, incident.version))
    return jsonify({text.language: _told(text) for text in form.checked})


def _told(text: Checked) -> dict[str, object]:
    """Return what the page shows under a text, in the words of the reader's language."""
    return {
        "words": text.words,
        "length": text.length,
        "long": text.too_long,
        "state": text.state,
        "open": text.open,
        "flags": [{"kind": flag.kind.value, "start": flag.start, "end": flag.end} for flag in text.flags],
        "pieces": [asdict(piece) for piece in text.pieces],
        "rows": [_control(row) for row in text.rows],
    }


def _control(row: Row) -> dict[str, object]:
    return {
        "text": row.text,
        "open": row.open,
        "hint": row.hint,
        "label": row.form.reason.label.text,
        "reason": row.form.reason.data or "",
        "name": row.form.reason.name,
        "text_name": row.form.text.name,
    }
