"""What every form shares: outer spaces are cut, the library's messages come from our catalogues."""

import re
from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from flask import g, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field, FieldList, FormField

from coalition.i18n import _

if TYPE_CHECKING:
    from wtforms.fields.core import UnboundField


_WITH_FIELDS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
INVALID = 422
"""The status of a page that shows a form again with its errors."""
_NO_TEXT: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF))
    + "]"
)
"""Control characters but tab and line feed, halves of characters, and what Unicode says is never one."""


def clean(text: str) -> str:
    """Give text one kind of line break and leave out what is no text, and what HTML, XLSX or PostgreSQL refuse."""
    return _NO_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


class Typed(MultiDict[str, str]):
    """What was sent, cleaned: no field of any form sees anything else, and no page shows anything else again."""

    @classmethod
    def of(cls, sent: MultiDict[str, str]) -> "Typed":
        """Clean what was sent; what is clean already stays as it is."""
        return sent if isinstance(sent, cls) else cls([(name, clean(text)) for name, text in sent.items(multi=True)])


def _strip(value: Any) -> Any:  # noqa: ANN401 - whatever a field holds
    return value.strip() if isinstance(value, str) else value


class _Messages:
    """WTForms' own few messages, through our catalogues."""

    def gettext(self, text: str) -> str:
        """Translate a message of the library."""
        return _(text)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Translate a message of the library that counts."""
        return _(singular if number == 1 else plural)


class Form(FlaskForm):
    """Base of every form."""

    class Meta(FlaskForm.Meta):
        """How fields are bound."""

        def bind_field(
            self,
            form: Any,  # noqa: ANN401 - whatever wtforms passes
            unbound_field: "UnboundField[Any]",
            options: MutableMapping[str, Any],
        ) -> Any:  # noqa: ANN401 - a field
            """Cut outer spaces of every text, except in passwords and in groups of fields."""
            filters: list[Callable[[Any], Any]] = list(unbound_field.kwargs.get("filters", ()))
            if not issubclass(unbound_field.field_class, FieldList | FormField) and _is_text(unbound_field):
                filters.append(_strip)
                options = {**options, "filters": filters}
            return unbound_field.bind(form=form, **options)

        def wrap_formdata(self, form: Any, formdata: Any) -> Typed | None:  # type: ignore[override] # noqa: ANN401, ARG002
            """Take the fields of a sent form, cleaned."""
            return Typed.of(formdata) if isinstance(formdata, MultiDict) and formdata else None

        def get_translations(self, form: Any) -> _Messages:  # noqa: ANN401, ARG002
            """Return our catalogues."""
            return _Messages()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on as they are
        if not args and "formdata" not in kwargs:
            # The fields of a form and nothing else: the library would also take a body of JSON, or files, for fields.
            # What was kept of a form that could not be saved is shown in its place (`web.keeping`).
            kwargs["formdata"] = request.form if request.method in _WITH_FIELDS else g.get("typed_again")
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call] # flask-wtf carries no types

    def validate_on_submit(self, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401 - passed on as they are
        """Tell whether the form was sent and is valid."""
        return bool(super().validate_on_submit(*args, **kwargs))  # type: ignore[no-untyped-call] # as above

    @property
    def status(self) -> int:
        """The status of the page that shows the form: asked for, or shown again because it was not taken."""
        return INVALID if self.is_submitted() else 200  # type: ignore[no-untyped-call] # as above


def _is_text(field: "UnboundField[Any]") -> bool:
    from_class: str = getattr(field.field_class, "__name__", "")
    return "Password" not in from_class


def add_error(field: Field, text: str) -> None:
    """Put an error that a rule found beside a field."""
    field.errors = [*field.errors, text]
