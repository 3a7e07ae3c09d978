"""Files that somebody sends: how much is taken before anything is read, and that none of it lies on a disk in clear.

A page takes files only where its view says so, and only from somebody who may send them: for the application, everybody
else's request ends at the size of a form. A server that takes a request in before the application is asked, as that of
`coalition serve`, asks `may_send_much` first, which knows no account: the path and a cookie of somebody who has signed
in are enough for it. What is sent is spooled into `coalition.spool`, whatever the page.
"""

from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Final, TypeVar, cast

from flask import Flask, Request, current_app, request
from itsdangerous import BadSignature
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_cookie

from coalition.domain.access import Permission
from coalition.domain.evidence import AT_ONCE, MEGABYTE
from coalition.spool import SealedSpool
from coalition.web.access import access_of, may, names_session
from coalition.web.locale import site_settings

if TYPE_CHECKING:
    from flask.sessions import SecureCookieSessionInterface

View = TypeVar("View", bound=Callable[..., object])
_MARK: Final = "takes_files"


class SealedRequest(Request):
    """A request whose files are sealed while they arrive."""

    most_of_file: int | None = None
    """Bytes of one file that are kept, where the page takes files."""

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002 - Werkzeug's signature
        content_type: str | None,  # noqa: ARG002 - as above
        filename: str | None = None,  # noqa: ARG002 - as above
        content_length: int | None = None,  # noqa: ARG002 - as above
    ) -> IO[bytes]:
        """Give Werkzeug, which would write what is larger than 500 KB to a disk as it is, a place to put a file."""
        return SealedSpool(self.most_of_file)  # type: ignore[return-value] # a binary file by its behaviour


def takes_files(largest: Callable[[], int]) -> Callable[[View], View]:
    """Mark a view as one that takes files of up to so many bytes each."""

    def marked(view: View) -> View:
        setattr(view, _MARK, largest)
        return view

    return marked


def largest_file() -> int:
    """Return the most bytes of one file of evidence, as the coalition allows."""
    return site_settings().evidence_megabytes * MEGABYTE


def sent_files(name: str) -> list[FileStorage]:
    """Return the files that were chosen in a field; a field in which nothing was chosen sends one without a name."""
    return [file for file in request.files.getlist(name) if file.filename]


def may_send_much(app: Flask, method: str, path: str, cookies: str) -> bool:
    """Tell from the head of a request, without the database, whether it may be larger than a form.

    It has to be for a page that takes files, with a cookie that this site has signed for somebody signed in. Whether
    that session goes on, and what they may, the application asks when the request has come.
    """
    try:
        endpoint, _arguments = app.url_map.bind("").match(path.encode("latin-1").decode(errors="replace"), method)
    except HTTPException:
        return False
    return getattr(app.view_functions.get(endpoint), _MARK, False) and _has_signed_in(app, cookies)


def _has_signed_in(app: Flask, cookies: str) -> bool:
    sessions = cast("SecureCookieSessionInterface", app.session_interface)
    serializer = sessions.get_signing_serializer(app)
    if serializer is None:
        return False
    try:
        cookie = parse_cookie(cookies).get(str(app.config["SESSION_COOKIE_NAME"]), "")
        kept = serializer.loads(cookie, max_age=int(app.permanent_session_lifetime.total_seconds()))
    except (BadSignature, UnicodeError):
        return False
    return names_session(kept)


def _make_room() -> None:
    """Let a request be larger than a form before anybody has read it, where that is for this page and this person."""
    view = current_app.view_functions.get(request.endpoint or "")
    largest: Callable[[], int] | None = getattr(view, _MARK, None)
    if largest is None or not isinstance(request, SealedRequest):
        return
    mark = access_of(current_app, request.endpoint or "")
    if mark is not None and may(Permission(mark)):
        # One byte more than is allowed is kept, so that whoever looks at the file sees that it is too large.
        most = largest()
        request.most_of_file = most + 1
        request.max_content_length = AT_ONCE * most + (request.max_content_length or 0)


def register(app: Flask) -> None:
    """Ask before anything reads a request: call it before whatever looks for the token of a form."""
    app.request_class = SealedRequest
    app.before_request(_make_room)
