"""Forms about people and one's own account."""

from wtforms import EmailField, HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length

from coalition.i18n import L_
from coalition.web.forms.base import Form
from coalition.web.forms.sign_in import LENGTH, Carrying

_REQUIRED_EMAIL = L_("Enter the e-mail address")


class PasswordForm(Form):
    """A new password for oneself."""

    present = PasswordField(
        L_("Present password"),
        [InputRequired(L_("Enter your present password"))],
        render_kw={"autocomplete": "current-password"},
    )
    new = PasswordField(
        L_("New password"),
        [InputRequired(L_("Enter a new password"))],
        description=LENGTH,
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        L_("New password again"),
        [EqualTo("new", L_("The two passwords are not the same"))],
        render_kw={"autocomplete": "new-password"},
    )


class EditPersonForm(Form):
    """A person who is there already."""

    name = StringField(
        L_("Name"), [DataRequired(L_("Enter a name")), Length(max=200)], render_kw={"autocomplete": "off"}
    )
    role = SelectField(
        L_("Role"),
        [InputRequired(L_("Choose a role"))],
        description=L_(
            "What takes something away holds at once and ends the person’s sessions. What opens something new waits "
            "until somebody else has confirmed it."
        ),
    )
    organisation = SelectField(
        L_("Organisation"),
        description=L_("A case worker and an organisation lead belong to one."),
        validate_choice=True,
    )
    affiliation = SelectField(
        L_("Reviews for the coalition, and comes from"),
        description=L_(
            "Of a coordinator only. They never decide alone on this organisation’s incidents. Once it is chosen, only "
            "the command line changes it."
        ),
        validate_choice=True,
    )


class PersonForm(EditPersonForm):
    """A new person."""

    email = EmailField(
        L_("E-mail address"),
        [InputRequired(_REQUIRED_EMAIL), Length(max=254)],
        render_kw={"autocomplete": "off"},
    )
    role = SelectField(L_("Role"), [InputRequired(L_("Choose a role"))])


class AppForm(Carrying):
    """The first code of a new app."""

    name = StringField(
        L_("What do you call this device?"),
        [Length(max=200)],
        description=L_("So that you know it again on your list."),
        render_kw={"autocomplete": "off"},
    )
    code = StringField(
        L_("Code from your app"),
        [InputRequired(L_("Enter the six digits that your app shows")), Length(max=20)],
        description=L_("Six digits. Your app shows new ones every half minute."),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"},
    )


class PasskeyForm(Carrying):
    """A new passkey."""

    name = StringField(
        L_("What do you call this device?"),
        [Length(max=200)],
        description=L_("So that you know it again on your list."),
        render_kw={"autocomplete": "off"},
    )
    passkey = HiddenField()
