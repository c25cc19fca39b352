"""The address guard: which addresses a delivery may connect to.

A customer chooses the URL, so without this guard the console could be used to reach machines that
only it can reach (SSRF: CWE-918, OWASP ASVS 5.0 1.3.6). A name is resolved once, every address of
it must be public, and the connection is made to one of the addresses that were checked.

``ipaddress.is_global`` is not enough: it accepts addresses that contain another address
(::127.0.0.1, 64:ff9b::/96, 2002::/16), site-local and multicast ones, and public addresses that
clouds use internally. So the ranges are listed here, from IANA's special-purpose registries (RFC
6890).
"""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

from webui.values import Refused, webhook_url

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str], Sequence[str]]
_HTTPS = 443

_IPV4_CLOSED = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8",  # private use (RFC 1918)
        "100.64.0.0/10",  # shared by carriers (RFC 6598); Alibaba's metadata service
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host, behind a public number
        "169.254.0.0/16",  # link-local; metadata services of most clouds
        "172.16.0.0/12",  # private use
        "192.0.0.0/24",  # IETF protocols (RFC 6890); Oracle's metadata service
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.31.196.0/24",  # AS112 (RFC 7535)
        "192.52.193.0/24",  # AMT (RFC 7450)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "192.168.0.0/16",  # private use
        "192.175.48.0/24",  # AS112 (RFC 7534)
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# Everything that IANA assigns as global unicast. Outside of it are loopback, addresses that contain
# an IPv4 address, private, link-local, site-local, multicast and reserved ranges.
_IPV6_OPEN = IPv6Network("2000::/3")
_IPV6_CLOSED = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # IETF protocols: Teredo, ORCHID, benchmarks, AMT (RFC 2928)
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4, carries an IPv4 address (RFC 3056)
        "2620:4f:8000::/48",  # AS112 (RFC 7534)
        "3ffe::/16",  # the former 6bone (RFC 3701)
        "3fff::/20",  # documentation (RFC 9637)
    )
)


class Blocked(Exception):
    """The address guard forbids a delivery to this address."""


class NotFound(Exception):
    """The name has no address."""


class TooLate(Exception):
    """The time limit of the delivery has passed."""


def is_public(address: Address) -> bool:
    """Whether the address is reachable from the whole internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _IPV4_CLOSED)
    closed = any(address in network for network in _IPV6_CLOSED)
    return address in _IPV6_OPEN and address.scope_id is None and not closed


def check_addresses(texts: Sequence[str], allow: Sequence[Network]) -> list[Address]:
    """Convert the addresses of a name, in the same order.

    Raises Blocked unless every one is public or in a network of ``allow``, and NotFound when the
    list is empty.
    """
    addresses = [_parsed(text) for text in texts]
    if not addresses:
        raise NotFound
    for address in addresses:
        if not is_public(address) and not any(address in network for network in allow):
            raise Blocked
    return addresses


def target(url: str) -> tuple[str, int, str]:
    """Returns host, port and normalised text of a webhook URL; raises Blocked for any other URL.

    The form's validation is repeated here: a name that a resolver would read as an address
    (2130706433, 0x7f.1, full-width digits) is refused, even if it was stored in another way.
    """
    try:
        normal = webhook_url(url)
    except Refused:
        raise Blocked from None
    if normal is None:
        raise Blocked
    parts = urlsplit(normal)
    assert parts.hostname is not None
    return parts.hostname, parts.port or _HTTPS, normal


def resolve_host(host: str, resolver: Resolver, seconds: float) -> Sequence[str]:
    """Resolves a name once.

    Raises NotFound, and TooLate after ``seconds``. The system's resolver accepts no timeout, so it
    runs in a thread that is abandoned when it does not answer in time.
    """
    answers: queue.SimpleQueue[Sequence[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolver(host))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, name="webhook-resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TooLate from None
    if isinstance(answer, OSError | UnicodeError):
        raise NotFound
    return answer


def system_resolver(host: str) -> list[str]:
    """Resolves a name with the operating system's resolver. Raises OSError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _parsed(text: str) -> Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise Blocked from None
