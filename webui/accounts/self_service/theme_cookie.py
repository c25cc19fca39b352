"""The theme on this device, for pages that are shown before sign-in."""

from datetime import timedelta

from flask import request
from werkzeug.wrappers import Response

NAME = "theme"
_KEPT = timedelta(days=365)


def set_theme_cookie(response: Response, theme: str) -> None:
    """Sets the theme cookie."""
    response.set_cookie(
        NAME, theme, max_age=_KEPT, secure=request.is_secure, httponly=True, samesite="Lax"
    )
