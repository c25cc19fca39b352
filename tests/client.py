"""The test client, and the wall around the network."""

import ipaddress
import socket
from contextvars import Context
from typing import Any

from flask import has_app_context
from flask.testing import FlaskClient

from webui.core.extensions import db


class Client(FlaskClient):
    """A browser without JavaScript; each client has its own cookies.

    A request runs outside the test's application context, as in a server: otherwise Flask
    would share the database session and the signed-in person between requests. The test's
    own transaction ends first, and its rows are read again: what the test sees afterwards
    is what was saved.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            db.session.rollback()
            db.session.expire_all()
        kwargs.setdefault("buffered", True)
        return Context().run(super().open, *args, **kwargs)


class NetworkUsed(Exception):
    """A test reached for another machine."""


def keep_to_this_machine(patch: Any) -> None:
    """Refuses connections and name look-ups beyond the loopback."""
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        _judge(host)
        return resolve(host, *args, **kwargs)

    patch.setattr(socket, "getaddrinfo", getaddrinfo)


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX:
            _judge(address[0])
        return connect(self, address)

    return guarded


def _judge(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return
    try:
        local = ipaddress.ip_address(name).is_loopback
    except ValueError:
        local = False
    if not local:
        raise NetworkUsed(f"tests use no network, and this one wants {name}")
