"""Host names as A-labels, and names that a resolver would read as an IP address."""

import ipaddress
import re

import idna

from webui.values.text import Refused

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def host_name(raw: str) -> str:
    """Returns the host name in lower case A-labels, or a dotted IPv4 address."""
    try:
        name = idna.encode(raw.removesuffix("."), uts46=True, transitional=False).decode().lower()
    except (idna.IDNAError, UnicodeError):
        name = ""
    if looks_numeric(name):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise Refused("Enter a host name or a complete IPv4 address.") from None
    if not name or len(name) > 253 or not all(_LABEL.fullmatch(x) for x in name.split(".")):
        raise Refused("Enter a host name such as sip.example.com, or an IPv4 address.")
    return name


def looks_numeric(name: str) -> bool:
    """Whether a resolver would read the name as an IP address (WHATWG URL, ends in a number)."""
    return bool(re.fullmatch(r"[0-9]+|0x[0-9a-f]*", name.rpartition(".")[2]))
