"""The page between password and session: a code, a passkey or a recovery code."""

from flask import make_response, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webui.accounts.factors import factors
from webui.accounts.sign_in import pending_sign_in, sign_in_page
from webui.accounts.sign_in.forms import CodeForm, LoginForm
from webui.web.htmx import go_to, htmx_place, wants_fragment
from webui.web.navigation import safe_next

TOO_OLD = "This page was too old. Enter the code again."
WRONG = "This code is wrong, too old or was used before. Wait for the next one and try again."
WRONG_RECOVERY = "This recovery code is wrong or was used before. Check it, or use another one."


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
    """Renders the form, with ``error`` in words."""
    fragment = wants_fragment()
    has = factors.factors_of(step.user_id)
    return render_template(
        "accounts/_code_again.html" if fragment else "accounts/code.html",
        form=form,
        error=error,
        has=has,
        by_recovery=_by_recovery(has),
        place=htmx_place(),
    )


def refused(form: CodeForm, step: pending_sign_in.PendingSignIn) -> Response:
    """422: the form again after a wrong code, of the kind that was asked for."""
    recovery = _by_recovery(factors.factors_of(step.user_id))
    return make_response(form_again(form, step, WRONG_RECOVERY if recovery else WRONG), 422)


def _by_recovery(has: factors.Factors) -> bool:
    return request.args.get("with") == "recovery" or not has.authenticator


def after_token_failed() -> Response:
    """Answers a form whose token is missing or too old; whoever is signed in meanwhile goes on."""
    form, step = CodeForm(), pending_sign_in.pending()
    target = safe_next(form.next.data)
    if step:
        return make_response(form_again(form, step, TOO_OLD), 400)
    if current_user.is_authenticated:
        return go_to(url_for("accounts.login", next=target))
    login = LoginForm(formdata=None, next=target or "")
    return make_response(sign_in_page.again(login, sign_in_page.TOO_OLD), 400)
