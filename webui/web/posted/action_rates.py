"""How much one account may add to the history in a minute: one table, and who keeps to it.

The history is never deleted, so nobody may fill it. Counted are its own entries: they are the
same for every process on the database, and a request that must wait reads a few rows of an
index and writes nothing. What changes nothing and fails is no entry and costs nobody his turn.
Requests that run at the same moment may together pass the limit by as many as the server runs.
What is not here has bounds of its own: failed tries (:mod:`webui.rate_limits.try_limits`), denials
(:mod:`webui.audit.denials`), deliveries by hand (:mod:`webui.webhooks.panel.operations`).
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
from webui.history.record.actions import Action
from webui.models import AuditEntry
from webui.models.columns import UTCDateTime, now
from webui.rate_limits.throttle import TooMany
from webui.values.durations import in_words
from webui.web import retry_after
from webui.web.errors import error_page, typed
from webui.web.htmx import wants_fragment
from webui.web.posted import drafts

WINDOW = timedelta(minutes=1)


@dataclass(frozen=True)
class Rate:
    """So many entries of a kind, for each account and minute; ``words`` say of what."""

    words: str
    most: int


SAVES = Rate("changes of organisations", 60)
CREATIONS = Rate("new organisations and accounts", 20)
DEEDS = Rate("changes of other people's accounts", 30)
ACCOUNT = Rate("changes of your account", 20)
EXPORTS = Rate("exports", 10)
SIGN_INS = Rate("sign-ins", 40)

# What an entry counts as. What is not listed goes by what its action begins with.
_OF_ACTION = {
    Action.TENANT_CREATED: CREATIONS,
    Action.USER_CREATED: CREATIONS,
    Action.USER_INVITED: CREATIONS,
    Action.USER_DISABLED: DEEDS,
    Action.USER_ENABLED: DEEDS,
    Action.USER_ROLE: DEEDS,
    Action.INVITATION_ISSUED: DEEDS,
    Action.RESET_LINK_ISSUED: DEEDS,
    Action.USER_FACTORS_REMOVED: DEEDS,
    Action.USER_SESSIONS_REVOKED: DEEDS,
    Action.SIGNED_IN: SIGN_INS,
    Action.AUDIT_EXPORTED: EXPORTS,
}
_OF_THING = {"tenant": SAVES, "user": ACCOUNT}
# What a posted form is judged by. A permission that is not listed is one over organisations.
_OF_PERMISSION = {
    Permission.CREATE_TENANT: CREATIONS,
    Permission.CREATE_USER: CREATIONS,
    Permission.ISSUE_LINK: DEEDS,
    Permission.CHANGE_ROLE: DEEDS,
    Permission.DISABLE_USER: DEEDS,
    Permission.REVOKE_SESSIONS: DEEDS,
    Permission.RESET_FACTOR: DEEDS,
    Permission.SIGNED_IN: ACCOUNT,
    Permission.PROVE_HISTORY: EXPORTS,
}
# Whoever signed in may sign out: there are no more of these than sign-ins.
_ALWAYS = {"accounts.log_out"}

_ENTRIES: Any = AuditEntry.__table__.c
_FIRST = (
    select(_ENTRIES.seq)
    .where(_ENTRIES.at > bindparam("since", type_=UTCDateTime()))
    .order_by(_ENTRIES.at, _ENTRIES.seq)
    .limit(1)
    .scalar_subquery()
)
# Built once: every save asks this first. Only entries of the last minute are looked at.
_LATELY = (
    select(_ENTRIES.action, _ENTRIES.at)
    .where(_ENTRIES.actor_id == bindparam("account"), _ENTRIES.seq >= _FIRST)
    .order_by(_ENTRIES.seq.desc())
)


class TooFast(TooMany):
    """The account did that often enough for now; ``rate`` is what it went beyond."""

    def __init__(self, rate: Rate, wait: timedelta) -> None:
        super().__init__(wait)
        self.rate = rate


def init_rates(app: Flask) -> None:
    """Registers the judge, which comes after those of person and token, and its answer."""
    app.before_request(_judge_posted)
    app.register_error_handler(TooFast, _answer)


def check_rate(account: UUID, rate: Rate) -> None:
    """Raises TooFast when the account has done so much of a kind within a minute."""
    at = now()
    rows = read(_LATELY, {"account": str(account), "since": at - WINDOW})
    times = [row.at for row in rows if of_action(row.action) is rate]
    if len(times) >= rate.most:
        raise TooFast(rate, times[rate.most - 1] + WINDOW - at)


def of_action(action: str) -> Rate | None:
    """What an entry counts as; None for what has bounds of its own."""
    known = Action(action)
    return _OF_ACTION.get(known) or _OF_THING.get(action.partition(".")[0])


def of_endpoint(endpoint: str, arguments: Mapping[str, Any] | None = None) -> Rate | None:
    """What posting to an endpoint is judged by; None for what is never refused."""
    if endpoint in _ALWAYS:
        return None
    permission = declared(endpoint, arguments)
    if isinstance(permission, Permission):
        return _OF_PERMISSION.get(permission, SAVES)
    return ACCOUNT


def _judge_posted() -> None:
    """Before every request that changes something, for whoever is signed in."""
    if request.method != "POST" or not request.endpoint or not current_user.is_authenticated:
        return
    rate = of_endpoint(request.endpoint, request.view_args)
    if rate:
        check_rate(current_user.id, rate)


def _answer(refusal: TooFast) -> Response:
    """429: the form with what was typed, or a page with a button that sends it once more."""
    wait = in_words(refusal.wait)
    detail = f"At most {refusal.rate.most} {refusal.rate.words} a minute. "
    detail += f"Nothing was saved. Wait {wait}, then try again."
    if request.method == "POST" and not wants_fragment() and current_user.is_authenticated:
        g.too_fast = detail
        again = drafts.show_again(429)
        if again:
            return retry_after.too_many(again, refusal)
    return retry_after.too_many(
        error_page(429, detail, title="A little slower", again=typed()), refusal
    )
