"""How the product opens a database and a write transaction."""

import threading

import pytest
from sqlalchemy import text

from tests.factories import make_tenant, make_user
from tests.raw import rows
from webui.core.extensions import db, is_sqlite, write_transaction
from webui.models import TenantUsage, User

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.both_databases]


class TestConnection:
    def test_sqlite_is_durable_and_strict(self, make_app):
        make_app()
        settings = {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "busy_timeout": 10_000,
        }
        if is_sqlite():
            found = {name: rows(f"PRAGMA {name}")[0][0] for name in settings}
            assert found == settings
        else:
            # On PostgreSQL it is the server that keeps what was committed.
            assert rows("SHOW transaction_isolation") == [("read committed",)]
            assert rows("SHOW lock_timeout") == [("10s",)]


def add_usage(tenant_id, month: str = "2026-11") -> None:
    db.session.add(TenantUsage(tenant_id=tenant_id, month=month))


class TestWriteTransaction:
    def test_saves_at_its_end(self):
        tenant_id = make_tenant().id
        with write_transaction():
            add_usage(tenant_id)
        assert len(rows("SELECT * FROM tenant_usage")) == 1

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
    def test_takes_everything_back_on_any_error(self, error):
        tenant_id = make_tenant().id
        with pytest.raises(error), write_transaction():
            add_usage(tenant_id)
            db.session.flush()
            raise error
        assert not db.session().in_transaction()
        assert rows("SELECT * FROM tenant_usage") == []

    def test_forgets_what_was_not_saved_before(self):
        add_usage(make_tenant().id)
        with write_transaction():
            pass
        assert rows("SELECT * FROM tenant_usage") == []

    def test_reads_what_others_saved_since(self):
        user = make_user(time_zone="UTC")
        assert user.time_zone == "UTC"
        change_zone("Asia/Tokyo")
        with write_transaction():
            assert db.session.get_one(User, user.id).time_zone == "Asia/Tokyo"

    def test_leaves_no_transaction_open(self):
        with write_transaction():
            make_nothing()
        assert not db.session().in_transaction()

    def test_lets_one_writer_wait_for_another(self, app):
        tenant_id = make_tenant().id
        entered, outcome = threading.Event(), []

        def write_too():
            with app.app_context():
                entered.set()
                with write_transaction():
                    outcome.append(count_usage())
                    add_usage(tenant_id, "2026-12")

        thread = threading.Thread(target=write_too)
        with write_transaction():
            add_usage(tenant_id)
            db.session.flush()
            thread.start()
            entered.wait()
        thread.join()
        months = {month for (month,) in rows("SELECT month FROM tenant_usage")}
        assert months == {"2026-11", "2026-12"}
        # On SQLite the second one begins only after the first one ended.
        assert outcome == [1] or not is_sqlite()


def change_zone(zone: str) -> None:
    """As another process would, on a connection of its own."""
    with db.engine.connect() as connection:
        connection.execute(text("UPDATE users SET time_zone = :zone"), {"zone": zone})
        connection.commit()


def make_nothing() -> None:
    db.session.execute(text("SELECT 1"))


def count_usage() -> int:
    return db.session.scalar(text("SELECT count(*) FROM tenant_usage"))
