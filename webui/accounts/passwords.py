"""Password hashes: argon2id with OWASP's parameters (ASVS 5.0, 11.4.2).

The password is hashed in NFKC, so that every keyboard produces the same text (NIST SP 800-63B
5.1.1.2). Older hashes are of the text as typed; they are accepted, and renewed at sign-in.
"""

import secrets
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app

from webui.core.limits import PASSWORD
from webui.values import NFC_JOINS

# OWASP Password Storage Cheat Sheet: 19 MiB, 2 iterations, 1 lane. Values: KiB of memory,
# iterations, lanes.
_COSTS = {
    "owasp": (19_456, 2, 1),
    "cheap": (8, 1, 1),
}
# A longer text is no valid password, and NFKC takes time with the square of its length.
LONGEST_TYPED = PASSWORD.maximum * NFC_JOINS


def prepared(password: str) -> str:
    """Returns the password in the form that is hashed; not trimmed."""
    return password if len(password) > LONGEST_TYPED else unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    """Returns the encoded argon2id hash of a password."""
    return _hasher(_cost()).hash(prepared(password))


def password_fits(stored: str | None, password: str) -> bool:
    """Whether the password matches the stored hash.

    Without a stored hash the same work is done and the result is False, so that the time does not
    reveal whether an account exists.
    """
    try:
        return _matches(stored or _decoy(_cost()), password) and stored is not None
    except InvalidHashError:
        # "!" and similar values: an account without a password must take the same time.
        _matches(_decoy(_cost()), password)
        return False


def renewed(stored: str, password: str) -> str | None:
    """Returns a new hash for a correct password whose hash uses old parameters; else None."""
    form = prepared(password)
    old = _hasher(_cost()).check_needs_rehash(stored)
    old = old or (form != password and not _fits(stored, form))
    return hash_password(password) if old else None


def _matches(encoded: str, password: str) -> bool:
    """Whether the hash is of the password in its present form, or of the text as typed."""
    return any(_fits(encoded, form) for form in dict.fromkeys((prepared(password), password)))


def _fits(encoded: str, password: str) -> bool:
    try:
        return _hasher(_cost()).verify(encoded, password)
    except VerificationError:
        return False


def _cost() -> str:
    return str(current_app.extensions["webui_config"].password_cost)


@lru_cache
def _hasher(cost: str) -> PasswordHasher:
    memory_cost, time_cost, parallelism = _COSTS[cost]
    return PasswordHasher(memory_cost=memory_cost, time_cost=time_cost, parallelism=parallelism)


@lru_cache
def _decoy(cost: str) -> str:
    return _hasher(cost).hash(secrets.token_urlsafe(32))
