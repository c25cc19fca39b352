"""The people who act in the histories: owners and a few colleagues."""

from dataclasses import dataclass
from random import Random
from string import ascii_lowercase
from uuid import UUID

from sqlalchemy import select

from webui.core.extensions import db
from webui.core.permissions import Role
from webui.history.record.actions import Source
from webui.history.record.actor import Actor
from webui.models import User

# No password has this hash, so no one can sign in as a person of the demo.
UNUSABLE_HASH = "!"

STAFF = (
    ("sam.ortiz", Role.SUPPORT),
    ("ines.weber", Role.SUPPORT),
    ("tomasz.zielinski", Role.SUPPORT),
    ("aisha.bello", Role.SUPPORT),
    ("kenji.mori", Role.SUPPORT),
    ("ruth.levy", Role.ADMIN),
)
STAFF_DOMAIN = "tenant-console.example"

_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/26.1 Safari/605.1",
    "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36",
)
# Networks for documentation (RFC 5737): these addresses belong to no real person.
_OWNER_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
_STAFF_NETWORK = "10.2.0"


@dataclass(frozen=True, slots=True)
class Person:
    """An account that acts, and its address and browser."""

    id: UUID
    username: str
    role: str
    address: str
    agent: str

    def acting(self, source: Source, request: str | None) -> Actor:
        """Returns the person as the actor of a request."""
        return Actor(
            "user",
            str(self.id),
            self.username,
            self.role,
            source,
            request,
            self.address,
            self.agent,
        )


def owner(rng: Random, user_id: UUID, username: str) -> Person:
    """Creates an owner with an address on the internet."""
    address = f"{rng.choice(_OWNER_NETWORKS)}.{rng.randrange(1, 255)}"
    return Person(user_id, username, Role.OWNER.value, address, rng.choice(_AGENTS))


def colleague(number: int, user_id: UUID, username: str, role: str) -> Person:
    """Creates a colleague with an address in the office network."""
    address = f"{_STAFF_NETWORK}.{9 + number * 5}"
    return Person(user_id, username, role, address, _AGENTS[number % len(_AGENTS)])


def email_address(username: str, domain: str) -> str:
    """Returns the first name at the domain, with the number from the username."""
    first, _, last = username.partition(".")
    return f"{first}{last.lstrip(ascii_lowercase + '-')}@{domain}"


def existing_staff() -> dict[str, User]:
    """Returns the colleagues that an earlier run created, by username.

    A real person with the same username is excluded: no invented action is recorded as theirs.
    """
    roles = dict(STAFF)
    found = db.session.scalars(select(User).where(User.username_key.in_(roles)))
    return {
        user.username: user
        for user in found
        if user.password_hash == UNUSABLE_HASH and user.role == roles.get(user.username)
    }


class Usernames:
    """Gives each account a unique username, also with regard to accounts of earlier runs."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def claim(self, wanted: str) -> str:
        """Returns the wanted name, with the next free number when it is taken."""
        if wanted not in self._last:
            self._last[wanted] = _highest(wanted)
        self._last[wanted] += 1
        number = self._last[wanted]
        return wanted if number == 1 else f"{wanted}{number}"


def _highest(wanted: str) -> int:
    """Returns the highest number after the name in the database; the bare name counts as 1.

    Uses one range of the unique index instead of reading every account.
    """
    key = User.username_key
    taken = db.session.scalars(select(key).where(key >= wanted, key < f"{wanted}:"))
    numbers = (name[len(wanted) :] for name in taken)
    return max((int(n or "1") for n in numbers if not n or n.isdecimal()), default=0)
