"""The forms of signing in: name and password, and the code after them."""

from wtforms import HiddenField, PasswordField, StringField

from webui.core.limits import EMAIL, USERNAME
from webui.web.posted.forms import AS_TYPED, PostedForm


class LoginForm(PostedForm):
    """Username or e-mail address, and password; ``next`` is where to go afterwards.

    ``instead`` is the username of the person who is signed in, and is signed out by it.
    """

    username = StringField(
        f"{USERNAME.label} or {EMAIL.label.lower()}",
        render_kw={**AS_TYPED, "autocomplete": "username", "inputmode": "email"},
    )
    password = PasswordField("Password", render_kw={**AS_TYPED, "autocomplete": "current-password"})
    next = HiddenField()
    instead = HiddenField()


class CodeForm(PostedForm):
    """The code after the password; ``next`` as in the sign-in form."""

    code = StringField("Code", render_kw=AS_TYPED)
    next = HiddenField()
