"""The sign-in form."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField

from webui.limits import USERNAME


class LoginForm(FlaskForm):
    """Username and password; ``next`` is where to go afterwards."""

    username = StringField(
        USERNAME.label,
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField("Password", render_kw={"autocomplete": "current-password"})
    next = HiddenField()
