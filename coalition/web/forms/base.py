"""What every form shares: outer spaces are cut, the library's messages come from our catalogues."""

from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from flask_wtf import FlaskForm
from wtforms import Field, FieldList, FormField

from coalition.i18n import _

if TYPE_CHECKING:
    from wtforms.fields.core import UnboundField


INVALID = 422
"""The status of a page that shows a form again with its errors."""


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

        def get_translations(self, form: Any) -> _Messages:  # noqa: ANN401, ARG002
            """Return our catalogues."""
            return _Messages()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on as they are
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
