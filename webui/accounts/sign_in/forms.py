"""The forms of signing in: username and password, and the code after them."""

from wtforms import HiddenField, PasswordField, StringField

from webui.core.limits import USERNAME
from webui.web.posted.forms import PostedForm


class LoginForm(PostedForm):
    """Username and password; ``next`` is where to go afterwards."""

    username = StringField(
        USERNAME.label,
        render_kw={
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
        },
    )
    password = PasswordField("Password", render_kw={"autocomplete": "current-password"})
    next = HiddenField()


class CodeForm(PostedForm):
    """The code after the password; ``next`` as in the sign-in form."""

    code = StringField("Code")
    next = HiddenField()
