"""Applications to test with: their configuration, and leaving nothing behind."""

import atexit
import base64
import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Iterator, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import event

from config import Config
from tests.client import Client
from webui import create_app
from webui.core.extensions import db, is_sqlite
from webui.crypto.keyring import new_keyring_json
from webui.web.endpoints import assets


def a_config(instance: Path, database_url: str, **overrides: Any) -> Config:
    """A configuration with fresh random keys."""
    values: dict[str, Any] = {
        "environment": "development",
        "secret_key": secrets.token_hex(32),
        "keyring": new_keyring_json(),
        "audit_key": base64.b64encode(secrets.token_bytes(32)).decode(),
        "checkpoints": instance / "checkpoints.jsonl",
        "require_mfa": "none",
        "password_cost": "cheap",
    }
    if overrides.get("environment") == "production":
        values["origin"] = "https://localhost"
    return Config(instance=instance, database_url=database_url, **{**values, **overrides})


def an_app(config: Config, **options: Any) -> Flask:
    """An application for tests: errors reach the test, clients are ours."""
    static = config.instance / "static"
    if not static.exists():
        config.instance.mkdir(parents=True, exist_ok=True)
        static.symlink_to(built_assets())
    app = create_app(config, **options)
    app.testing = True
    app.test_client_class = Client
    app.jinja_env.bytecode_cache = _compiled
    return app


class CompiledTemplates(BytecodeCache):
    """What this process compiled of templates, for the next application that renders them."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


_compiled = CompiledTemplates()


def without_waiting(app: Flask) -> Flask:
    """The application, on SQLite without waiting for the disk: its data need not outlive us."""

    def hurry(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    with app.app_context():
        if is_sqlite():
            close_connections(app)
            event.listen(db.engine, "connect", hurry)
    return app


def close_connections(app: Flask) -> None:
    """Closes what the application's pool still holds."""
    with app.app_context():
        db.engine.dispose()


@cache
def built_assets() -> Path:
    """The static files as served, made once: to compress them takes most of a second."""
    directory = Path(tempfile.mkdtemp(prefix="webui-static-"))
    atexit.register(shutil.rmtree, directory)
    assets.build_assets(assets.SOURCE, directory / "static")
    return directory / "static"


@contextlib.contextmanager
def inside(app: Flask, keeps_connections: bool = False) -> Iterator[None]:
    """An application context; afterwards no connection is open, or none is in use.

    A connection that is still in use then was leaked, and this says so.
    """
    with app.app_context():
        yield
        db.session.remove()
        leaked = db.engine.pool.checkedout()  # type: ignore[attr-defined]
        if leaked or not keeps_connections:
            db.engine.dispose()
    assert leaked == 0, f"{leaked} database connection(s) were never closed"


@contextlib.contextmanager
def left_as_found(app: Flask) -> Iterator[None]:
    """Takes back what a test changed in the settings, the extensions and the instance folder."""
    instance = app.extensions["webui_config"].instance
    before = set(instance.iterdir())
    with _restored(app.config), _restored(app.extensions):
        yield
    for path in set(instance.iterdir()) - before:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextlib.contextmanager
def _restored(mapping: MutableMapping[str, Any]) -> Iterator[None]:
    before = dict(mapping)
    yield
    mapping.clear()
    mapping.update(before)
