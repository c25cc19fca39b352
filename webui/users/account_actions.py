"""What may be done to an account, and the words of the pages that ask before it is done."""

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
class Words:
    """What a page says before something is done to an account."""

    action: str
    """The button that leads to the page, and its heading before the username."""
    explanation: str
    button: str
    destructive: bool = False
    """Such a button names the account after its words."""


@dataclass(frozen=True)
class Deed:
    """One thing that may be done: its view, its form, its words, and when it makes sense."""

    endpoint: str
    form: type[ReasonForm] | type[RoleForm]
    words: Callable[[User], Words]
    fits: Callable[[User], bool] = lambda _user: True


def _link_words(user: User) -> Words:
    kind = kind_for(user)
    lifetime = in_words(LIFETIMES[kind])
    if kind is LinkKind.INVITATION:
        return Words(
            "New invitation",
            "The person has not chosen a password yet. A new link lets them, once, within "
            f"{lifetime}; the older link stops working. No e-mail is sent: you copy the link.",
            "Make a new invitation",
        )
    return Words(
        "Reset link",
        f"For somebody who forgot their password. The link works once, for {lifetime}, and older "
        "ones stop working. The old password keeps working until a new one is chosen; then the "
        "person is signed out everywhere. A second factor stays. No e-mail is sent: you copy the "
        "link. Be sure who you are talking to before you pass it on.",
        "Make a reset link",
    )


def _role_words(_user: User) -> Words:
    return Words(
        "Change role",
        "The new role counts from the person's very next click. They stay signed in.",
        "Change role",
    )


def _status_words(user: User) -> Words:
    if user.active:
        return Words(
            "Disable",
            "Nobody can sign in to it any more. Its sessions and links end at once. The account "
            "and its history stay, and it can be enabled again.",
            "Disable",
            destructive=True,
        )
    return Words(
        "Enable",
        "The person can sign in again, with the password they had. Links that were open before "
        "stay void.",
        "Enable account",
    )


def _session_words(_user: User) -> Words:
    return Words(
        "Sign out everywhere",
        "Ends every session at once, on every device. The person can sign in again.",
        "Sign out everywhere",
    )


def _factor_words(_user: User) -> Words:
    return Words(
        "Remove second factor",
        "For somebody who lost their phone and their recovery codes. The authenticator app, the "
        "passkeys and the codes stop working, and the person is signed out everywhere. Then the "
        "password alone signs in: be sure who you are talking to.",
        "Remove the second factor of",
        destructive=True,
    )


LINK = Deed("deeds.link", ReasonForm, _link_words, lambda user: user.active)
ROLE = Deed("deeds.role", RoleForm, _role_words, lambda user: user.role in STAFF)
STATUS = Deed("deeds.status", ReasonForm, _status_words)
SESSIONS = Deed("deeds.sessions", ReasonForm, _session_words, lambda user: user.active)
FACTOR = Deed(
    "deeds.factor", ReasonForm, _factor_words, lambda user: factors.factors_of(user.id).any
)
ALL = (LINK, ROLE, SESSIONS, FACTOR, STATUS)


def is_own(user: User) -> bool:
    """Whether it is the account of who asks, which the account page is for."""
    return bool(user.id == current_user.id)


def possible(user: User) -> list[Deed]:
    """What the person of the current request may do to the account now."""
    if is_own(user):
        return []
    return [deed for deed in ALL if deed.fits(user) and may_open(deed.endpoint)]
