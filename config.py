"""The settings, read once from the environment into a frozen dataclass.

No other code of the product reads environment variables. Secret values never appear in
``repr(config)`` or in an error message.
"""

import base64
import binascii
import ipaddress
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent
MINIMUM_SECRET_LENGTH = 32
KEY_LENGTH = 32
SAMPLE_WORDS = ("changeme", "change-me", "secret", "sample", "example", "password", "default")

SECRET_KEY_FILE = "secret_key"
KEYRING_FILE = "keyring.json"
AUDIT_KEY_FILE = "audit_key"
LOOPBACK = ("localhost", "127.0.0.1")
_PUBLIC_ADDRESS = "its public address, such as https://console.example"
_DEFAULT_PORTS = {"http": 80, "https": 443}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ConfigError(Exception):
    """A setting is missing or unusable. The message names the setting, never its value."""


@dataclass(frozen=True)
class Config:
    """All settings of the process.

    ``secret_key``, ``keyring`` and ``audit_key`` are None until ``setup`` has created them;
    :meth:`check_keys` raises when the process must not start with them.
    """

    instance: Path
    database_url: str
    environment: str = "production"
    secret_key: str | None = field(default=None, repr=False)
    keyring: str | None = field(default=None, repr=False)
    keyring_path: Path | None = None
    audit_key: str | None = field(default=None, repr=False)
    checkpoints: Path | None = None
    origin: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: int = 0
    require_mfa: str = "staff"
    signup: bool = True
    support_contact: str = ""
    currency: str = "USD"
    webhook_allow: tuple[Network, ...] = ()
    password_cost: str = "owasp"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Config":
        """Reads the settings that README's table lists.

        Raises ConfigError when a setting is invalid.
        """
        env = os.environ if environ is None else environ
        instance = Path(env.get("WEBUI_INSTANCE") or ROOT / "instance").absolute()
        environment = _choice(env, "WEBUI_ENV", ("production", "development"), "production")
        keyring, keyring_path = _keyring(env.get("WEBUI_KEYRING"), instance)
        default_mfa = "staff" if environment == "production" else "none"
        return cls(
            instance=instance,
            database_url=_database_url(env.get("DATABASE_URL"), instance),
            environment=environment,
            secret_key=env.get("WEBUI_SECRET_KEY") or read_text(instance / SECRET_KEY_FILE),
            keyring=keyring,
            keyring_path=keyring_path,
            audit_key=env.get("WEBUI_AUDIT_KEY") or read_text(instance / AUDIT_KEY_FILE),
            checkpoints=Path(env.get("WEBUI_CHECKPOINTS") or instance / "checkpoints.jsonl"),
            origin=_origin(env.get("WEBUI_ORIGIN")),
            allowed_hosts=_words(env.get("WEBUI_ALLOWED_HOSTS")),
            trusted_proxies=_count(env, "WEBUI_TRUSTED_PROXIES"),
            require_mfa=_choice(env, "WEBUI_REQUIRE_MFA", ("staff", "none"), default_mfa),
            signup=_choice(env, "WEBUI_SIGNUP", ("on", "off"), "on") == "on",
            support_contact=env.get("WEBUI_SUPPORT_CONTACT", ""),
            currency=_currency(env.get("WEBUI_CURRENCY") or "USD"),
            webhook_allow=_networks(env, "WEBUI_WEBHOOK_ALLOW"),
        )

    @property
    def production(self) -> bool:
        """Whether cookies require https and weak settings stop the start."""
        return self.environment == "production"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The accepted host names: WEBUI_ALLOWED_HOSTS, or else the origin's.

        Loopback names are accepted too in development.
        """
        if self.allowed_hosts:
            return self.allowed_hosts
        own = urlsplit(self.origin).hostname if self.origin else None
        return ((own,) if own else ()) + (() if self.production else LOOPBACK)

    def check_serving(self) -> None:
        """Raises ConfigError in production without a valid https origin.

        Without it, a client could choose the console's own address by its Host header.
        """
        if self.production and not self.origin:
            raise ConfigError(f"WEBUI_ORIGIN is not set: production needs {_PUBLIC_ADDRESS}")
        parts = urlsplit(self.origin or "")
        if self.production and parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ConfigError("WEBUI_ORIGIN must begin with https:// in production")

    def check_keys(self) -> None:
        """Raises ConfigError when a key is missing, short, a sample or used twice.

        ASVS 5.0 13.3.1 and 11.2: no start with a key that others may know.
        """
        keys = {
            "WEBUI_SECRET_KEY": self.secret_key,
            "WEBUI_KEYRING": self.keyring,
            "WEBUI_AUDIT_KEY": self.audit_key,
        }
        for name, value in keys.items():
            if not value:
                raise ConfigError(f"{name} is not set: run `flask --app wsgi setup` first")
        assert self.secret_key and self.keyring and self.audit_key
        _refuse_weak("WEBUI_SECRET_KEY", self.secret_key)
        materials = [("WEBUI_AUDIT_KEY", _decode_key("WEBUI_AUDIT_KEY", self.audit_key))]
        materials += [("WEBUI_KEYRING", raw) for raw in _ring_material(self.keyring)]
        materials += [("WEBUI_SECRET_KEY", raw) for raw in _spellings(self.secret_key)]
        seen: dict[bytes, str] = {}
        for name, raw in materials:
            if raw in seen:
                raise ConfigError(f"{name} repeats a key that {seen[raw]} already uses")
            seen[raw] = name


def read_text(path: Path) -> str | None:
    """Returns the stripped text of a file; None when it is missing or blank."""
    try:
        return path.read_text("utf-8").strip() or None
    except FileNotFoundError:
        return None


def _keyring(setting: str | None, instance: Path) -> tuple[str | None, Path | None]:
    """Returns the key ring's JSON and, when it is stored in a file, the path."""
    if setting and setting.lstrip().startswith("{"):
        return setting, None
    path = Path(setting) if setting else instance / KEYRING_FILE
    return read_text(path), path


