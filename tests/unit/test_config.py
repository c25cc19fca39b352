import base64
import json
import secrets
from dataclasses import FrozenInstanceError, fields, replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from config import Config, ConfigError
from tests.apps import a_config

SETTINGS = {
    "WEBUI_SECRET_KEY": ("secret_key", "any text", "any text"),
    "WEBUI_KEYRING": ("keyring", '{"primary": "k1"}', '{"primary": "k1"}'),
    "WEBUI_AUDIT_KEY": ("audit_key", "any text", "any text"),
    "WEBUI_CHECKPOINTS": ("checkpoints", "/var/lib/c.jsonl", Path("/var/lib/c.jsonl")),
    "WEBUI_INSTANCE": ("instance", "/srv/console", Path("/srv/console")),
    "WEBUI_ENV": ("environment", "development", "development"),
    "WEBUI_ORIGIN": ("origin", "https://Console.Example.com:443/", "https://console.example.com"),
    "WEBUI_ALLOWED_HOSTS": ("allowed_hosts", "a.example, b.example", ("a.example", "b.example")),
    "WEBUI_TRUSTED_PROXIES": ("trusted_proxies", "2", 2),
    "WEBUI_REQUIRE_MFA": ("require_mfa", "none", "none"),
    "WEBUI_SIGNUP": ("signup", "off", False),
    "WEBUI_SUPPORT_CONTACT": ("support_contact", "help@example.com", "help@example.com"),
    "WEBUI_CURRENCY": ("currency", "EUR", "EUR"),
    "WEBUI_WEBHOOK_ALLOW": (
        "webhook_allow",
        "10.0.0.0/8, fd00::/8 192.0.2.7",
        tuple(map(ip_network, ("10.0.0.0/8", "fd00::/8", "192.0.2.7/32"))),
    ),
    "DATABASE_URL": ("database_url", "sqlite:////srv/t.db", "sqlite:////srv/t.db"),
}
WRONG = {
    "DATABASE_URL": ["tenants.db", "mysql://u@h/d", "postgresql+psycopg2://u@h/d"],
    "WEBUI_ORIGIN": [
        *("console.example", "https://", "https://a.example/console", "ftp://a.example"),
        *(
            "https://a.example:0",
            "https://a.example:65536",
            "https://u@a.example",
            "https://ä.example",
        ),
        *("https://a..example", "https://a.example\\b", "https://a.example?", "https://a b"),
    ],
    "WEBUI_ENV": ["staging", "Production"],
    "WEBUI_REQUIRE_MFA": ["owners", "yes"],
    "WEBUI_SIGNUP": ["true", "ON"],
    "WEBUI_TRUSTED_PROXIES": ["-1", "1.0", "100", "one", "٢", "1_0", " 1"],
    "WEBUI_CURRENCY": ["usd", "EURO", "€", "US\n"],
    "WEBUI_WEBHOOK_ALLOW": ["intern", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/8;fd00::/8"],
}


def from_environment(**environ: str) -> Config:
    return Config.from_environment({"WEBUI_INSTANCE": "/nonexistent", **environ})


class TestFromEnvironment:
    def test_has_safe_defaults_for_production(self):
        assert from_environment() == Config(
            instance=Path("/nonexistent"),
            database_url="sqlite:////nonexistent/tenants.db",
            environment="production",
            keyring_path=Path("/nonexistent/keyring.json"),
            checkpoints=Path("/nonexistent/checkpoints.jsonl"),
            require_mfa="staff",
        )

    @pytest.mark.parametrize(("setting", "expected"), SETTINGS.items())
    def test_reads_every_setting(self, setting, expected):
        attribute, given, value = expected
        assert getattr(from_environment(**{setting: given}), attribute) == value

    def test_every_attribute_has_a_setting(self):
        # `keyring_path` follows from WEBUI_KEYRING; `password_cost` is for tests only.
        read = {attribute for attribute, _, _ in SETTINGS.values()}
        assert {f.name for f in fields(Config)} == read | {"keyring_path", "password_cost"}

    def test_no_environment_makes_passwords_cheap(self):
        assert from_environment(WEBUI_ENV="development").password_cost == "owasp"

    @pytest.mark.parametrize("setting", sorted(SETTINGS.keys() - {"WEBUI_INSTANCE"}))
    def test_an_empty_setting_is_one_that_is_not_set(self, setting):
        assert from_environment(**{setting: ""}) == from_environment()

    @pytest.mark.parametrize(
        ("setting", "value"), [(name, value) for name in WRONG for value in WRONG[name]]
    )
    def test_refuses_what_it_does_not_understand(self, setting, value):
        with pytest.raises(ConfigError, match=setting):
            from_environment(**{setting: value})

    def test_development_asks_staff_for_no_second_factor(self):
        assert from_environment(WEBUI_ENV="development").require_mfa == "none"

    @pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
    def test_names_the_driver_of_postgresql(self, scheme):
        url = from_environment(DATABASE_URL=f"{scheme}://u@h/d").database_url
        assert url == "postgresql+psycopg://u@h/d"

    def test_makes_a_relative_instance_folder_absolute(self):
        assert from_environment(WEBUI_INSTANCE="here").instance == Path.cwd() / "here"

    def test_a_keyring_in_the_environment_has_no_file(self):
        assert from_environment(WEBUI_KEYRING=' {"primary": "k1"}').keyring_path is None

    def test_reads_a_keyring_by_its_path(self, tmp_path):
        (tmp_path / "ring.json").write_text("{}\n")
        config = from_environment(WEBUI_KEYRING=str(tmp_path / "ring.json"))
        assert (config.keyring, config.keyring_path) == ("{}", tmp_path / "ring.json")

    def test_reads_the_keys_that_setup_made(self, tmp_path):
        (tmp_path / "secret_key").write_text("one\n")
        (tmp_path / "keyring.json").write_text("two\n")
        (tmp_path / "audit_key").write_text("three\n")
        config = from_environment(WEBUI_INSTANCE=str(tmp_path))
        assert (config.secret_key, config.keyring, config.audit_key) == ("one", "two", "three")

    def test_cannot_be_changed(self):
        with pytest.raises(FrozenInstanceError):
            from_environment().signup = False


@pytest.fixture
def good(tmp_path):
    return a_config(tmp_path, "sqlite://")


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def ring(*keys: str) -> str:
    return json.dumps({"primary": "k0", "keys": {f"k{i}": key for i, key in enumerate(keys)}})


class TestCheckKeys:
    def test_accepts_fresh_random_keys(self, good):
        assert good.check_keys() is None

    def test_accepts_a_ring_of_several_keys(self, good):
        assert replace(good, keyring=ring(new_key(), new_key())).check_keys() is None

    @pytest.mark.parametrize("missing", [None, ""])
    @pytest.mark.parametrize("name", ["secret_key", "keyring", "audit_key"])
    def test_refuses_a_missing_key(self, good, name, missing):
        with pytest.raises(ConfigError, match=f"WEBUI_{name.upper()} is not set"):
            replace(good, **{name: missing}).check_keys()

    def test_takes_32_characters_and_not_31(self, good):
        key = secrets.token_hex(16)
        assert replace(good, secret_key=key).check_keys() is None
        with pytest.raises(ConfigError, match="WEBUI_SECRET_KEY is shorter"):
            replace(good, secret_key=key[:31]).check_keys()

    @pytest.mark.parametrize("sample", ["x" * 64, "0123" * 16, "change-me-" + "0a1b2c3d4e5f" * 3])
    def test_refuses_a_sample_secret_key(self, good, sample):
        with pytest.raises(ConfigError, match="WEBUI_SECRET_KEY looks like a sample"):
            replace(good, secret_key=sample).check_keys()

    @pytest.mark.parametrize("raw", [bytes(32), b"A" * 32, b"abcd" * 8])
    def test_refuses_sample_bytes(self, good, raw):
        sample = base64.b64encode(raw).decode()
        with pytest.raises(ConfigError, match="WEBUI_AUDIT_KEY looks like a sample"):
            replace(good, audit_key=sample).check_keys()
        with pytest.raises(ConfigError, match="WEBUI_KEYRING looks like a sample"):
            replace(good, keyring=ring(sample)).check_keys()

    @pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
    def test_refuses_keys_that_are_not_32_bytes(self, good, length):
        key = base64.b64encode(secrets.token_bytes(length)).decode() or " "
        with pytest.raises(ConfigError, match="WEBUI_AUDIT_KEY must be base64 of 32 bytes"):
            replace(good, audit_key=key).check_keys()
        with pytest.raises(ConfigError, match="WEBUI_KEYRING must be base64 of 32 bytes"):
            replace(good, keyring=ring(key)).check_keys()

    @pytest.mark.parametrize("wrong", ["not base64!", "ключ" * 11, "{key}\n", "{key}=", " {key}"])
    def test_refuses_what_is_not_base64(self, good, wrong):
        with pytest.raises(ConfigError, match="WEBUI_AUDIT_KEY"):
            replace(good, audit_key=wrong.format(key=new_key())).check_keys()

    @pytest.mark.parametrize(
        "text", ["{", "[]", "null", "{}", '{"keys": []}', '{"keys": {"k1": 5}}', '{"keys": 5}']
    )
    def test_refuses_what_is_no_ring(self, good, text):
        with pytest.raises(ConfigError, match="WEBUI_KEYRING"):
            replace(good, keyring=text).check_keys()

    def test_refuses_one_key_in_two_settings(self, good):
        key = new_key()
        for twice in (
            {"secret_key": key, "audit_key": key},
            {"secret_key": key, "keyring": ring(new_key(), key)},
            {"audit_key": key, "keyring": ring(new_key(), key)},
        ):
            with pytest.raises(ConfigError, match="repeats a key"):
                replace(good, **twice).check_keys()

    def test_refuses_one_key_under_two_ids(self, good):
        key = new_key()
        with pytest.raises(ConfigError, match="repeats a key"):
            replace(good, keyring=ring(key, key)).check_keys()

    @pytest.mark.parametrize(
        "spell",
        [
            lambda raw: base64.b64encode(raw).decode(),
            lambda raw: base64.urlsafe_b64encode(raw).decode(),
            lambda raw: base64.b64encode(raw).decode().rstrip("="),
            lambda raw: raw.hex(),
        ],
        ids=["base64", "urlsafe", "unpadded", "hex"],
    )
    def test_refuses_the_same_bytes_in_another_spelling(self, good, spell):
        raw = bytes([251, 239, 190]) * 4 + secrets.token_bytes(20)
        audit_key = base64.b64encode(raw).decode()
        with pytest.raises(ConfigError, match="repeats a key"):
            replace(good, audit_key=audit_key, secret_key=spell(raw)).check_keys()


class TestRepr:
    def test_shows_no_secret(self, good):
        shown = repr(good)
        key = json.loads(good.keyring)["keys"]["k1"]
        assert good.secret_key not in shown
        assert good.audit_key not in shown
        assert key not in shown

    def test_errors_show_no_secret(self, good):
        key = new_key()
        with pytest.raises(ConfigError) as caught:
            replace(good, audit_key=key[:-4], secret_key=key).check_keys()
        assert key[:-4] not in str(caught.value)
