"""What a try is counted under, and how the delay of each limit grows.

- *account and address* together: five tries, then 2 seconds, doubled up to 15 minutes. This is
  the delay that stops guessing, and it hurts nobody who signs in from elsewhere.
- *address*: thirty wrong tries for accounts that are not known there, then 10 seconds up to 15
  minutes. An IPv6 /64 counts as one address, because one customer has all of it.
- *account*: against many addresses at once. Only the first three tries of each address count,
  so no single address can reach it; after thirty a try has to wait for 1 to 30 seconds.
- A *known device* (a browser that has signed in to the account before, see
  ``accounts.sessions.known_devices``) is counted by itself alone, and at an address the account
  has used lately it is counted by account and address alone: neither strangers elsewhere nor
  others behind the same address keep the owner out (OWASP, "Slow Down Online Guessing Attacks
  with Device Cookies"; ASVS 5.0, 6.3.1).

Names are counted as typed, whether they are an account's or not, under a keyed hash.
"""

import hmac
import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from webui.core.extensions import keyring
from webui.crypto.keyring import join


@dataclass(frozen=True)
class Limit:
    """How many tries are free, and how the delay after them grows.

    ``forget`` is how long nothing may be tried until the counter starts anew. With ``clears``
    a right try makes the counter zero; otherwise it only takes itself back.
    """

    kind: str
    free: int
    first: timedelta
    most: timedelta
    forget: timedelta
    clears: bool = False

    def delay(self, tries: int) -> timedelta:
        """How long to wait after this many tries."""
        if tries < self.free:
            return timedelta(0)
        # The exponent is bounded so that a long attack does not overflow a timedelta.
        return min(self.most, self.first * 2 ** min(tries - self.free, 20))


_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
_LONGEST = 15 * _MINUTE
SIGN_IN = Limit("sign-in", 5, 2 * _SECOND, _LONGEST, 24 * _HOUR, clears=True)
SIGN_IN_ADDRESS = Limit("sign-in address", 30, 10 * _SECOND, _LONGEST, _HOUR)
SIGN_IN_ACCOUNT = Limit("sign-in account", 30, _SECOND, 30 * _SECOND, 6 * _HOUR)
CODE = Limit("code", 5, 5 * _SECOND, _LONGEST, 24 * _HOUR, clears=True)
CODE_ACCOUNT = Limit("code account", 20, 30 * _SECOND, _LONGEST, 24 * _HOUR)
OWN_PASSWORD = Limit("password check", 5, 2 * _SECOND, _LONGEST, 24 * _HOUR, clears=True)
SIGN_UP = Limit("sign-up", 5, 10 * _MINUTE, 6 * _HOUR, 24 * _HOUR)
LINK = Limit("link", 10, 10 * _SECOND, _LONGEST, _HOUR)
# How many tries of one address count for the whole account.
_SHARE = 3


@dataclass(frozen=True)
class Counter:
    """A limit on one thing, named by ``of``; ``share`` counts the first tries of a source only.

    The source is the first of the counters that are used together.
    """

    limit: Limit
    of: tuple[str, ...]
    share: int | None = None

    @property
    def key(self) -> str:
        """What the database keeps instead of names and addresses."""
        ring = keyring()
        subkey = ring.subkey(ring.primary, "throttle", "try_counters", "key")
        return hmac.digest(subkey, join(self.limit.kind, *self.of), "sha256").hex()


def by_address(limit: Limit, address: str | None) -> Counter:
    """A counter of an address: all that sign-up and links need."""
    return Counter(limit, (network_of(address),))


def of_sign_in(
    name: str, address: str | None, device: str | None, known_address: bool
) -> list[Counter]:
    """The counters of a try to sign in; ``device`` is the mark of a device that knows the name."""
    return _of_account(SIGN_IN, SIGN_IN_ACCOUNT, name, address, device, known_address) + (
        [] if device or known_address else [by_address(SIGN_IN_ADDRESS, address)]
    )


def of_passkey(address: str | None, device: str | None) -> list[Counter]:
    """The counters of a try to sign in by a passkey; ``device`` knows any account."""
    if device:
        return [Counter(SIGN_IN, ("device", "passkey", device))]
    return [by_address(SIGN_IN_ADDRESS, address)]


def of_code(
    account: str, address: str | None, device: str | None, known_address: bool
) -> list[Counter]:
    """The counters of a try to enter a code after the right password."""
    return _of_account(CODE, CODE_ACCOUNT, account, address, device, known_address)


def _of_account(
    limit: Limit, whole: Limit, name: str, address: str | None, device: str | None, known: bool
) -> list[Counter]:
    name = name.casefold()
    if device:
        return [Counter(limit, ("device", name, device))]
    one = [Counter(limit, ("address", name, network_of(address)))]
    return one if known else [*one, Counter(whole, (name,), share=_SHARE)]


def network_of(address: str | None) -> str:
    """What counts as one address: IPv4 by itself, the /64 of IPv6."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if parsed.version == 6:
        mapped = parsed.ipv4_mapped
        return str(mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
