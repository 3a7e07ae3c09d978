"""What a person sees when something cannot be done: one table from error to status and words."""

import logging
import secrets

from flask import Flask, Response, current_app, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from coalition import logs
from coalition.domain.errors import (
    ChangedMeanwhile,
    CoalitionError,
    Held,
    NotAllowedNow,
    NotApproved,
    NotFound,
    NotPermitted,
)
from coalition.i18n import L_
from coalition.services import audit
from coalition.web.access import reading
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


def _page(entry: tuple[int, str, str]) -> tuple[str, int]:
    status, title, text = entry
    return render("errors/error.html", title=str(title), text=str(text)), status


def _of_domain(error: CoalitionError) -> tuple[str, int]:
    return _page(OF_DOMAIN[type(error)])


def _of_http(error: HTTPException) -> tuple[str, int] | HTTPException:
    entry = OF_HTTP.get(error.code or 500)
    return _page(entry) if entry else error


def _expired(_error: CSRFError) -> tuple[str, int]:
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
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(SecurityError, _elsewhere)
    app.register_error_handler(InternalServerError, _failure)
    app.register_error_handler(Exception, _failure)
    logs.keep_content_out()
