"""From what a person typed to the value that is stored.

Each function takes text and gives the normalised value, or raises :class:`Refused` with a
sentence for the person who typed it. None of them knows a form or a database.
"""

import ipaddress
import json
import re
import unicodedata
from typing import Any
from urllib.parse import SplitResult, urlsplit

import idna

from webui.limits import FIELDS, MAX_SAFE_INTEGER, Metadata, Sealed, Text, Whole


class Refused(ValueError):
    """The text cannot be accepted; the message says why, without repeating the text."""


# Format characters (Cf) that are visible letters of their script; every other one is
# invisible or turns the reading direction.
_VISIBLE_FORMAT = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
# Letters and marks that render as nothing (Unicode: Default_Ignorable_Code_Point).
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2065\u2800\u3164\uffa0") | frozenset(
    chr(code) for code in range(0xFFF0, 0xFFF9)
)


def clean_text(raw: str) -> str:
    """Text in NFC without white space at its ends."""
    return unicodedata.normalize("NFC", raw).strip()


def text(raw: str, field: Text) -> str:
    """One line of text within the field's limits.

    Refuses control, bidirectional and zero-width characters (Unicode TR 36, 3.1: spoofing).
    """
    value = clean_text(raw)
    if not value and field.minimum:
        raise Refused(f"Enter a {field.label.lower()}.")
    if any(_is_hidden(character) for character in value):
        raise Refused("Remove the invisible, control or direction-changing characters.")
    if value and not any(unicodedata.category(character)[0] in "LNPS" for character in value):
        raise Refused("Use at least one character that can be seen.")
    if not field.minimum <= len(value) <= field.maximum:
        raise Refused(
            f"Use {field.minimum} to {field.maximum} characters. This has {len(value):,}."
        )
    return value


