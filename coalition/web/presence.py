"""Whether somebody is still there: what the scripts of a page ask about its session, and how to stay signed in."""

from flask import Blueprint, Response
from flask_wtf.csrf import generate_csrf

from coalition.domain.access import Permission
from coalition.domain.authentication import Stage
from coalition.services.sign_in import steps
from coalition.web.access import current_session, public, reading_for, requires, time_left, told

blueprint = Blueprint("presence", __name__)


@blueprint.get("/session")
@public
def state() -> Response:
    """Say how far the sign-in has come, whose it is, and how long it lasts; asking keeps nobody signed in.

    The form's token is told too: a page that signs somebody in again goes on with the one that is good now.
    """
    present = current_session()
    stage = present.stage.value if present else ""
    answer: dict[str, object] = {"stage": stage, "left": _seconds(), "token": generate_csrf()}
    if present and present.stage is Stage.OPEN:
        answer["account"] = present.account.reference
    if present and present.stage is Stage.SECOND_STEP:
        with reading_for(present.account) as work:
            kinds = steps(work)
        answer |= {"app": kinds.app, "passkey": kinds.passkey}
    return told(200, **answer)


@blueprint.post("/session")
@requires(Permission.OWN_ACCOUNT)
def stay() -> Response:
    """Stay signed in: somebody is there."""
    return told(200, left=_seconds())


def _seconds() -> int:
    return int(time_left().total_seconds())
