"""The actions on an account, and the texts of their confirmation pages."""

from collections.abc import Callable
from dataclasses import dataclass

from flask_login import current_user

from webui.accounts.factors import factors
from webui.core.permissions import STAFF, may_open
from webui.links.operations import kind_for
from webui.models import User
from webui.models.link import LIFETIMES, LinkKind
from webui.users.forms import ReasonForm, RoleForm
from webui.values.durations import in_words


@dataclass(frozen=True)
class ActionTexts:
    """The texts of a confirmation page."""

    action: str
    """The button that leads to the page, and its heading before the username."""
    explanation: str
    button: str
    destructive: bool = False
    """If True, the button also shows the account's name."""


@dataclass(frozen=True)
class AccountAction:
    """An action on an account: its view, form, texts, and the accounts that it applies to."""

    endpoint: str
    form: type[ReasonForm] | type[RoleForm]
    words: Callable[[User], ActionTexts]
    fits: Callable[[User], bool] = lambda _user: True


def _link_words(user: User) -> ActionTexts:
    kind = kind_for(user)
    lifetime = in_words(LIFETIMES[kind])
    if kind is LinkKind.INVITATION:
        return ActionTexts(
            "New invitation",
            "The person has not chosen a password yet. A new link lets them, once, within "
            f"{lifetime}; the older link stops working. No e-mail is sent: you copy the link.",
            "Create a new invitation",
        )
    return ActionTexts(
        "Reset link",
        f"For a person who forgot their password. The link works once, for {lifetime}, and older "
        "ones stop working. The old password keeps working until a new one is chosen; then the "
        "person is signed out everywhere, and the API tokens are revoked. A second factor stays. "
        "No e-mail is sent: you copy the link. Be sure who you are talking to before you pass it "
        "on.",
        "Create a reset link",
    )


def _role_words(_user: User) -> ActionTexts:
    return ActionTexts(
        "Change role",
        "The new role counts from the person's very next click. They stay signed in.",
        "Change role",
    )


def _status_words(user: User) -> ActionTexts:
    if user.active:
        return ActionTexts(
            "Disable",
            "No one can sign in to it any more. Its sessions, links and API tokens end at once. "
            "The account and its history stay, and it can be enabled again.",
            "Disable",
            destructive=True,
        )
    return ActionTexts(
        "Enable",
        "The person can sign in again, with the password they had. Links and API tokens from "
        "before stay void.",
        "Enable account",
    )


def _session_words(_user: User) -> ActionTexts:
    return ActionTexts(
        "Sign out everywhere",
        "Ends every session at once, on every device. The person can sign in again. API tokens go "
        "on working: they are revoked one by one on the account's page, or all by disabling it.",
        "Sign out everywhere",
    )


def _factor_words(_user: User) -> ActionTexts:
    return ActionTexts(
        "Remove second factor",
        "For a person who lost their phone and their recovery codes. The authenticator app, the "
        "passkeys and the codes stop working, and the person is signed out everywhere. Then the "
        "password alone signs in: be sure who you are talking to.",
        "Remove the second factor of",
        destructive=True,
    )


LINK = AccountAction("account_actions.link", ReasonForm, _link_words, lambda user: user.active)
ROLE = AccountAction("account_actions.role", RoleForm, _role_words, lambda user: user.role in STAFF)
STATUS = AccountAction("account_actions.status", ReasonForm, _status_words)
SESSIONS = AccountAction(
    "account_actions.sessions", ReasonForm, _session_words, lambda user: user.active
)
FACTOR = AccountAction(
    "account_actions.factor",
    ReasonForm,
    _factor_words,
    lambda user: factors.factors_of(user.id).any,
)
ALL = (LINK, ROLE, SESSIONS, FACTOR, STATUS)


def is_own(user: User) -> bool:
    """Whether it is the reader's own account, which has its own page (the account page)."""
    return bool(user.id == current_user.id)


def possible(user: User) -> list[AccountAction]:
    """Returns the actions that the current person may take on the account now."""
    if is_own(user):
        return []
    return [action for action in ALL if action.fits(user) and may_open(action.endpoint)]
