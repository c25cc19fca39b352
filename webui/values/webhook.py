"""Webhook URLs: https, and a host name that looks public."""

import re
from urllib.parse import SplitResult, urlsplit

from webui.values.hosts import host_name, looks_numeric
from webui.values.text import Refused, names_hidden, sealed, within

_PRIVATE_SUFFIXES = ("localhost", "localdomain", "local", "internal", "home.arpa")
_WEBHOOK_PORTS = (443, 8443)
# RFC 3986: path and query characters, percent escapes complete.
_URL_REST = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*")


@names_hidden
def webhook_url(raw: str) -> str | None:
    """Returns an https URL with a public-looking host name, normalised (RFC 3986, 6.2.2).

    None for blank input.
    """
    value = raw.strip(" ")
    if not value:
        return None
    if re.search(r"[\s\\\x00-\x1f\x7f]", value):
        raise Refused("Remove the spaces, tabs, line breaks and backslashes.")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise Refused("Enter an address such as https://hooks.example.com/calls.") from None
    if "[" in parts.netloc:
        raise Refused("Use a host name, not an address.")
    if parts.scheme != "https" or not parts.hostname:
        raise Refused("Enter an address that starts with https://.")
    if "@" in parts.netloc:
        raise Refused("Remove the user and password in front of the @.")
    if "#" in value:
        raise Refused("Remove the part from the # on.")
    if port not in (None, *_WEBHOOK_PORTS) or parts.netloc.endswith(":"):
        raise Refused("Use port 443 or 8443.")
    url = _normal_url(parts, _public_host(parts.hostname), port)
    return within(url, sealed("webhook_url").maximum)


def _normal_url(parts: SplitResult, host: str, port: int | None) -> str:
    rest = parts.path + (f"?{parts.query}" if parts.query else "")
    if not _URL_REST.fullmatch(rest):
        raise Refused("Percent-encode the characters that a URL cannot contain.")
    return f"https://{host}{'' if port in (None, 443) else f':{port}'}{rest}"


def _public_host(raw: str) -> str:
    """Returns a host name that contains a dot, is no IP address and has no private suffix."""
    try:
        name = host_name(raw)
    except Refused:
        raise Refused("Use a public host name such as hooks.example.com.") from None
    if looks_numeric(name):
        raise Refused("Use a host name, not an address.")
    private = any(name == suffix or name.endswith(f".{suffix}") for suffix in _PRIVATE_SUFFIXES)
    if "." not in name or private:
        raise Refused("Use a public host name: this one is only reachable inside a network.")
    return name
