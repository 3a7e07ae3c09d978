"""Forms about signing in: the password, the second step, showing once more who one is."""

from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from coalition.i18n import L_
from coalition.web.forms.base import Form

LENGTH = L_("At least 12 characters. Several words in a row are good and easy to remember.")
_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
_LONGEST_CODE = 100


class Carrying(Form):
    """What every step of a sign-in hands to the next: where to go on, and what was typed there."""

    next = HiddenField()
    carried = HiddenField()


class SignInForm(Carrying):
    """Who are you?"""

    email = EmailField(
        L_("E-mail address"),
        [InputRequired(L_("Enter the e-mail address"))],
        render_kw={"autocomplete": "username webauthn", "inputmode": "email", "spellcheck": "false"},
    )
    password = PasswordField(
        L_("Password"),
        [InputRequired(L_("Enter the password"))],
        render_kw={"autocomplete": "current-password"},
    )


class CodeForm(Carrying):
    """The code of an app."""

    code = StringField(
        L_("Code from your app"),
        [InputRequired(L_("Enter the six digits that your app shows")), Length(max=_LONGEST_CODE)],
        description=L_("Six digits. Your app shows new ones every half minute."),
        render_kw={**_CODE, "autofocus": True},
    )


class RecoveryForm(Carrying):
    """One of the codes that were printed."""

    recovery = StringField(
        L_("Recovery code"),
        [InputRequired(L_("Enter a recovery code")), Length(max=_LONGEST_CODE)],
        description=L_("One of the ten that you were given. Each is good once."),
        render_kw={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"},
    )


class ConfirmForm(Carrying):
    """The password once more."""

    password = PasswordField(
        L_("Password"),
        [InputRequired(L_("Enter the password"))],
        render_kw={"autocomplete": "current-password"},
    )


class ConfirmWithCodeForm(ConfirmForm):
    """The password and the app's code once more."""

    code = StringField(
        L_("Code from your app"),
        [InputRequired(L_("Enter the six digits that your app shows")), Length(max=_LONGEST_CODE)],
        render_kw=_CODE,
    )


class ConfirmWithRecoveryForm(ConfirmForm):
    """The password and a recovery code: for whoever has a passkey only, and not at hand."""

    code = StringField(
        L_("Recovery code"),
        [InputRequired(L_("Enter a recovery code")), Length(max=_LONGEST_CODE)],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )


class LinkForm(Form):
    """A password for whoever opened a one-time link."""

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
