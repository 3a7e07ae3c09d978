"""Headers that keep a page to itself. They stand on every answer: pages, files, redirects, errors and failures.

The site asks nothing of a browser but to show pages of its own, so everything that can be switched off is.
"""

from typing import Final

from flask import Flask, Response, request, session

from coalition.web.access import runtime

_OWN = "'self'"
_NOTHING = "'none'"
_SOURCES: Final = {
    "default-src": _NOTHING,
    "script-src": _OWN,
    "style-src": _OWN,
    "img-src": _OWN,
    "font-src": _OWN,
    "connect-src": _OWN,
    "form-action": _OWN,
    "base-uri": _NOTHING,
    "object-src": _NOTHING,
    "frame-ancestors": _NOTHING,
    # No script of ours turns text into markup, so a browser may refuse every attempt.
    "require-trusted-types-for": "'script'",
    "trusted-types": _NOTHING,
}
CONTENT_SECURITY_POLICY: Final = "; ".join(f"{name} {source}" for name, source in _SOURCES.items())

_SWITCHED_OFF: Final = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "clipboard-read",
    "compute-pressure",
    "cross-origin-isolated",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "keyboard-map",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "sync-xhr",
    "unload",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
_FOR_OURSELVES: Final = ("publickey-credentials-create", "publickey-credentials-get")
"""What signing in with a passkey needs."""
PERMISSIONS_POLICY: Final = ", ".join(
    [*(f"{feature}=()" for feature in _SWITCHED_OFF), *(f"{feature}=(self)" for feature in _FOR_OURSELVES)]
)

HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Browsers that know no frame-ancestors.
    "X-Frame-Options": "DENY",
    # Not "no-referrer": over HTTPS the check of the token also wants a form to name the page it was on.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "X-Permitted-Cross-Domain-Policies": "none",
}
STRICT_TRANSPORT: Final = "max-age=63072000; includeSubDomains"
"""Two years of HTTPS and nothing else. Without `preload`: what a browser maker's list does to a domain is the owner's
decision."""
CLEAR_ON_SIGN_OUT: Final = '"cache", "storage"'
"""What a browser throws away when somebody signs out. The cookie is emptied by its own header: naming "cookies" here
would take away the message that says so."""
_SIGN_OUT: Final = "sign_in.sign_out"
FILE_POLICY: Final = "sandbox; default-src 'none'"
"""Of a file that somebody sent: even a browser that shows it instead of keeping it runs and loads nothing for it."""


def _protect(response: Response) -> Response:
    is_file = response.headers.get("Content-Security-Policy") == FILE_POLICY
    response.headers.update(HEADERS)
    if is_file:
        response.headers["Content-Security-Policy"] = FILE_POLICY
    if runtime().config.https:
        response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    # Nothing is asked of the database here: the headers also stand on the page that says it cannot be reached.
    if request.endpoint != "static" and (session or session.modified):
        # What a signed-in person saw, and the token of a form, must not be found on the device afterwards.
        response.headers["Cache-Control"] = "no-store"
    if request.endpoint == _SIGN_OUT and request.method == "POST":
        response.headers["Clear-Site-Data"] = CLEAR_ON_SIGN_OUT
    return response


def register(app: Flask) -> None:
    """Set the headers on every response."""
    app.after_request(_protect)
