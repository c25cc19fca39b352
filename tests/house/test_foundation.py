"""The tests' own ground: no network, both databases, and nothing left behind."""

import socket
import urllib.request

import pytest
from sqlalchemy import text

from tests import databases
from tests.apps import inside
from tests.client import NetworkUsed
from tests.factories import make_tenant, make_user
from tests.history import count_entries
from tests.raw import everything
from webui.core.extensions import db, is_sqlite


class TestNetwork:
    @pytest.mark.parametrize("address", [("192.0.2.1", 443), ("8.8.8.8", 53), ("example.com", 80)])
    def test_is_off(self, address):
        with socket.socket() as outgoing, pytest.raises(NetworkUsed):
            outgoing.connect(address)
        with socket.socket() as outgoing, pytest.raises(NetworkUsed):
            outgoing.connect_ex(address)

    def test_names_are_not_looked_up(self):
        with pytest.raises(NetworkUsed):
            socket.getaddrinfo("example.com", 443)
        with pytest.raises(NetworkUsed):
            urllib.request.urlopen("http://example.com/")

    def test_this_machine_can_be_reached(self):
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            socket.create_connection(server.getsockname()) as outgoing,
        ):
            assert outgoing.getpeername() == server.getsockname()


class TestPostgresql:
    def test_its_absence_is_an_error_that_says_what_to_install(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="apt-get install postgresql"):
            databases.newest_binaries(tmp_path)

    def test_the_newest_one_is_taken(self, tmp_path):
        for version in ("9", "15", "17"):
            (tmp_path / version / "bin").mkdir(parents=True)
            (tmp_path / version / "bin" / "initdb").touch()
        assert databases.newest_binaries(tmp_path) == tmp_path / "17" / "bin"


@pytest.mark.both_databases
class TestDatabases:
    def test_both_kinds_are_used(self, app, request):
        assert is_sqlite() == ("sqlite" in request.node.name)

    @pytest.mark.parametrize("time", ["first", "second"])
    def test_every_test_finds_them_clean(self, app, time):
        found = {table for table, content in everything().items() if content}
        assert found - {"alembic_version"} == search_index()
        make_user("owner", tenant=make_tenant(sip_domain="a.example"))
        assert count_entries() == 2


def search_index() -> set[str]:
    """What an empty FTS5 index consists of."""
    parts = {"tenant_names_trigram_config", "tenant_names_trigram_data"}
    return parts if is_sqlite() else set()


class TestInside:
    def test_a_connection_that_stays_open_is_an_error(self, make_app):
        app = make_app()
        with pytest.raises(AssertionError, match="never closed"), inside(app):
            leaked = db.engine.connect()
            leaked.execute(text("SELECT 1"))
        leaked.detach()
        leaked.close()


class TestMakeApp:
    def test_gives_an_application_with_other_settings(self, make_app):
        app = make_app(currency="EUR", signup=False)
        config = app.extensions["webui_config"]
        assert (config.currency, config.signup) == ("EUR", False)
        make_tenant()
        assert count_entries() == 1


class TestConfig:
    def test_keys_pass_the_product_s_own_check(self, config):
        assert config.check_keys() is None
