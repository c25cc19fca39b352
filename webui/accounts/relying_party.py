"""Whom passkeys are made for: this site, as the browser sees it (WebAuthn 2, 5.1.2)."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app, request

NAME = "Tenant Console"


@dataclass(frozen=True)
class RelyingParty:
    """``id`` is the host name alone; ``origin`` has scheme and port."""

    id: str
    origin: str


def current() -> RelyingParty:
    """From WEBUI_ORIGIN; without it from the address that was asked for."""
    origin = current_app.extensions["webui_config"].origin or request.host_url.rstrip("/")
    return RelyingParty(urlsplit(origin).hostname or "", origin)
