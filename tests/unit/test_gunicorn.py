"""The server's own settings."""

import runpy

from gunicorn.config import Config

from config import ROOT


def test_no_header_says_where_the_product_is_mounted():
    """From an address that gunicorn trusts, as that of a proxy, a client could set it."""
    config = Config()
    assert "SCRIPT_NAME" in config.forwarder_headers
    for name, value in runpy.run_path(str(ROOT / "gunicorn.conf.py")).items():
        if name in config.settings:
            config.set(name, value)
    assert config.forwarder_headers == []
    assert config.limit_request_line == 8190
