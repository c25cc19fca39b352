"""Accounts that did so much within this minute that they have to wait."""

from tests.factories import an_actor
from webui.core.extensions import write_transaction
from webui.history.record.actions import Action, Source
from webui.history.record.log import record
from webui.models import User
from webui.web.posted import action_rates
from webui.web.posted.action_rates import Rate


def did(user: User, action: str, times: int, source: Source = Source.UI) -> None:
    """Lets an account have done something so many times in this minute."""
    with write_transaction():
        for _ in range(times):
            record(Action(action), an_actor(user, source=source))


def used_up(user: User, rate: Rate) -> None:
    """Lets an account have done all that one may do of a kind in a minute."""
    actions = {
        action_rates.SAVES: Action.WEBHOOK_RESUMED,
        action_rates.CREATIONS: Action.USER_INVITED,
        action_rates.ACCOUNT_ACTIONS: Action.RESET_LINK_ISSUED,
        action_rates.ACCOUNT: Action.USER_PREFERENCES,
        action_rates.TOKENS: Action.TOKEN_REVOKED,
        action_rates.EXPORTS: Action.AUDIT_EXPORTED,
        action_rates.CORRECTIONS: Action.USAGE_CORRECTED,
        action_rates.PROGRAMS: Action.WEBHOOK_RESUMED,
        action_rates.SIGN_INS: Action.SIGNED_IN,
    }
    source = Source.API if rate is action_rates.PROGRAMS else Source.UI
    did(user, actions[rate], rate.most, source)
