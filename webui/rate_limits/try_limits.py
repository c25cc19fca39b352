"""The limits, their delays, and the counters of each kind of try.

- *account and address* together: five tries, then 2 seconds, doubled up to 15 minutes. This
  delay stops guessing, and does not affect people who sign in from other addresses.
- *address*: thirty wrong tries for accounts that have not used it before, then 10 seconds up to
  15 minutes. An IPv6 /64 counts as one address, because one customer has all of it.
- *account*: against attacks from many addresses. Only the first three tries of each address
  count, so one address alone cannot reach the limit; after thirty, each try waits 1 to 30 seconds.
- A *known device* (a browser that has signed in to the account before, see
  ``accounts.sessions.known_devices``) has only its own counter. Tries from an address that the
  account used recently have only the counter of account and address. So neither strangers
  elsewhere nor others behind the same address can lock the owner out (OWASP, "Slow Down Online
  Guessing Attacks with Device Cookies"; ASVS 5.0, 6.3.1).

Names are counted as typed, whether or not an account exists, under a keyed hash. An account with
two names (username and e-mail address) must not have two budgets, so each sign-in is counted once
more for the account itself. That delay is *silent*: were it told, the wait of one name after wrong
tries with the other would tell that both belong to one account (ASVS 5.0, 6.3.8).
"""

import hmac
import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from webui.core.extensions import keyring
from webui.crypto.keyring import join


@dataclass(frozen=True)
class Limit:
    """How many tries are free, and how the delay grows after them.

    ``forget``: the time without tries after which the counter is zero again. ``clears``: a right
    try sets the counter to zero; otherwise it only takes back its own count.
    """

    kind: str
    free: int
    first: timedelta
    most: timedelta
    forget: timedelta
    clears: bool = False

    def delay(self, tries: int) -> timedelta:
        """Returns the wait after this many tries."""
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
API_TOKEN = Limit("API token", 30, 10 * _SECOND, _LONGEST, _HOUR)
# How many tries of one address count for the whole account.
_SHARE = 3


@dataclass(frozen=True)
class Counter:
    """A limit for one subject, identified by ``of``.

    ``share``: count only the first so many tries of a source, which is the first of the counters
    that are used together.
    """

    limit: Limit
    of: tuple[str, ...]
    share: int | None = None

    @property
    def key(self) -> str:
        """The keyed hash that the database stores in place of names and addresses."""
        ring = keyring()
        subkey = ring.subkey(ring.primary, "throttle", "try_counters", "key")
        return hmac.digest(subkey, join(self.limit.kind, *self.of), "sha256").hex()


def by_address(limit: Limit, address: str | None) -> Counter:
    """Returns the counter of an address; sign-up and links need no other."""
    return Counter(limit, (network_of(address),))


def of_sign_in(
    name: str, address: str | None, device: str | None, known_address: bool
) -> list[Counter]:
    """Returns the counters of a sign-in; ``device``: the id of a known device of the account."""
    subject = (name.casefold(),)
    return _of_account(SIGN_IN, SIGN_IN_ACCOUNT, subject, address, device, known_address) + (
        [] if device or known_address else [by_address(SIGN_IN_ADDRESS, address)]
    )


def of_all_names(
    account: UUID | None, name: str, address: str | None, device: str | None, known_address: bool
) -> list[Counter]:
    """Returns the silent counters of a sign-in: of the account, whichever of its names was typed.

    A name that is no account's gets some of its own, so that both take the same work.
    """
    subject = ("account", account.hex) if account else ("nobody", name.casefold())
    return _of_account(SIGN_IN, SIGN_IN_ACCOUNT, subject, address, device, known_address)


def of_passkey(address: str | None, device: str | None) -> list[Counter]:
    """Returns the counters of a passkey sign-in; ``device``: a known device of any account."""
    if device:
        return [Counter(SIGN_IN, ("device", "passkey", device))]
    return [by_address(SIGN_IN_ADDRESS, address)]


def of_code(
    account: str, address: str | None, device: str | None, known_address: bool
) -> list[Counter]:
    """Returns the counters of entering a code after the right password."""
    return _of_account(CODE, CODE_ACCOUNT, (account,), address, device, known_address)


def _of_account(
    limit: Limit,
    whole: Limit,
    subject: tuple[str, ...],
    address: str | None,
    device: str | None,
    known: bool,
) -> list[Counter]:
    if device:
        return [Counter(limit, ("device", *subject, device))]
    one = [Counter(limit, ("address", *subject, network_of(address)))]
    return one if known else [*one, Counter(whole, subject, share=_SHARE)]


def network_of(address: str | None) -> str:
    """Returns the network that counts as one address: an IPv4 address, or the /64 of IPv6."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if parsed.version == 6:
        mapped = parsed.ipv4_mapped
        return str(mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
