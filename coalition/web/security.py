"""Headers that keep a page to itself."""

from flask import Flask, Response, request, session

from coalition.web.access import current_account, runtime

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def _protect(response: Response) -> Response:
    response.headers.update(HEADERS)
    if runtime().config.https:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint != "static" and (current_account() or session.modified):
        # What a signed-in person saw must not be found on the device afterwards.
        response.headers["Cache-Control"] = "no-store"
    return response


def register(app: Flask) -> None:
    """Set the headers on every response."""
    app.after_request(_protect)