def _is_hidden(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cf":
        return character not in _VISIBLE_FORMAT
    return category in {"Cc", "Cs", "Zl", "Zp"} or character in _INVISIBLE


def search_key(value: str) -> str:
    """The form in which names are searched and sorted: no case, no accents."""
    decomposed = unicodedata.normalize("NFKD", value.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold().strip()


def whole_number(raw: str, field: Whole) -> int:
    """A whole number of the digits 0-9 within the field's limits."""
    value = raw.strip()
    # Leading zeros are harmless; a longer text than the limit's cannot be inside it.
    digits = value.lstrip("0") or "0"
    if not re.fullmatch(r"[0-9]+", value) or len(digits) > len(str(field.maximum)):
        raise Refused(field.rule)
    if not field.minimum <= int(digits) <= field.maximum:
        raise Refused(field.rule)
    return int(digits)


USERNAME = re.compile(r"[A-Za-z0-9._-]{3,50}")
"""What a username may look like; compared without case."""

# --- SIP -------------------------------------------------------------------------------

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
# RFC 3261, 25.1: user = 1*(unreserved / escaped / user-unreserved), here without escapes.
_SIP_USER = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,;?/]+")


def sip_domain(raw: str) -> str | None:
    """A host name as A-labels (IDNA 2008, RFC 5891) or an IPv4 address, with optional port."""
    value = clean_text(raw)
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
    return _within(result, "sip_domain")


def host_name(raw: str) -> str:
    """A host name in lower case A-labels, or a dotted IPv4 address."""
    try:
        name = idna.encode(raw.removesuffix("."), uts46=True, transitional=False).decode().lower()
    except (idna.IDNAError, UnicodeError):
        name = ""
    if _looks_numeric(name):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise Refused("Enter a host name or a complete IPv4 address.") from None
    if not name or len(name) > 253 or not all(_LABEL.fullmatch(x) for x in name.split(".")):
        raise Refused("Enter a host name such as sip.example.com, or an IPv4 address.")
    return name


def _looks_numeric(name: str) -> bool:
    """Whether a resolver would read the name as an address (WHATWG URL, ends in a number)."""
    return bool(re.fullmatch(r"[0-9]+|0x[0-9a-f]*", name.rpartition(".")[2]))


def _port(raw: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", raw) or not 1 <= int(raw) <= 65_535:
        raise Refused("Enter a port from 1 to 65,535 after the colon.")
    return int(raw)


def sip_username(raw: str) -> str | None:
    """The user part of a SIP URI (RFC 3261, 25.1) without percent escapes."""
    value = clean_text(raw)
    if not value:
        return None
    if not _SIP_USER.fullmatch(value):
        raise Refused("Use letters, digits and - _ . ! ~ * ' ( ) & = + $ , ; ? / only.")
    return _within(value, "sip_username")


def sip_password(raw: str) -> str | None:
    """Printable ASCII exactly as typed; blank means that nothing was typed."""
    if not raw:
        return None
    field = sealed("sip_password")
    if not re.fullmatch(r"[\x20-\x7e]+", raw):
        raise Refused("Use printable ASCII characters only. A mask is not a password.")
    if not field.minimum <= len(raw) <= field.maximum:
        raise Refused(f"Use {field.minimum} to {field.maximum} characters.")
    if len(set(raw)) == 1:
        raise Refused("That looks like a mask, not like a password. Type the real one.")
    return raw


# --- Webhook ---------------------------------------------------------------------------

_PRIVATE_SUFFIXES = ("localhost", "local", "internal", "home.arpa")
_WEBHOOK_PORTS = (443, 8443)
# RFC 3986: path and query characters, percent escapes complete.
_URL_REST = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*")


def webhook_url(raw: str) -> str | None:
    """An https URL with a public-looking host name, normalised (RFC 3986, 6.2.2)."""
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
    return _within(_normal_url(parts, _public_host(parts.hostname), port), "webhook_url")


def _normal_url(parts: SplitResult, host: str, port: int | None) -> str:
    rest = parts.path + (f"?{parts.query}" if parts.query else "")
    if not _URL_REST.fullmatch(rest):
        raise Refused("Percent-encode the characters that a URL cannot hold.")
    return f"https://{host}{'' if port in (None, 443) else f':{port}'}{rest}"


def _public_host(raw: str) -> str:
    """A host name with a dot that is no address and under no private suffix."""
    try:
        name = host_name(raw)
    except Refused:
        raise Refused("Use a public host name such as hooks.example.com.") from None
    if _looks_numeric(name):
        raise Refused("Use a host name, not an address.")
    private = any(name == suffix or name.endswith(f".{suffix}") for suffix in _PRIVATE_SUFFIXES)
    if "." not in name or private:
        raise Refused("Use a public host name: this one is only reachable inside a network.")
    return name


# --- Metadata --------------------------------------------------------------------------


def meta_data(raw: str) -> dict[str, Any]:
    """A JSON object within the limits of the field, its key order kept."""
    field = FIELDS["meta_data"]
    assert isinstance(field, Metadata)
    if not raw.strip():
        return {}
    value = _parse_json(raw)
    if not isinstance(value, dict):
        raise Refused('Enter a JSON object: { "key": "value" }.')
    keys = _check_nesting(value, field.maximum_depth)
    if keys > field.maximum_keys:
        raise Refused(f"Use at most {field.maximum_keys} keys in all. This has {keys:,}.")
    try:
        size = len(compact_json(value).encode())
    except UnicodeEncodeError:
        raise Refused("Remove the incomplete character escapes (lone surrogates).") from None
    if size > field.maximum_bytes:
        raise Refused(f"Use at most {field.maximum_bytes:,} bytes. This has {size:,}.")
    return value


def compact_json(value: Any) -> str:
    """JSON without white space, characters as themselves."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _parse_json(raw: str) -> Any:
    try:
        return json.loads(
            raw,
            object_pairs_hook=_unique_keys,
            parse_float=_no_float,
            parse_constant=_no_float,
            parse_int=_safe_integer,
        )
    except Refused:
        raise
    except json.JSONDecodeError as error:
        raise Refused(f"This is not JSON: line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise Refused("This is nested too deeply.") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refused(f"The key {json.dumps(twice)} stands twice.")
    return result


def _no_float(_text: str) -> None:
    raise Refused("Use whole numbers only; write others as text.")


def _safe_integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > MAX_SAFE_INTEGER:
        raise Refused(f"Use numbers up to {MAX_SAFE_INTEGER:,}; write larger ones as text.")
    return int(digits)


def _check_nesting(value: Any, depth: int) -> int:
    """The number of keys at all levels; refuses NUL and more levels than ``depth``."""
    if isinstance(value, str) and "\0" in value:
        raise Refused("Remove the NUL characters.")
    if not isinstance(value, dict | list):
        return 0
    if depth == 0:
        raise Refused(f"Nest at most {FIELDS['meta_data'].maximum_depth} levels deep.")  # type: ignore[attr-defined]
    if isinstance(value, list):
        return sum(_check_nesting(item, depth - 1) for item in value)
    _check_nesting("".join(value), depth)
    return len(value) + sum(_check_nesting(item, depth - 1) for item in value.values())


def sealed(name: str) -> Sealed:
    """The field as one that is stored encrypted."""
    field = FIELDS[name]
    assert isinstance(field, Sealed)
    return field


def _within(value: str, name: str) -> str:
    maximum = sealed(name).maximum
    if len(value) > maximum:
        raise Refused(f"Use at most {maximum:,} characters. This has {len(value):,}.")
    return value
