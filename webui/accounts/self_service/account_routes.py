"""The account page: preferences, password and sessions of the person who is signed in."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, make_response, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webui.accounts.factors import factors, notices, refusals
from webui.accounts.self_service import account_page, own_account, theme_cookie
from webui.accounts.self_service.forms import PasswordForm, PreferencesForm, TimeZoneForm
from webui.accounts.sessions import sessions
from webui.core.permissions import Permission, requires
from webui.values.time_zones import UTC
from webui.web import request_actor
from webui.web.htmx import go_to, part_of, wants_fragment
from webui.web.navigation import safe_next
from webui.web.number_filters import plural
from webui.web.posted.csrf import page_again, shows_again

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.app_context_processor
def _own_notices() -> dict[str, Any]:
    return {
        "own_notices": notices.undismissed,
        "offers_time_zone": account_page.offers_time_zone,
    }


@bp.get("")
@requires(Permission.SIGNED_IN)
def page() -> str:
    """The account page."""
    return _page(PreferencesForm(formdata=None, **account_page.preferences()))


@bp.post("/preferences")
@requires(Permission.SIGNED_IN)
@shows_again(page_again(lambda: _page(PreferencesForm())))
def save_preferences() -> Any:
    """Saves time zone, theme and shortcuts; the theme also for this device."""
    form = PreferencesForm()
    if not form.validate():
        return make_response(_page(form), 422)
    theme = form.theme.value
    own_account.change_preferences(
        current_user.id,
        request_actor.actor(),
        time_zone=form.time_zone.value,
        theme=theme,
        shortcuts=form.shortcuts.value,
    )
    flash("Your preferences are saved.")
    response = go_to(url_for(".page"))
    theme_cookie.set_theme_cookie(response, theme)
    return response


@bp.post("/time-zone")
@requires(Permission.SIGNED_IN)
@shows_again(page_again(page))
def choose_time_zone() -> Any:
    """Saves the answer to the offered time zone and goes back to the page that offered it."""
    form = TimeZoneForm()
    if not form.validate():
        page = PreferencesForm(formdata=None, **account_page.preferences())
        page.fail("time_zone", form.time_zone.errors[0])
        return make_response(_page(page), 422)
    zone = form.time_zone.value
    own_account.change_preferences(current_user.id, request_actor.actor(), time_zone=zone)
    flash(f"Times are now in {zone}." if zone != UTC else "Times stay in UTC.")
    return go_to(safe_next(request.form.get("next")) or url_for(".page"))


@bp.get("/password")
@requires(Permission.SIGNED_IN)
def password() -> str:
    """The form of a new password."""
    return _password_page(PasswordForm(current_user.role, formdata=None))


@bp.post("/password")
@requires(Permission.SIGNED_IN)
@shows_again(page_again(password))
def change_password() -> Any:
    """Sets a new password; other sessions end, and this one continues under a new token."""
    form = PasswordForm(current_user.role)
    if not form.validate():
        return make_response(_password_page(form), 422)
    try:
        changed = own_account.change_password(
            current_user.id,
            form.current_password.value,
            form.password.value,
            request_actor.actor(),
            sessions.current_hash(),
        )
    except refusals.KINDS as error:
        return refusals.refused_credentials(form, error, _password_page)
    if changed.token:
        sessions.set_session_cookie(changed.token, same_person=True)
    also = f" {plural(changed.ended, 'other session')} ended." if changed.ended else ""
    flash(f"Your password is changed.{also}")
    return go_to(url_for(".page"))


@bp.post("/sessions/<session_id>/end")
@requires(Permission.SIGNED_IN)
@shows_again(page_again(lambda session_id: page()))
def end_session(session_id: str) -> Response:
    """Ends one of the person's sessions; also the current one."""
    ended = own_account.end_own_session(current_user.id, session_id, request_actor.actor())
    flash("The session is ended." if ended else "That session had ended already.")
    return go_to(url_for(".page", _anchor="sessions"))


@bp.post("/sessions/end")
@requires(Permission.SIGNED_IN)
@shows_again(page_again(page))
def end_other_sessions() -> Response:
    """Ends all of the person's sessions except the current one."""
    ended = own_account.end_other_sessions(
        current_user.id, sessions.current_hash(), request_actor.actor()
    )
    flash(f"{plural(ended, 'other session')} ended." if ended else "There was no other session.")
    return go_to(url_for(".page", _anchor="sessions"))


@bp.post("/notices/dismiss")
@requires(Permission.SIGNED_IN)
def dismiss_notices() -> Response:
    """Hides notices from every page; the account page still shows them."""
    sent = [_uuid(text) for text in request.form.getlist("notice")]
    notices.dismiss(current_user.id, [found for found in sent if found])
    if wants_fragment():
        # Nothing takes the bar's place, and what was typed elsewhere on the page stays.
        return make_response("")
    return go_to(safe_next(request.form.get("next")) or url_for(".page"))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _page(form: PreferencesForm) -> str:
    return render_template(
        part_of("account/page.html"),
        form=form,
        page=account_page.account_page(),
        recovery_codes=factors.RECOVERY_CODES,
    )


def _password_page(form: PasswordForm) -> str:
    return render_template(part_of("account/password.html"), form=form)
