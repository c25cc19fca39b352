"""A worker in a process of its own, to be killed.

Its settings are the configuration's own, the receiver's port and the authority's file. Every
name is this machine and every port the receiver's.
"""

import ipaddress
import ssl
import time
from pathlib import Path
from typing import Any

from config import Config
from tests.receivers import LOOPBACK
from webui import create_app
from webui.jobs import Run
from webui.webhooks.delivery import sending
from webui.webhooks.delivery.client import Transport, open_socket


def outside(port: int, authority: str) -> Transport:
    """The world of a worker that knows one receiver."""
    here = ipaddress.ip_address("127.0.0.1")
    return Transport(
        allow=LOOPBACK,
        resolver=lambda _host: ["127.0.0.1"],
        connector=lambda _address, _port, seconds: open_socket(here, port, seconds),
        trust=lambda: ssl.create_default_context(cafile=authority),
    )


def main(settings: dict[str, Any]) -> None:
    """Delivers until killed."""
    port, authority = settings.pop("port"), settings.pop("authority")
    instance = Path(settings.pop("instance"))
    app = create_app(Config(instance=instance, **settings))
    app.extensions[sending.EXTENSION] = outside(port, authority)
    with app.app_context():
        while True:
            sending.deliver(Run())
            time.sleep(0.01)
