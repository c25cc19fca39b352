"""Sign-in, sign-out, the start page, and the response to anonymous requests."""

from typing import Any
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from webui.accounts.factors.required import before_enrolment
from webui.accounts.sessions import known_devices, sessions
from webui.accounts.sign_in import (
    authentication,
    code_page,
    pending_sign_in,
    sign_in_page,
    sign_in_response,
)
from webui.accounts.sign_in.forms import LoginForm
from webui.core.extensions import db, login_manager
from webui.core.limits import Status
from webui.core.permissions import Permission, Role, public, requires
from webui.models import Tenant
from webui.rate_limits import throttle
from webui.web import request_actor, retry_after
from webui.web.htmx import go_to, htmx_place, wants_fragment
from webui.web.navigation import path_of, safe_next
from webui.web.posted import drafts
from webui.web.posted.csrf import shows_again

bp = Blueprint("accounts", __name__)

REFUSED = "Wrong username, e-mail or password."
# Longer input is no valid name or password; argon2 need not process it.
_LONGEST = 1_024


@bp.get("/")
@public
def start() -> BaseResponse:
    """Redirects staff to the list, an owner to the own tenant, others to sign-in."""
    return redirect(_home() if current_user.is_authenticated else url_for(".login"), 303)


@bp.get("/login")
@public
def login() -> BaseResponse | str:
    """The sign-in page."""
    form = LoginForm(next=safe_next(request.values.get("next")) or "")
    if current_user.is_authenticated:
        return redirect(form.next.data or _home(), 303)
    return render_template("accounts/login.html", form=form)


@bp.post("/login")
@public
@shows_again(sign_in_page.after_token_failed)
def log_in() -> Any:
    """Signs in, or shows an error (422) or who is signed in already (409)."""
    before, form = sessions.current_person_id(), LoginForm()
    answer = sign_in_page.while_signed_in(form)
    if answer:
        return answer
    name, password = _sent("username").strip(), _sent("password")
    try:
        result = authentication.sign_in(
            name,
            password,
            request_actor.person(None, None, None),
            sessions.current_hash(),
            known_devices.mark_for,
        )
    except throttle.TooMany as refusal:
        return retry_after.too_many(
            sign_in_page.again(form, error=retry_after.wait_in_words(refusal)), refusal
        )
    if result.needs_code and result.user:
        pending_sign_in.begin_pending(result.user)
        return code_page.ask_for_code(safe_next(form.next.data))
    if result.token is None or result.user is None:
        error = None if result.blocked else REFUSED
        return make_response(sign_in_page.again(form, error, result.blocked), 422)
    again = before is not None and before == result.user.id
    return sign_in_response.complete_sign_in(result.token, result.user, form.next.data, again)


@bp.post("/logout")
@before_enrolment
@requires(Permission.SIGNED_IN)
@shows_again(lambda: render_template("accounts/sign_out.html"))
def log_out() -> BaseResponse:
    """Ends the session on the server. Its token is still known as an ended one."""
    hashed = sessions.current_hash()
    if hashed:
        authentication.sign_out(hashed, request_actor.actor())
    response = go_to(url_for(".login"))
    # Clears the browser's copies of pages (ASVS 5.0, 14.3.1), also those behind the back button.
    # Not "cookies": the theme and the known-device mark outlive the session on purpose.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@login_manager.unauthorized_handler
def unauthorized() -> Response | BaseResponse:
    """Redirects to the sign-in page or, for htmx, shows the sign-in form in place (401).

    Input of a form is kept as a draft and shown again after sign-in.
    """
    target = drafts.keep_posted(sessions.find_ended)
    if target is None and request.method == "GET":
        target = request.full_path.rstrip("?")
    if not wants_fragment():
        return redirect(url_for("accounts.login", next=target), 303)
    if request.method == "GET" or target is None:
        target = _page_around(target)
    form = LoginForm(formdata=None, next=target or "")
    words = render_template("accounts/_sign_in_again.html", form=form, place=htmx_place())
    answer = make_response(words, 401)
    # Also in place of a form whose answers replace other parts of the page.
    answer.headers["HX-Reswap"] = "outerHTML"
    return answer


def _page_around(target: str | None) -> str | None:
    """Returns where to go on after a fragment, whose URL is no page: to the page around it.

    A search within the page is the same page with what was typed last.
    """
    page = safe_next(path_of(request.headers.get("HX-Current-URL")))
    return target if target and page and urlsplit(page).path == request.path else page


def _sent(name: str) -> str:
    """Returns a field that was sent exactly once, cut to a maximum length; else ""."""
    sent = request.form.getlist(name)
    return sent[0][:_LONGEST] if len(sent) == 1 else ""


def _home() -> str:
    """The list for staff; for an owner the own tenant, or the wizard until it is finished."""
    if current_user.role != Role.OWNER:
        return url_for("tenants.index")
    tenant = db.session.get_one(Tenant, current_user.tenant_id)
    if tenant.onboarded_at is None and tenant.status != Status.INACTIVE:
        return url_for("onboarding.start")
    return url_for("tenants.page", tenant_id=tenant.id)
