"""What was typed and could not be saved: kept on the server for its person, and shown to them again.

Nothing of it is written into a page that somebody else may see, into an address or into the browser's storage.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask import current_app, g, request
from werkzeug.datastructures import MultiDict

from coalition.services import kept_forms
from coalition.services.account_views import AccountView
from coalition.services.kept_forms import KeptView
from coalition.services.work import Work, reading, unit_of_work
from coalition.web.forms.base import clean

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""The methods that send a form."""
_KEEPS_NO_FORM = frozenset({"sign_in", "invitations", "factors", "sessions", "presence"})
"""Where nothing that is typed is kept: it says who somebody is, or is not worth doing again a day later."""
_ONLY_ASKS = frozenset({"incidents.consider"})
"""What a script asks with what is typed; the form itself is sent elsewhere."""
SHOWN_BY_THEIR_PAGES = frozenset({"incidents.save", "incidents.begin"})
"""Forms whose page itself shows what was kept; every other one is offered to be sent again."""


def form_name(endpoint: str | None, parts: Mapping[str, object] | None) -> str:
    """Return what a form is kept under: where it is sent, and what that address names."""
    # References are the same in small letters and in capitals.
    return " ".join(
        [endpoint or "", *(f"{name}={str(value).upper()}" for name, value in sorted((parts or {}).items()))]
    )


def _here() -> str:
    return form_name(request.endpoint, request.view_args)


def keep_typed(owner: AccountView, endpoint: str | None = None, **parts: object) -> bool:
    """Keep what was sent in this request for its person, or as what would be sent to an endpoint; tells whether.

    Files are not kept: they lie on the device, and a page that is still open there has them.
    """
    if request.blueprint in _KEEPS_NO_FORM or request.endpoint in _ONLY_ASKS or request.method not in CHANGING:
        return False
    form = form_name(endpoint, parts) if endpoint else _here()
    reference = str((parts if endpoint else request.view_args or {}).get("reference", ""))
    typed = [(clean(name), clean(value)) for name, value in request.form.items(multi=True)]
    with unit_of_work(current_app.extensions["coalition"], owner.actor) as work:
        kept_forms.keep_form(work, form, reference, typed)
    g.typed_is_kept = True
    return True


def typed_is_kept() -> bool:
    """Tell whether what was sent in this request waits for its person."""
    return bool(g.get("typed_is_kept", False))


def saved(work: Work) -> None:
    """Forget what was kept of the form that this request sends: its change is made."""
    if request.method in CHANGING:
        kept_forms.forget_form(work, _here())


def forget(work: Work, endpoint: str, **parts: object) -> None:
    """Forget what was kept of the form that is sent to an endpoint."""
    kept_forms.forget_form(work, form_name(endpoint, parts))


def kept_of(owner: AccountView, endpoint: str, **parts: object) -> KeptView | None:
    """Return what is kept for a person of the form that is sent to an endpoint."""
    with reading(current_app.extensions["coalition"], owner.actor) as work:
        return kept_forms.kept_form(work, form_name(endpoint, parts))


@contextmanager
def typed_again(kept: KeptView | None) -> Iterator[None]:
    """Have the form that is made inside show what was kept of it, as if it had just been sent."""
    g.typed_again = MultiDict(list(kept.fields)) if kept else None
    try:
        yield
    finally:
        g.pop("typed_again", None)
