"""The sign-in form once more, with what went wrong."""

from flask import current_app, render_template

from webui.accounts.sign_in.forms import LoginForm
from webui.web.htmx import htmx_place, wants_fragment


def again(form: LoginForm, error: str | None, blocked: bool = False) -> str:
    """The page or, by htmx, the form in place; ``blocked`` is told after a right sign-in only."""
    return render_template(
        "accounts/_sign_in_again.html" if wants_fragment() else "accounts/login.html",
        form=form,
        error=error,
        blocked=blocked,
        contact=current_app.extensions["webui_config"].support_contact,
        place=htmx_place(),
    )
