"""The page between password and session: a code, a passkey or a recovery code."""

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from webui.accounts.factors import factors
from webui.accounts.sign_in import pending_sign_in
from webui.accounts.sign_in.forms import CodeForm
from webui.web.htmx import go_to, htmx_place, wants_fragment
from webui.web.navigation import safe_next

WRONG = "This code is wrong, too old or was used before. Wait for the next one and try again."


def ask_for_code(target: str | None) -> Response:
    """After the correct password: redirects to the code page, or puts the code form in place."""
    target = safe_next(target) or ""
    step = pending_sign_in.pending()
    if wants_fragment() and step and step.again:
        return make_response(form_again(CodeForm(formdata=None, next=target), step))
    return go_to(url_for("codes.page", next=target or None))


def form_again(
    form: CodeForm, step: pending_sign_in.PendingSignIn, error: str | None = None
) -> str:
    """Renders the form with an error."""
    fragment = wants_fragment()
    has = factors.factors_of(step.user_id)
    return render_template(
        "accounts/_code_again.html" if fragment else "accounts/code.html",
        form=form,
        error=error,
        has=has,
        by_recovery=request.args.get("with") == "recovery" or not has.authenticator,
        place=htmx_place(),
    )