def _database_url(setting: str | None, instance: Path) -> str:
    if not setting:
        return f"sqlite:///{instance / 'tenants.db'}"
    # Hosting platforms use both older spellings; SQLAlchemy needs the name of the driver.
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", setting)
    if not url.startswith(("sqlite://", "postgresql+psycopg://")):
        raise ConfigError("DATABASE_URL must begin with sqlite:/// or postgresql://")
    return url


def _choice(env: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = env.get(name) or default
    if value not in allowed:
        raise ConfigError(f"{name} must be one of: {', '.join(allowed)}")
    return value


def _count(env: Mapping[str, str], name: str) -> int:
    value = env.get(name) or "0"
    if not re.fullmatch(r"[0-9]{1,2}", value):
        raise ConfigError(f"{name} must be a whole number from 0 to 99")
    return int(value)


def _currency(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise ConfigError("WEBUI_CURRENCY must be an ISO 4217 code of three capital letters")
    return value


def _origin(setting: str | None) -> str | None:
    """Returns scheme, host and port as browsers write them (RFC 6454, 6.2).

    Lower case, without the default port, and with A-labels, because the origin that a browser
    sends with a passkey must be equal character by character.
    """
    origin = (setting or "").rstrip("/").lower()
    if not origin:
        return None
    matched = re.fullmatch(r"(https?)://([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::([0-9]{1,5}))?", origin)
    port = int(matched[3]) if matched and matched[3] else None
    if not matched or port not in (None, *range(1, 2**16)):
        raise ConfigError("WEBUI_ORIGIN must look like https://console.example")
    shown = "" if port in (None, _DEFAULT_PORTS[matched[1]]) else f":{port}"
    return f"{matched[1]}://{matched[2]}{shown}"


def _words(value: str | None) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[,\s]+", value or "") if word)


def _networks(env: Mapping[str, str], name: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(word) for word in _words(env.get(name)))
    except ValueError:
        raise ConfigError(f"{name} must list networks such as 10.20.0.0/16 or fd12::/48") from None


def _refuse_weak(name: str, value: str) -> None:
    if len(value) < MINIMUM_SECRET_LENGTH:
        raise ConfigError(f"{name} is shorter than {MINIMUM_SECRET_LENGTH} characters")
    if len(set(value)) < 10 or any(word in value.lower() for word in SAMPLE_WORDS):
        raise ConfigError(f"{name} looks like a sample, not like a random key")


def _decode_key(name: str, value: str) -> bytes:
    """Returns 32 random-looking bytes from base64. Raises ConfigError otherwise."""
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_LENGTH:
        raise ConfigError(f"{name} must be base64 of {KEY_LENGTH} bytes")
    if len(set(raw)) < 10:
        raise ConfigError(f"{name} looks like a sample, not like a random key")
    return raw


def _ring_material(text: str) -> list[bytes]:
    try:
        keys = json.loads(text)["keys"]
        return [_decode_key("WEBUI_KEYRING", value) for value in keys.values()]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError("WEBUI_KEYRING is not a key ring") from None


def _spellings(value: str) -> set[bytes]:
    """Returns all bytes that a text key may encode, to detect a copy of another key."""
    raws = {value.encode()}
    with suppress(ValueError):
        raws.add(bytes.fromhex(value))
    padded = value.replace("-", "+").replace("_", "/").rstrip("=")
    with suppress(binascii.Error, ValueError):
        raws.add(base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True))
    return raws
