"""CHECK constraints: no limit of DESIGN 2.1 can be passed by writing around the code."""

from contextlib import suppress

import pytest
from sqlalchemy.exc import DBAPIError

from tests.factories import make_tenant, make_user
from tests.raw import each_refused, new_entry, refused, rows, run
from webui.core.catalogue import FIELDS
from webui.core.extensions import db, is_sqlite
from webui.core.field_types import Choice, Sealed, Switch, Whole

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def tenant(app):
    """A tenant with everything that SIP needs."""
    return make_tenant(sip_domain="a.example", sip_username="a", sip_password="hunter2 hunter2")


def beyond(field):
    """What a field of a kind may not be, as SQL after its name."""
    if isinstance(field, Whole):
        return [str(field.minimum - 1), str(field.maximum + 1)]
    if isinstance(field, Sealed):
        return ["'in plain text'", "''"]
    longest = field.open_maximum if isinstance(field, Choice) else None
    return ["''", f"repeat('x', {longest + 1})" if longest else "'nonsense'"]


BY_KIND = {
    f"{name}_limits": [f"{name} = {value}" for value in beyond(field)]
    for name, field in FIELDS.items()
    if isinstance(field, Choice | Sealed | Whole)
}
LIMITS = {
    **BY_KIND,
    "name_limits": ["name = ''", "name = repeat('x', 256)"],
    "status_limits": ["status = 'closed'", "status = ''", "status = 'Active'"],
    "blocked_services_limits": [
        "status = 'suspended', blocked_services = '[\"sip\",\"calls\"]'",
        "status = 'suspended', blocked_services = '[\"calls\",\"calls\"]'",
        "status = 'suspended', blocked_services = '[\"fax\"]'",
        "status = 'suspended', blocked_services = '[ \"calls\" ]'",
        "status = 'suspended', blocked_services = ''",
    ],
    "blocked_services_status": [
        "status = 'suspended'",
        "blocked_services = '[\"calls\"]'",
        "status = 'blocked', blocked_services = '[\"calls\"]'",
    ],
    "recording_format_limits": ["recording_format = 'avi'", "recording_format = 'MP4'"],
    "webhook_secret_previous_limits": ["webhook_secret_previous = 'whsec_x'"],
    "sip_needs": [
        "sip_enabled = true, sip_domain = NULL",
        "sip_enabled = true, sip_username = NULL",
        "sip_enabled = true, sip_password = NULL",
    ],
    "encryption_needed": [
        "hipaa_enabled = true, data_encryption_enabled = false",
        "pci_enabled = true, data_encryption_enabled = false",
    ],
    "meta_data_limits": ["meta_data = repeat('x', 16385)", "meta_data = repeat('€', 5462)"],
}
WHOLE = [name for name, field in FIELDS.items() if isinstance(field, Whole)]
SWITCHES = [name for name, field in FIELDS.items() if isinstance(field, Switch)]


class TestLimits:
    def test_every_check_of_a_tenant_is_attacked(self):
        prefix = "ck_tenants_"
        names = {
            constraint.name.removeprefix(prefix)
            for constraint in db.metadata.tables["tenants"].constraints
            if constraint.name.startswith(prefix)
        }
        types = {f"{column}_type" for column in (*WHOLE, *SWITCHES)}
        # The triggers refuse a wrong version before the CHECK is asked.
        assert names - types - {"version_positive"} == set(LIMITS)

    def test_hold_in_the_database(self):
        for check, changes in LIMITS.items():
            # PostgreSQL's column types refuse some of it before the CHECK does.
            each_refused(map(changed, changes), match=rf"ck_tenants_{check}|value too long")

    def test_nothing_is_null(self):
        columns = ("name", "retention_days", "hipaa_enabled", "meta_data")
        each_refused((changed(f"{name} = NULL") for name in columns), match="(?i)not.null")

    @pytest.mark.parametrize("value", ["5.5", "'ten'", "'5 days'"])
    def test_whole_numbers_stay_whole(self, value):
        for column in WHOLE:
            change_with_entry(f"{column} = {value}")
            # PostgreSQL rounds 5.5, which is one way not to store it.
            assert isinstance(rows(f"SELECT {column} FROM tenants")[0][0], int), column

    @pytest.mark.parametrize("value", ["2", "-1", "'maybe'", "0.5"])
    def test_switches_stay_on_or_off(self, value):
        for column in SWITCHES:
            change_with_entry(f"{column} = {value}")
            assert rows(f"SELECT {column} FROM tenants")[0][0] in (0, 1), column

    @pytest.mark.parametrize(
        ("table", "change"),
        [
            ("users", "role = 'root'"),
            ("users", "role = 'admin'"),
            ("users", "tenant_id = NULL"),
            ("users", "username = 'ab'"),
            ("users", "username_key = (SELECT min(username_key) FROM users)"),
        ],
    )
    def test_of_accounts_hold_in_the_database(self, table, change):
        make_user("owner")
        make_user("owner")
        refused(f"UPDATE {table} SET {change}")


def change_with_entry(change: str) -> None:
    """Attempts it with an entry for the new version, so that only the value can be at fault."""
    [(before,)] = rows("SELECT version FROM tenants")
    version = before + 1
    with suppress(DBAPIError):
        run(
            f"UPDATE tenants SET {change}, version = {version}",
            new_entry(tenant_id="tenant_id", tenant_version=str(version)),
        )


def changed(change: str) -> str:
    """A change of the tenant at its next version."""
    return repeated(f"UPDATE tenants SET {change}, version = version + 1")


def repeated(statement: str) -> str:
    """SQLite has no repeat(): there the text is written out."""
    if not is_sqlite() or "repeat(" not in statement:
        return statement
    head, _, rest = statement.partition("repeat('")
    letter, _, rest = rest.partition("', ")
    times, _, tail = rest.partition(")")
    return f"{head}'{letter * int(times)}'{tail}"
