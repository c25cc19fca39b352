"""A real server for browsers: gunicorn with demo data and one account per role."""

import http.client
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from config import ROOT, Config
from tests.apps import inside
from webui import create_app
from webui.accounts.sessions.sessions import IDLE
from webui.commands.setup import prepare
from webui.core.extensions import db, write_transaction
from webui.core.permissions import Role
from webui.models import Tenant, User, UserSession

BIN = Path(sys.executable).parent
TENANTS = 30
NORTHWIND = "Northwind Dental Group"
# Seconds until a server that does not answer is given up.
_DEADLINE = 60
_USERNAMES = {
    Role.SUPPORT: "mira.chen",
    Role.ADMIN: "noor.hadi",
    Role.AUDITOR: "lea.novak",
    Role.OWNER: "dana.reyes",
}


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in."""

    username: str
    password: str = field(repr=False)


class Server:
    """A running server, and the way to its database past the pages."""

    def __init__(self, app: Flask, origin: str, accounts: dict[str, Account], log: Path) -> None:
        self._app = app
        self._log = log
        self.origin = origin
        self.accounts = accounts

    def inside(self) -> AbstractContextManager[None]:
        """An application context on the server's database, as for a command."""
        return inside(self._app)

    def tenant_named(self, name: str) -> UUID:
        """The id of a tenant of the demo data."""
        with self.inside():
            return db.session.scalars(select(Tenant.id).where(Tenant.name == name)).one()

    def expire_sessions(self, username: str) -> None:
        """Lets somebody's sessions be idle for too long."""
        with self.inside(), write_transaction():
            query = select(UserSession).join(User).where(User.username == username)
            for session in db.session.scalars(query):
                session.last_used_at -= IDLE + timedelta(minutes=1)

    def complaints(self) -> str:
        """What the server logged besides starting and stopping."""
        return self._log.read_text("utf-8")


@contextmanager
def serving(
    instance: Path,
    tenants: int = TENANTS,
    database_url: str | None = None,
    settings: dict[str, str] | None = None,
    application: str = "wsgi:app",
) -> Iterator[Server]:
    """A server on an instance folder and a database of its own, ready to answer."""
    environment = _environment(instance, database_url) | (settings or {})
    # The commands run in here: a process for each would start the product six times.
    read_config = partial(Config.from_environment, environment)
    first = create_app(read_config(), setting_up=True)
    with inside(first):
        prepare(first, read_config)
    app = create_app(read_config())
    with inside(app):
        accounts = _fill(app, tenants)
    log = instance / "gunicorn.log"
    with _gunicorn(application, environment, log) as origin:
        yield Server(app, origin, accounts, log)


def _environment(instance: Path, database_url: str | None) -> dict[str, str]:
    """Nothing of the developer's own settings reaches the server."""
    settings = {"WEBUI_INSTANCE": str(instance), "WEBUI_ENV": "development"}
    if database_url:
        settings["DATABASE_URL"] = database_url
    foreign = ("WEBUI_", "DATABASE_URL", "GUNICORN_", "FLASK_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | settings


def _fill(app: Flask, tenants: int) -> dict[str, Account]:
    _command(app, "demo", "load", "--tenants", str(tenants))
    northwind = db.session.scalars(select(Tenant.id).where(Tenant.name == NORTHWIND)).one()
    return {
        role.value: _account(app, role, northwind if role is Role.OWNER else None) for role in Role
    }


def _account(app: Flask, role: Role, tenant: UUID | None) -> Account:
    account = Account(_USERNAMES[role], secrets.token_urlsafe(12))
    options = ["--username", account.username, "--email", f"{account.username}@console.example"]
    options += ["--role", role.value, "--password-stdin"]
    options += ["--tenant", str(tenant)] if tenant else []
    _command(app, "users", "create", *options, given=f"{account.password}\n")
    return account


def _command(app: Flask, *arguments: str, given: str = "") -> None:
    result = app.test_cli_runner().invoke(args=arguments, input=given)
    assert result.exit_code == 0, result.output


@contextmanager
def _gunicorn(application: str, environment: dict[str, str], log: Path) -> Iterator[str]:
    """The origin of a gunicorn as `make run` starts it, only smaller.

    It inherits a socket that listens already: the port is nobody else's, and the first
    request waits for a worker instead of being refused.
    """
    with log.open("w") as output, socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        address = listener.getsockname()
        command = [BIN / "gunicorn", application, "--bind", f"fd://{listener.fileno()}"]
        command += ["--workers", "2", "--threads", "2", "--log-level", "warning"]
        command += ["--no-control-socket", "--graceful-timeout", "1"]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(listener.fileno(),),
        )
    try:
        _wait_for(address, log)
        yield f"http://127.0.0.1:{address[1]}"
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(listener: tuple[str, int], log: Path) -> None:
    # No urllib: it would ask the proxy that the environment may name.
    connection = http.client.HTTPConnection(*listener, timeout=_DEADLINE)
    try:
        connection.request("GET", "/livez")
        assert connection.getresponse().read() == b"ok\n"
    except (OSError, http.client.HTTPException) as error:
        raise AssertionError(f"the server did not start: {log.read_text('utf-8')}") from error
    finally:
        connection.close()
