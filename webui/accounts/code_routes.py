"""The second step of signing in, where no session opens anything yet."""

from typing import Any

from flask import Blueprint, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from webui import origin
from webui.accounts import (
    arrival,
    devices,
    half,
    second_step,
    sessions,
    signing_in,
    throttle,
    waits,
)
from webui.accounts.forms import CodeForm
from webui.htmx import go_to
from webui.navigation import safe_next
from webui.permissions import public

bp = Blueprint("codes", __name__)
# The longest code is a recovery code with its dashes.
_LONGEST = 100


@bp.get("/login/code")
@public
def page() -> Response | str:
    """The code form; whoever has not given a password starts at the beginning."""
    target = safe_next(request.args.get("next"))
    step = half.current()
    if step is None:
        return redirect(url_for("accounts.login", next=target), 303)
    return second_step.form_again(CodeForm(formdata=None, next=target or ""), step)


@bp.post("/login/code")
@public
def enter() -> Any:
    """Starts the session when the code is right; 422 when it is not, 429 after too many."""
    form, step = CodeForm(), half.current()
    target = safe_next(form.next.data)
    if step is None:
        return go_to(url_for("accounts.login", next=target))
    sent = request.form.getlist("code")
    code = sent[0][:_LONGEST] if len(sent) == 1 else ""
    try:
        result = signing_in.enter_code(
            step,
            code,
            origin.person(None, None, None),
            sessions.current_hash(),
            devices.mark_for,
        )
    except throttle.TooMany as refusal:
        words = waits.words(refusal)
        return waits.too_many(second_step.form_again(form, step, words), refusal)
    if result.token and result.user:
        return arrival.arrive(result.token, result.user, target, step.again)
    if not result.needs_code:
        # Password changed, account disabled or blocked meanwhile: from the beginning.
        half.forget()
        return go_to(url_for("accounts.login", next=target))
    return make_response(second_step.form_again(form, step, second_step.WRONG), 422)
