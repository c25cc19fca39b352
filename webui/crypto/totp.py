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
# One step early or late: clocks differ, and people type slowly (RFC 6238, 5.2).
WINDOW = 1
_SECRET_BYTES = 20


def new_secret() -> str:
    """A random secret of 160 bits in base32, as it is typed into an app (RFC 4226, 4)."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of a step."""
    return _totp(secret).generate(step * STEP).decode()


def current_step(at: datetime) -> int:
    """The number of the step that a time lies in."""
    return int(at.timestamp()) // STEP


def step_of(secret: str, code: str, at: datetime, after: int = -1) -> int | None:
    """The step that the code belongs to, when it is near enough to ``at`` and later than ``after``.

    ``after`` is the last step that was accepted: no code is good twice (RFC 6238, 5.2).
    """
    now = current_step(at)
    steps = range(max(now - WINDOW, after + 1), now + WINDOW + 1)
    fits = [step for step in steps if hmac.compare_digest(code_at(secret, step), code)]
    return fits[0] if fits else None


def uri(secret: str, account: str, issuer: str) -> str:
    """What the QR code holds: the otpauth address that apps read.

    Apps take ``+`` in it for a plus; a space is ``%20`` (RFC 3986), and a plus is ``%2B``.
    """
    return _totp(secret).get_provisioning_uri(account, issuer).replace("+", "%20")


def _totp(secret: str) -> TOTP:
    # SHA-1 is safe inside HMAC, and the only hash that all apps know.
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP)  # noqa: S303
