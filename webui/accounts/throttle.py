"""Growing delays against guessing, counted in the database so that all processes agree.

A try is counted *before* it is judged (:func:`start`), in a write transaction of its own, and
taken back when it was right (:func:`forgive`): a hundred tries sent at the same moment get no
further than a hundred in a row. A try that must wait is refused without being judged, and
neither counts nor prolongs the delay. What a try is counted under:

- *account and address* together: five tries, then 2 seconds, doubled up to 15 minutes. This is
  the delay that stops guessing, and it hurts nobody who signs in from elsewhere.
- *address*: thirty wrong tries, whatever the account, then 10 seconds up to 15 minutes. An IPv6
  /64 counts as one address, because one customer has all of it.
- *account*: against many addresses at once. Only the first three tries of each address count,
  so no single address can reach it; after thirty a try has to wait for 1 to 30 seconds.
- A *known device* (a browser that has signed in to the account before, see
  :mod:`webui.accounts.devices`) is counted by itself alone, and an address that the account has
  used lately is spared the account's delay: the owner gets in while strangers guess
  (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"; ASVS 5.0, 6.3.1).

Names are counted as typed, whether they are an account's or not, under a keyed hash.

Use: ``start(counters, actor)`` first; it raises :class:`TooMany`. When the try was right,
``forgive(counters)`` inside the transaction that acts on it, before its history entry.
"""

import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from webui.audit.actions import Action, Outcome
from webui.audit.log import Actor, record
from webui.crypto.keyring import join
from webui.extensions import db, is_sqlite, keyring, write_transaction
from webui.models import TryCounter
from webui.models.columns import Audited, now
from webui.models.tenant import Change
from webui.values.durations import whole_seconds

# A refused try is told in the history once a delay, and never more often than this.
_TELL_EVERY = timedelta(minutes=1)
_PURGED_AT_ONCE = 100


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


class TooMany(Exception):
    """The try was not judged; ``wait`` is how long to wait before the next one."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {whole_seconds(wait)} seconds")
        self.wait = wait


def by_address(limit: Limit, address: str | None) -> Counter:
    """A counter of an address: all that sign-up and links need."""
    return Counter(limit, (network_of(address),))


def of_sign_in(
    name: str, address: str | None, device: str | None, known_address: bool
) -> list[Counter]:
    """The counters of a try to sign in; ``device`` is the mark of a device that knows the name."""
    return _of_account(SIGN_IN, SIGN_IN_ACCOUNT, name, address, device, known_address) + (
        [] if device else [by_address(SIGN_IN_ADDRESS, address)]
    )


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


def start(counters: Sequence[Counter], actor: Actor) -> None:
    """Counts a try that is about to be judged. Raises TooMany when it has to wait.

    ``actor`` stands in the history's entry about the delay. Opens its own write transaction.
    """
    with write_transaction():
        wait = count(counters, actor)
    if wait:
        raise TooMany(wait)


def count(counters: Sequence[Counter], actor: Actor) -> timedelta | None:
    """Like :func:`start` inside the caller's write transaction: how long to wait, or None.

    The caller must not write anything after being told to wait.
    """
    at = now()
    rows = _locked(counters, at)
    _purge(at, [row.key for row in rows])
    slowest = max(rows, key=lambda row: row.free_at or at)
    wait = (slowest.free_at or at) - at
    if wait > timedelta(0):
        _refuse(slowest, wait, at, counters[0].limit.kind, actor)
        return wait
    for counter, row in zip(counters, rows, strict=True):
        if counter.share is None or rows[0].tries <= counter.share:
            _note(counter.limit, row, at, row.tries + 1)
    return None


def forgive(counters: Sequence[Counter]) -> None:
    """Takes a try back that was right, in the current write transaction."""
    at = now()
    rows = _locked(counters, at)
    counted = [c.share is None or rows[0].tries <= c.share for c in counters]
    for counter, row, was_counted in zip(counters, rows, counted, strict=True):
        if counter.limit.clears:
            _note(counter.limit, row, at, 0)
        elif was_counted:
            _note(counter.limit, row, at, max(0, row.tries - 1))


def _locked(counters: Sequence[Counter], at: datetime) -> list[TryCounter]:
    """The counters' rows, made where they are missing, locked until the commit.

    Always in the order of their keys, so that two tries cannot wait for each other.
    """
    keys = {counter.key: counter.limit for counter in counters}
    fresh = {"tries": 0, "refused": 0, "last_at": at}
    values = [
        {"key": key, "kind": keys[key].kind, "expires_at": at + keys[key].forget, **fresh}
        for key in sorted(keys)
    ]
    # Both dialects lock the row that is there; neither can lose it to a purge meanwhile.
    insert = (sqlite if is_sqlite() else postgresql).insert(TryCounter).values(values)
    db.session.execute(
        insert.on_conflict_do_update(index_elements=["key"], set_={"key": insert.excluded.key})
    )
    found = {
        row.key: row
        for row in db.session.scalars(
            select(TryCounter)
            .where(TryCounter.key.in_(keys))
            .execution_options(populate_existing=True)
        )
    }
    for key, limit in keys.items():
        _forget_old(found[key], limit, at)
    return [found[counter.key] for counter in counters]


def _forget_old(row: TryCounter, limit: Limit, at: datetime) -> None:
    if at - row.last_at >= limit.forget:
        row.tries, row.free_at, row.refused, row.told_at = 0, None, 0, None


def _note(limit: Limit, row: TryCounter, at: datetime, tries: int) -> None:
    """Sets a counter, and the delay that follows from it."""
    delay = limit.delay(tries)
    row.tries, row.last_at = tries, at
    row.free_at = at + delay if delay and tries else None
    row.expires_at = at + limit.forget


def _refuse(row: TryCounter, wait: timedelta, at: datetime, kind: str, actor: Actor) -> None:
    """Notes a try that must wait; tells the first of a delay, and how many came before it."""
    row.refused += 1
    told = row.told_at
    if told and (told >= row.last_at or at - told < _TELL_EVERY):
        return
    changes = [
        Change("tried", Audited.PLAIN, None, kind),
        Change("wait_seconds", Audited.PLAIN, None, whole_seconds(wait)),
        Change("refused_tries", Audited.PLAIN, None, row.refused),
    ]
    row.refused, row.told_at = 0, at
    record(Action.TRY_DELAYED, actor, outcome=Outcome.DENIED, changes=changes)


def _purge(at: datetime, used: Sequence[str]) -> None:
    """Removes counters that mean nothing any more, a few at a time and never those in use."""
    old = (
        select(TryCounter.key)
        .where(TryCounter.expires_at < at, TryCounter.key.not_in(used))
        .limit(_PURGED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    statement = delete(TryCounter).where(TryCounter.key.in_(old))
    db.session.execute(statement, execution_options={"synchronize_session": False})
