"""CSRF tokens as pages show them: the session's token under a random mask for each response.

The token itself stays the same during a session. Under a mask it looks different in every
response, so that its text cannot be guessed piece by piece from the lengths of compressed pages.
"""

import base64
import secrets
from typing import Any

from flask import Flask, g
from flask_wtf.csrf import CSRFProtect, generate_csrf, validate_csrf
from flask_wtf.csrf import _FlaskFormCSRF as FormCSRF
from wtforms.validators import ValidationError

_SHOWN = "shown_csrf_token"


def csrf_token() -> str:
    """Returns the token for the forms of this response; the same one for all of them."""
    shown: str | None = g.get(_SHOWN)
    if shown is None:
        shown = g.shown_csrf_token = _masked(generate_csrf())
    return shown


def is_valid(sent: str | None) -> bool:
    """Whether a token that was sent is one of the session."""
    try:
        validate_csrf(unmasked(sent))
    except ValidationError:
        return False
    return True


def unmasked(sent: str | None) -> str | None:
    """Returns the session's token of a shown one; None for a text that never was one."""
    try:
        both = base64.urlsafe_b64decode(sent or "")
        half = len(both) // 2
        return _xor(both[:half], both[half:]).decode("ascii") or None
    except ValueError:
        return None


class MaskedCSRF(FormCSRF):
    """The hidden field of a form."""

    def generate_csrf_token(self, csrf_token_field: Any) -> str:
        """Returns the token for the field."""
        return csrf_token()


class MaskedProtect(CSRFProtect):
    """Flask-WTF's check, of tokens under a mask."""

    def _get_csrf_token(self) -> str | None:
        return unmasked(super()._get_csrf_token())


csrf = MaskedProtect()


def init_csrf(app: Flask) -> None:
    """Registers the check, and ``csrf_token`` for templates in place of Flask-WTF's."""
    csrf.init_app(app)
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.context_processor(lambda: {"csrf_token": csrf_token})


def _masked(token: str) -> str:
    plain = token.encode("ascii")
    mask = secrets.token_bytes(len(plain))
    return base64.urlsafe_b64encode(mask + _xor(mask, plain)).decode()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
