"""Preparing a new machine: folders, tables, keys, and the demo accounts."""

import base64
import secrets
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from flask import Flask
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError

from config import AUDIT_KEY_FILE, SECRET_KEY_FILE, Config, ConfigError
from webui import migrations
from webui.accounts import operations
from webui.core.extensions import db, keyring, write_transaction
from webui.core.permissions import Role
from webui.crypto.keyfile import write_private
from webui.crypto.keyring import KeyRing, new_keyring_json
from webui.history.record.actor import Actor
from webui.keys.canary import check_keys, known_keys, register_keys
from webui.models import Tenant, User

_KEY_BYTES = 32
_OWNED = "Northwind Dental Group"


def prepare(app: Flask, read_config: Callable[[], Config]) -> Config:
    """Migrates the database, and creates the keys that neither settings nor database have.

    Returns the settings with the keys. Raises ConfigError when the database was written with keys
    that are missing now (new keys would make its secrets unreadable for ever), and when its role
    does not own the tables.
    """
    config: Config = app.extensions["webui_config"]
    config.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Before the migrations: one of them computes keyed hashes of stored tokens.
    if not config.secret_key:
        write_private(config.instance / SECRET_KEY_FILE, secrets.token_urlsafe(48) + "\n")
        config = app.extensions["webui_config"] = read_config()
    _migrate()
    _make_keys(config)
    config = read_config()
    config.check_keys()
    assert config.keyring
    app.extensions["webui_config"] = config
    app.extensions["keyring"] = KeyRing.from_json(config.keyring)
    check_keys()
    with write_transaction():
        register_keys(keyring())
    return config


def _migrate() -> None:
    try:
        migrations.upgrade()
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        raise ConfigError(
            "this database role may not change tables: run setup with DATABASE_URL naming their"
            " owner, then grant the role its rights (docs/postgresql-role.md)"
        ) from error


def _make_keys(config: Config) -> None:
    if not config.keyring:
        used = known_keys()
        if used:
            raise ConfigError(f"the database uses key {', '.join(used)}: restore the key ring")
        assert config.keyring_path
        write_private(config.keyring_path, new_keyring_json())
    if not config.audit_key:
        seed = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
        write_private(config.instance / AUDIT_KEY_FILE, seed + "\n")


def demo_accounts(path: Path, actor: Actor) -> dict[str, str]:
    """Creates one account per role, named after it; returns the passwords of the new ones.

    They are written to ``path`` first, so that a crash never leaves an account without a known
    password.
    """
    existing = set(db.session.scalars(select(User.username_key)))
    made = {r.value: secrets.token_urlsafe(12) for r in Role if r.value not in existing}
    if not made:
        return {}
    kept = path.read_text("utf-8") if path.exists() else ""
    write_private(path, kept + "".join(f"{name} {word}\n" for name, word in made.items()))
    for name, password in made.items():
        role = Role(name)
        tenant_id = _demo_tenant() if role is Role.OWNER else None
        email = f"{name}@console.example"
        operations.create_user(name, email, password, role, tenant_id, actor, "Demo account")
    return made


def _demo_tenant() -> UUID | None:
    named = db.session.scalars(select(Tenant.id).where(Tenant.name == _OWNED)).first()
    return named or db.session.scalars(select(Tenant.id).limit(1)).first()
