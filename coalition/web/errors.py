"""What a person sees when something cannot be done: one table from error to status and words."""

import logging
import secrets
from datetime import timedelta

from flask import Flask, Response, current_app, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from coalition import logs
from coalition.domain.errors import (
    CannotLink,
    ChangedMeanwhile,
    CoalitionError,
    Held,
    NotAllowedNow,
    NotApproved,
    NotFound,
    NotPermitted,
    OverBudget,
)
from coalition.domain.throttling import Use
from coalition.i18n import L_, ngettext
from coalition.services import audit
from coalition.web import keeping
from coalition.web.access import current_account, reading, told, wants_json
from coalition.web.contexts import render

_log = logging.getLogger("coalition")

_NOT_FOUND = (
    404,
    L_("This page does not exist"),
    L_("The address may be mistyped, or the page is not for you to see."),
)
_NOT_PERMITTED = (
    403,
    L_("This page is not open to you"),
    L_("Your role does not include it. If it should, ask your coalition’s administrator."),
)
OF_DOMAIN: dict[type[CoalitionError], tuple[int, str, str]] = {
    CannotLink: (
        409,
        L_("These records cannot be counted as one now"),
        L_("One of them has moved on, or is counted with another already. Go back and look at each of them."),
    ),
    NotFound: _NOT_FOUND,
    NotPermitted: _NOT_PERMITTED,
    NotAllowedNow: (
        409,
        L_("This is no longer possible"),
        L_("The incident has moved on since you opened the page. Go back and load it again."),
    ),
    ChangedMeanwhile: (
        409,
        L_("Somebody else saved this incident meanwhile"),
        L_("Nothing was overwritten. Go back, copy what you typed, and open the incident again."),
    ),
    Held: (
        409,
        L_("This incident is locked"),
        L_("It cannot be erased until the organisation’s lead lifts the lock. The incident’s page says why."),
    ),
    NotApproved: (
        409,
        L_("This takes two people"),
        L_("You cannot confirm this one. Somebody else has to, or it was asked for too long ago."),
    ),
}
OF_HTTP: dict[int, tuple[int, str, str]] = {
    400: (400, L_("The request could not be understood"), L_("Go back and try again.")),
    403: _NOT_PERMITTED,
    404: _NOT_FOUND,
    405: (
        405,
        L_("This address cannot be opened like this"),
        L_("Go to the start page and try again from there."),
    ),
    413: (
        413,
        L_("This is too much at once"),
        L_("The form holds more than the site takes. Shorten the texts and send it again."),
    ),
}
_EXPIRED = (
    400,
    L_("The form has expired"),
    L_("For your safety a form is only good for one sign-in. Go back, load the page again and send it once more."),
)


TOO_OFTEN = {
    Use.READ: L_("You have opened very many records within an hour"),
    Use.DOCUMENT: L_("You have had very many files made within an hour"),
    Use.EXPORT: L_("You have taken away very many files within an hour"),
    Use.BEGIN: L_("You have begun very many records within an hour"),
}
"""What somebody is told who did something too often, by what it was."""
_TOO_MANY = 429
_MINUTE = timedelta(minutes=1)


def _page(entry: tuple[int, str, str]) -> Response | tuple[str, int]:
    status, title, text = entry
    if wants_json():
        return told(status, error=str(title))
    return render("errors/error.html", title=str(title), text=str(text)), status


def _of_domain(error: CoalitionError) -> Response | tuple[str, int]:
    return _page(OF_DOMAIN[type(error)])


def _too_often(error: OverBudget) -> Response:
    """Say what was done too often and when to go on; what was typed is kept."""
    account = current_account()
    if account:
        keeping.keep_typed(account)
    minutes = -(-error.wait // _MINUTE)
    text = ngettext(
        "So that nobody copies or floods the records through your account, it pauses here. Go on in %(count)s minute.",
        "So that nobody copies or floods the records through your account, it pauses here. Go on in %(count)s minutes.",
        minutes,
        count=minutes,
    )
    response = make_response(_page((_TOO_MANY, TOO_OFTEN[Use(error.use)], text)))
    response.headers["Retry-After"] = str(minutes * 60)
    return response


def _of_http(error: HTTPException) -> Response | tuple[str, int] | HTTPException:
    entry = OF_HTTP.get(error.code or 500)
    return _page(entry) if entry else error


def _expired(_error: CSRFError) -> Response | tuple[str, int]:
    with reading() as work:
        audit.record_refusal(work, "access.token_refused", "page", request.endpoint or "")
    return _page(_EXPIRED)


def _elsewhere(_error: SecurityError) -> Response:
    """Answer whoever asks for a site that is not here: without an address, no page can be drawn."""
    return Response("400\n", 400, content_type="text/plain; charset=utf-8")


def _failure(error: Exception) -> tuple[str, int]:
    if current_app.testing:
        raise error
    # The page for another error may fail as well; Flask then wraps what happened.
    cause = getattr(error, "original_exception", None) or error
    # The class and place of an error say enough; its message may hold what somebody typed.
    reference = secrets.token_hex(4)
    _log.error("failure %s: %s", reference, logs.place_of(cause))
    return render_template("errors/failure.html", reference=reference), 500


def register(app: Flask) -> None:
    """Handle errors; under test an unexpected one is let through."""
    for kind in OF_DOMAIN:
        app.register_error_handler(kind, _of_domain)
    app.register_error_handler(OverBudget, _too_often)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(SecurityError, _elsewhere)
    app.register_error_handler(InternalServerError, _failure)
    app.register_error_handler(Exception, _failure)
    logs.keep_content_out()
