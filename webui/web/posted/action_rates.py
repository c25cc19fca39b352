"""Rate limits: how many history entries one account may cause per minute.

Entries are never deleted, so no one may be able to fill the history. The entries themselves are
counted: all processes see the same ones, and a request that must wait reads a few rows of an index
and writes nothing. A request that fails without an entry is not counted. Requests that run at the
same moment can exceed the limit by the number of server threads. Other actions have their own
limits: failed attempts (:mod:`webui.rate_limits.try_limits`), denials (:mod:`webui.audit.denials`),
manual deliveries (:mod:`webui.webhooks.panel.operations`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask, Response, g, request
from flask_login import current_user
from sqlalchemy import bindparam, select

from webui.core.extensions import read
from webui.core.permissions import Permission, declared
from webui.history.record.actions import Action, Source
from webui.models import AuditEntry
from webui.models.columns import UTCDateTime, now
from webui.rate_limits.throttle import TooMany
from webui.values.durations import in_words
from webui.web import retry_after
from webui.web.errors import error_page, saved_words, typed
from webui.web.htmx import wants_fragment
from webui.web.posted import drafts
from webui.web.programs import is_for_programs

WINDOW = timedelta(minutes=1)


@dataclass(frozen=True)
class Rate:
    """A number of entries per account and minute; ``words`` name them in the message."""

    words: str
    most: int


SAVES = Rate("changes of organisations", 60)
CREATIONS = Rate("new organisations and accounts", 20)
ACCOUNT_ACTIONS = Rate("changes of other people's accounts", 30)
ACCOUNT = Rate("changes of your account", 20)
TOKENS = Rate("changes of API tokens", 20)
EXPORTS = Rate("exports", 10)
# Of all programs with tokens of the account; they do not use up what the person may do.
PROGRAMS = Rate("changes by programs", 600)
# Reports of usage make no entries, unless they correct.
CORRECTIONS = Rate("corrections of usage", 600)
SIGN_INS = Rate("sign-ins", 40)

# The rate that an action counts towards; for others the first part of the action decides.
_OF_ACTION = {
    Action.TENANT_CREATED: CREATIONS,
    Action.USAGE_CORRECTED: CORRECTIONS,
    Action.USER_CREATED: CREATIONS,
    Action.USER_INVITED: CREATIONS,
    Action.USER_DISABLED: ACCOUNT_ACTIONS,
    Action.USER_ENABLED: ACCOUNT_ACTIONS,
    Action.USER_ROLE: ACCOUNT_ACTIONS,
    Action.INVITATION_ISSUED: ACCOUNT_ACTIONS,
    Action.RESET_LINK_ISSUED: ACCOUNT_ACTIONS,
    Action.USER_FACTORS_REMOVED: ACCOUNT_ACTIONS,
    Action.USER_SESSIONS_REVOKED: ACCOUNT_ACTIONS,
    Action.TOKEN_CREATED: TOKENS,
    Action.TOKEN_REVOKED: TOKENS,
    Action.SIGNED_IN: SIGN_INS,
    Action.AUDIT_EXPORTED: EXPORTS,
}
_OF_THING = {"tenant": SAVES, "user": ACCOUNT}
# The rate of a posted form by its permission; all other permissions are about organisations.
_OF_PERMISSION = {
    Permission.CREATE_TENANT: CREATIONS,
    Permission.REPORT_USAGE: CORRECTIONS,
    Permission.CREATE_USER: CREATIONS,
    Permission.ISSUE_LINK: ACCOUNT_ACTIONS,
    Permission.CHANGE_ROLE: ACCOUNT_ACTIONS,
    Permission.DISABLE_USER: ACCOUNT_ACTIONS,
    Permission.REVOKE_SESSIONS: ACCOUNT_ACTIONS,
    Permission.RESET_FACTOR: ACCOUNT_ACTIONS,
    Permission.SIGNED_IN: ACCOUNT,
    Permission.MAKE_TOKENS: TOKENS,
    Permission.SEE_TOKENS: TOKENS,
    Permission.PROVE_HISTORY: EXPORTS,
}
# Signing out is always possible: there cannot be more sign-outs than sign-ins.
_ALWAYS = {"accounts.log_out"}

_ENTRIES: Any = AuditEntry.__table__.c
_FIRST = (
    select(_ENTRIES.seq)
    .where(_ENTRIES.at > bindparam("since", type_=UTCDateTime()))
    .order_by(_ENTRIES.at, _ENTRIES.seq)
    .limit(1)
    .scalar_subquery()
)
# Built once: every save runs it. It reads only the entries of the last minute.
_LATELY = (
    select(_ENTRIES.action, _ENTRIES.source, _ENTRIES.at)
    .where(_ENTRIES.actor_id == bindparam("account"), _ENTRIES.seq >= _FIRST)
    .order_by(_ENTRIES.seq.desc())
)


class TooFast(TooMany):
    """The account reached the limit ``rate``; ``wait`` is the time until it may try again."""

    def __init__(self, rate: Rate, wait: timedelta) -> None:
        super().__init__(wait)
        self.rate = rate


def init_rates(app: Flask) -> None:
    """Registers the check, after those of person and CSRF token, and its error handler."""
    app.before_request(_check_posted)
    app.register_error_handler(TooFast, _answer)


def check_rate(account: UUID, rate: Rate) -> None:
    """Raises TooFast when the account has reached the limit in the last minute."""
    at = now()
    rows = read(_LATELY, {"account": str(account), "since": at - WINDOW})
    times = [row.at for row in rows if _of_entry(row.action, row.source) is rate]
    if len(times) >= rate.most:
        raise TooFast(rate, times[rate.most - 1] + WINDOW - at)


def _of_entry(action: str, source: str) -> Rate | None:
    """Returns the rate that an entry counts towards."""
    rate = of_action(action)
    return PROGRAMS if source == Source.API and rate is not CORRECTIONS else rate


def of_action(action: str) -> Rate | None:
    """Returns the rate that an entry counts towards; None for actions with their own limits."""
    known = Action(action)
    return _OF_ACTION.get(known) or _OF_THING.get(action.partition(".")[0])


def of_endpoint(endpoint: str, arguments: Mapping[str, Any] | None = None) -> Rate | None:
    """Returns the rate of a write to an endpoint; None for one that is never refused."""
    if endpoint in _ALWAYS:
        return None
    permission = declared(endpoint, arguments)
    if is_for_programs() and permission is not Permission.REPORT_USAGE:
        return PROGRAMS
    if isinstance(permission, Permission):
        return _OF_PERMISSION.get(permission, SAVES)
    return ACCOUNT


def _check_posted() -> None:
    """Checks each writing request of a person who is signed in."""
    if request.method not in ("POST", "PUT") or not request.endpoint:
        return
    if not current_user.is_authenticated:
        return
    rate = of_endpoint(request.endpoint, request.view_args)
    if rate:
        check_rate(current_user.id, rate)


def _answer(refusal: TooFast) -> Response:
    """429: the form with its input, or a page with a button that sends it again."""
    wait = in_words(refusal.wait)
    limit = f"At most {refusal.rate.most} {refusal.rate.words} a minute."
    detail = " ".join(filter(None, (limit, saved_words(), f"Wait {wait}, then try again.")))
    if request.method == "POST" and not wants_fragment() and current_user.is_authenticated:
        g.too_fast = detail
        again = drafts.show_again(429)
        if again:
            return retry_after.too_many(again, refusal)
    return retry_after.too_many(
        error_page(429, detail, title="Too many changes", again=typed()), refusal
    )
