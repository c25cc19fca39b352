"""The sign-in form again, with an error."""

from flask import current_app, render_template

from webui.accounts.sign_in.forms import LoginForm
from webui.web.htmx import htmx_place, wants_fragment


def again(form: LoginForm, error: str | None, blocked: bool = False) -> str:
    """Renders the page or, for htmx, the form; ``blocked`` only after correct credentials."""
    return render_template(
        "accounts/_sign_in_again.html" if wants_fragment() else "accounts/login.html",
        form=form,
        error=error,
        blocked=blocked,
        contact=current_app.extensions["webui_config"].support_contact,
        place=htmx_place(),
    )
