"""Sentences about accounts and signing in: one function per action."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from webui.core.limits import THEMES
from webui.history.narrative.fragments import (
    Sentence,
    capitalised,
    from_to,
    joined,
    new,
    old,
    plain_text,
)
from webui.history.record.actions import Action
from webui.values.durations import in_words

Changes = Mapping[str, Any]


def _fixed(words: str) -> Callable[[Changes], Sentence]:
    return lambda _changes: [plain_text(words)]


def _created(changes: Changes) -> Sentence:
    name, role = str(changes["username"][1]), changes["role"][1]
    return [plain_text("Created the account "), new(name), plain_text(f", role {role}")]


def _disabled(changes: Changes) -> Sentence:
    name = old(str(changes["username"][1]))
    return [plain_text("Disabled the account "), name, *_and_revoked(changes)]


def _invited(changes: Changes) -> Sentence:
    name, role = str(changes["username"][1]), changes["role"][1]
    return [plain_text("Invited "), new(name), plain_text(f", role {role}")]


def _named(before: str, after: str = "") -> Callable[[Changes], Sentence]:
    """Returns a function that builds a sentence around the username."""
    return lambda changes: [
        plain_text(f"{before} "),
        new(str(changes["username"][1])),
        *([plain_text(f" {after}")] if after else []),
    ]


def _role(changes: Changes) -> Sentence:
    name = str(changes["username"][1])
    return [*from_to("Changed", f"the role of {name}", *map(str, changes["role"]))]


def _password_set(changes: Changes) -> Sentence:
    by = "an invitation" if changes["link"][1] == "invitation" else "a reset link"
    return [plain_text(f"Chose a password by {by}"), *_and_ended(changes), *_and_revoked(changes)]


def _delayed(changes: Changes) -> Sentence:
    wait = in_words(timedelta(seconds=changes["wait_seconds"][1]))
    tried = changes["tried"][1]
    # Entries of releases before 0025 also contain the number of refused tries.
    refused = changes["refused_tries"][1] if "refused_tries" in changes else 0
    more = f"; {refused:,} tries refused since the last such entry" if refused > 1 else ""
    return [plain_text(f"Had to wait {wait} before the next {tried}{more}")]


def _preferences(changes: Changes) -> Sentence:
    clauses = []
    if "time_zone" in changes:
        clauses.append(from_to("changed", "the time zone", *changes["time_zone"]))
    elif "time_zone_chosen" in changes:
        clauses.append([plain_text("kept the time zone")])
    if "theme" in changes:
        # A theme that was never chosen follows the device, like the theme "auto".
        before, after = (THEMES[theme or "auto"].lower() for theme in changes["theme"])
        clauses.append(from_to("changed", "the theme", before, after))
    if "shortcuts" in changes:
        before, after = ("on" if on else "off" for on in changes["shortcuts"])
        switched = [plain_text("switched keyboard shortcuts "), old(before)]
        clauses.append([*switched, plain_text(" → "), new(after)])
    return capitalised(joined(clauses))


def _sessions(changes: Changes) -> Sentence:
    return capitalised([plain_text(_ended(changes))])


def _ended(changes: Changes) -> str:
    count = changes["ended_sessions"][1]
    return "ended a session" if count == 1 else f"ended {count} sessions"


def _authenticator(changes: Changes) -> Sentence:
    removed = changes["authenticator"][1] == "removed"
    did = "Removed the authenticator app" if removed else "Set up an authenticator app"
    return [plain_text(did), *_and_ended(changes)]


def _and_ended(changes: Changes) -> Sentence:
    return [plain_text(f"; {_ended(changes)}")] if changes.get("ended_sessions") else []


def _and_revoked(changes: Changes) -> Sentence:
    """Returns "; revoked the API token A", of several "; revoked the API tokens A, B"."""
    if "revoked_tokens" not in changes:
        return []
    names = changes["revoked_tokens"][1]
    thing = "API token" if len(names) == 1 else "API tokens"
    return [plain_text(f"; revoked the {thing} "), new(", ".join(names))]


def _recovery_codes(changes: Changes) -> Sentence:
    return [plain_text("Created new recovery codes"), *_and_ended(changes)]


def _passkey(changes: Changes) -> Sentence:
    before, after = changes["passkey"]
    if before is None:
        return [plain_text("Set up the passkey "), new(after), *_and_ended(changes)]
    if after is None:
        return [plain_text("Removed the passkey "), old(before), *_and_ended(changes)]
    return from_to("Renamed", "the passkey", before, after)


def _signed_in(changes: Changes) -> Sentence:
    sentence = [plain_text(f"Signed in{_with_factor(changes)}")]
    if "reset_link_by" in changes:
        issuer = new(str(changes["reset_link_by"][1]))
        sentence += [plain_text("; the password was set with a reset link from "), issuer]
    return sentence


def _confirmed(changes: Changes) -> Sentence:
    return [plain_text(f"Confirmed a change of their own sign-in{_with_factor(changes)}")]


def _with_factor(changes: Changes) -> str:
    factor = changes.get("factor", [None, None])[1]
    article = "an" if factor and factor[0] in "aeiou" else "a"
    return f" with {article} {factor}" if factor else ""


def _token_created(changes: Changes) -> Sentence:
    scopes, until = changes["token_scopes"][1], changes["token_expires_at"][1]
    return [
        *_of_token("Created", changes),
        plain_text(f", for {', '.join(scopes)}, valid until {until[:10]}"),
    ]


def _token_revoked(changes: Changes) -> Sentence:
    return _of_token("Revoked", changes)


def _of_token(verb: str, changes: Changes) -> Sentence:
    """Returns "<verb> the API token <its name> of <account>"."""
    token, account = str(changes["token"][1]), str(changes["username"][1])
    return [plain_text(f"{verb} the API token "), new(token), plain_text(f" of {account}")]


def _token_used(changes: Changes) -> Sentence:
    token = new(str(changes["token"][1]))
    return [plain_text("Used the API token "), token, plain_text(", for the first time that day")]


def _resealed(changes: Changes) -> Sentence:
    name, role = str(changes["username"][1]), changes["role"][1]
    return [
        plain_text("Confirmed the account "),
        new(name),
        plain_text(f", role {role}, without its password and second factors"),
        *_and_revoked(changes),
    ]


SENTENCES: dict[Action, Callable[[Changes], Sentence]] = {
    Action.USER_CREATED: _created,
    Action.USER_INVITED: _invited,
    Action.USER_DISABLED: _disabled,
    Action.USER_ENABLED: _named("Enabled the account"),
    Action.USER_ROLE: _role,
    Action.INVITATION_ISSUED: _named("Issued a new invitation for"),
    Action.RESET_LINK_ISSUED: _named("Issued a reset link for"),
    Action.USER_PASSWORD_SET: _password_set,
    Action.USER_PREFERENCES: _preferences,
    Action.USER_PASSWORD: _fixed("Changed their own password"),
    Action.USER_PASSWORD_RENEWED: _fixed("The hash of the same password was renewed"),
    Action.USER_SESSIONS: _sessions,
    Action.USER_AUTHENTICATOR: _authenticator,
    Action.USER_PASSKEY_ADDED: _passkey,
    Action.USER_PASSKEY_RENAMED: _passkey,
    Action.USER_PASSKEY_REMOVED: _passkey,
    Action.USER_RECOVERY_CODES: _recovery_codes,
    Action.SIGNED_IN: _signed_in,
    Action.OWN_CONFIRMED: _confirmed,
    Action.CODE_REFUSED: _fixed("Entered a wrong code after the password"),
    Action.OWN_PASSWORD_REFUSED: _fixed("Gave a wrong current password while signed in"),
    Action.USER_FACTORS_REMOVED: _named("Removed the second factor of"),
    Action.USER_SESSIONS_REVOKED: _named("Signed", "out everywhere"),
    Action.USER_RESEALED: _resealed,
    Action.TOKEN_CREATED: _token_created,
    Action.TOKEN_REVOKED: _token_revoked,
    Action.TOKEN_USED: _token_used,
    Action.SIGNED_OUT: _fixed("Signed out"),
    Action.SIGN_IN_FAILED: _fixed("Failed to sign in"),
    Action.TRY_DELAYED: _delayed,
}
