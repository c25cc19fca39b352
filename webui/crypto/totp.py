"""Time-based one-time passwords (RFC 6238): six digits, SHA-1, steps of 30 seconds.

These are the parameters that every authenticator app understands.
"""

import base64
import hmac
import secrets
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP = 30
DIGITS = 6
# Codes one step early or late are accepted: clocks differ and people type slowly (RFC 6238, 5.2).
WINDOW = 1
_SECRET_BYTES = 20


def new_secret() -> str:
    """Returns a random secret of 160 bits in base32, ready to type into an app (RFC 4226, 4)."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    """Returns the six digits of a time step."""
    return _totp(secret).generate(step * STEP).decode()


def current_step(at: datetime) -> int:
    """Returns the number of the time step at ``at``."""
    return int(at.timestamp()) // STEP


def step_of(secret: str, code: str, at: datetime, after: int = -1) -> int | None:
    """Returns the step of a code, or None unless it is within WINDOW and later than ``after``.

    ``after`` is the last step that was accepted: a code is valid only once (RFC 6238, 5.2).
    """
    now = current_step(at)
    steps = range(max(now - WINDOW, after + 1), now + WINDOW + 1)
    fits = [step for step in steps if hmac.compare_digest(code_at(secret, step), code)]
    return fits[0] if fits else None


def uri(secret: str, account: str, issuer: str) -> str:
    """Returns the otpauth URI for the QR code.

    Apps read ``+`` in it as a plus, so a space is ``%20`` (RFC 3986) and a plus is ``%2B``.
    """
    return _totp(secret).get_provisioning_uri(account, issuer).replace("+", "%20")


def _totp(secret: str) -> TOTP:
    # SHA-1 is safe inside HMAC, and the only hash that all apps support.
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP)  # noqa: S303
