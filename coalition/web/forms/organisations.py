"""Forms about member organisations."""

from collections.abc import Sequence

from wtforms import Field, StringField, TextAreaField, URLField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from coalition.i18n import L_, _
from coalition.web.forms.base import Form

_ABOUT_LENGTH = 600


class OrganisationForm(Form):
    """A member organisation; one name and one description per language of the site are added by `in_languages`."""

    code = StringField(
        L_("Short code"),
        [
            InputRequired(L_("Enter a short code")),
            Regexp(
                r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}\Z",
                message=L_("Use only letters A–Z, digits, hyphens or underscores, at most 40"),
            ),
        ],
        description=L_("Letters A–Z, digits, hyphens or underscores, at most 40. It cannot be changed later."),
    )
    name = StringField(L_("Name"), [DataRequired(L_("Enter a name")), Length(max=200)])
    website = URLField(
        L_("Website"),
        [
            Optional(),
            Regexp(r"https?://[^\s<>\"]+\Z", message=L_("Enter an address that begins with https://")),
        ],
    )

    @classmethod
    def in_languages(cls, languages: Sequence[tuple[str, str]]) -> "type[OrganisationForm]":
        """Return the form with a name and a description for each (code, native name)."""
        fields: dict[str, Field] = {}
        for code, native in languages:
            fields[f"name_{code}"] = StringField(
                _("Name (%(language)s)", language=native), [Optional(), Length(max=200)]
            )
            fields[f"about_{code}"] = TextAreaField(
                _("For the public (%(language)s)", language=native),
                [Optional(), Length(max=_ABOUT_LENGTH)],
                description=_("One or two sentences: whom you help and how to reach you."),
                render_kw={"rows": 4},
            )
        return type("OrganisationForm", (cls,), fields)

    def texts(self, prefix: str) -> dict[str, str]:
        """Return the filled fields of a prefix by language code."""
        found = {
            name.removeprefix(prefix): field.data for name, field in self._fields.items() if name.startswith(prefix)
        }
        return {code: text for code, text in found.items() if text}
