"""SIP credentials."""

import re

from webui.values.hosts import host_name
from webui.values.search_keys import plain_signs
from webui.values.text import Refused, clean_text, names_hidden, refuse_hidden, sealed, within

# RFC 3261, 25.1: user = 1*(unreserved / escaped / user-unreserved), here without escapes.
_SIP_USER = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,;?/]+")


@names_hidden
def sip_domain(raw: str) -> str | None:
    """Returns a host name (A-labels, RFC 5891) or IPv4 address, with an optional port.

    None for blank input.
    """
    maximum = sealed("sip_domain").maximum
    value = plain_signs(clean_text(raw, maximum))
    if not value:
        return None
    if re.search(r"\s", value):
        raise Refused("Enter a host name without spaces.")
    if "/" in value or "@" in value or value.lower().startswith(("sip:", "sips:")):
        raise Refused("Enter the host name alone, without scheme, user or path.")
    host, colon, port = value.partition(":")
    result = host_name(host)
    if colon:
        result += f":{_port(port)}"
    return within(result, maximum)


def _port(raw: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", raw) or not 1 <= int(raw) <= 65_535:
        raise Refused("Enter a port from 1 to 65,535 after the colon.")
    return int(raw)


@names_hidden
def sip_username(raw: str) -> str | None:
    """Returns the user part of a SIP URI (RFC 3261, 25.1), no percent escapes; None if blank."""
    maximum = sealed("sip_username").maximum
    value = plain_signs(clean_text(raw, maximum))
    if not value:
        return None
    if not _SIP_USER.fullmatch(value):
        raise Refused("Use letters, digits and - _ . ! ~ * ' ( ) & = + $ , ; ? / only.")
    return within(value, maximum)


def sip_password(raw: str) -> str | None:
    """Returns the password exactly as typed, in printable ASCII; None for empty input."""
    if not raw:
        return None
    field = sealed("sip_password")
    refuse_hidden(raw)
    if not re.fullmatch(r"[\x20-\x7e]+", raw):
        raise Refused("Use printable ASCII characters only. A mask is not a password.")
    if not field.minimum <= len(raw) <= field.maximum:
        raise Refused(f"Use {field.minimum} to {field.maximum} characters.")
    if len(set(raw)) == 1 and not raw.isalnum():
        raise Refused("That looks like a mask, not like a password. Type the real one.")
    return raw
