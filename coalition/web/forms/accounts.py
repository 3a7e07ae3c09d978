"""Forms about signing in and about people."""

from wtforms import EmailField, HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length

from coalition.i18n import L_
from coalition.web.forms.base import Form

_REQUIRED_EMAIL = L_("Enter the e-mail address")


class SignInForm(Form):
    """Who are you?"""

    email = EmailField(
        L_("E-mail address"),
        [InputRequired(_REQUIRED_EMAIL)],
        render_kw={"autocomplete": "username", "inputmode": "email", "spellcheck": "false"},
    )
    password = PasswordField(
        L_("Password"),
        [InputRequired(L_("Enter the password"))],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


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
        description=L_("At least 12 characters. Several words in a row are good and easy to remember."),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        L_("New password again"),
        [EqualTo("new", L_("The two passwords are not the same"))],
        render_kw={"autocomplete": "new-password"},
    )


class PersonForm(Form):
    """A new person."""

    name = StringField(
        L_("Name"), [DataRequired(L_("Enter a name")), Length(max=200)], render_kw={"autocomplete": "off"}
    )
    email = EmailField(
        L_("E-mail address"),
        [InputRequired(_REQUIRED_EMAIL), Length(max=254)],
        render_kw={"autocomplete": "off"},
    )
    role = SelectField(L_("Role"), [InputRequired(L_("Choose a role"))])
    organisation = SelectField(
        L_("Organisation"),
        description=L_("A case worker and an organisation lead belong to one."),
        validate_choice=True,
    )
