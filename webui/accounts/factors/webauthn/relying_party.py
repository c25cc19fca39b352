"""The relying party of passkeys: this site, as the browser sees it (WebAuthn 2, 5.1.2)."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from webui.web.request_actor import site

NAME = "Tenant Console"


@dataclass(frozen=True)
class RelyingParty:
    """``id`` is the host name alone; ``origin`` has scheme and port."""

    id: str
    origin: str


def relying_party() -> RelyingParty:
    """Returns this site."""
    origin = site()
    return RelyingParty(urlsplit(origin).hostname or "", origin)
