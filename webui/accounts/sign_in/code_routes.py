"""The second step of sign-in; no session exists yet."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from webui.accounts.sessions import known_devices, sessions
from webui.accounts.sign_in import authentication, code_page, pending_sign_in, sign_in_response
from webui.accounts.sign_in.forms import CodeForm
from webui.core.permissions import public
from webui.rate_limits import throttle
from webui.web import request_actor, retry_after
from webui.web.htmx import go_to
from webui.web.navigation import safe_next
from webui.web.posted.csrf import shows_again

bp = Blueprint("codes", __name__)
# The longest code is a recovery code with its dashes.
_LONGEST = 100


@bp.get("/login/code")
@public
def page() -> Response | str:
    """The code form; without a checked password a redirect to the sign-in page."""
    target = safe_next(request.args.get("next"))
    step = pending_sign_in.pending()
    if step is None:
        return redirect(url_for("accounts.login", next=target), 303)
    return code_page.form_again(CodeForm(formdata=None, next=target or ""), step)


@bp.post("/login/code")
@public
@shows_again(code_page.after_token_failed)
def enter() -> Any:
    """Starts the session when the code is correct; 422 when it is not, 429 after too many."""
    form, step = CodeForm(), pending_sign_in.pending()
    target = safe_next(form.next.data)
    if step is None:
        return go_to(url_for("accounts.login", next=target))
    sent = request.form.getlist("code")
    code = sent[0][:_LONGEST] if len(sent) == 1 else ""
    try:
        result = authentication.enter_code(
            step,
            code,
            request_actor.person(None, None, None),
            sessions.current_hash(),
            known_devices.mark_for,
        )
    except throttle.TooMany as refusal:
        words = retry_after.wait_in_words(refusal)
        return retry_after.too_many(code_page.form_again(form, step, words), refusal)
    if result.token and result.user:
        return sign_in_response.complete_sign_in(result.token, result.user, target, step.again)
    if not result.needs_code:
        # Password changed, account disabled or blocked meanwhile: start again.
        pending_sign_in.end_pending()
        return go_to(url_for("accounts.login", next=target))
    return code_page.refused(form, step)
