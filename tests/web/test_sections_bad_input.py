"""Bad input gets an error beside its field, loses nothing and writes nothing."""

import json
import re

import pytest

from tests import raw
from tests.factories import make_tenant
from tests.web.pages import REASON, edit_url
from tests.web.saved import fresh
from tests.web.test_sections import EDITS
from webui.core import catalogue, field_types
from webui.tenants.core.sections import SECTIONS

NO_NUMBERS = ["", "-1", "1e3", "1_000", "١٢", str(2**53), str(10**19)]
STRANGE_NUMBERS = [
    *(" ", "+5", "1,000", "1 000", "1.0", "0x10", "abc", "²", "５", "9" * 400, "1\u200b0", "NaN"),
    *("Infinity", "1;", "--1"),
]
DEEP = '{"a": {"b": {"c": {"d": {"e": {}}}}}}'
BAD = {
    "organisation": {
        "name": [
            *("", "   ", "\u00a0\u2003", "x" * 256, "bell\x07", "two\nlines", "tab\there"),
            *(
                "a\u202eb",
                "a\u2066b",
                "a\u200bb",
                "a\u200db",
                "a\ufeffb",
                "\u200f",
                "a\u00adb",
                "\x7f",
            ),
        ],
        "meta_data": [
            *(
                "[]",
                "1",
                '"text"',
                "null",
                "true",
                "{",
                "{'a': 1}",
                '{"a": 1,}',
                "nonsense",
                "{} {}",
            ),
            *('{"a": 1, "a": 2}', '{"b": {"a": 1, "a": 1}}', '{"a": 1.5}', '{"a": 1e3}'),
            *('{"a": NaN}', '{"a": -Infinity}', '{"a": "\\u0000"}', '{"\\u0000": 1}'),
            *('{"a": "\\ud800"}', f'{{"a": {2**53}}}', '{"a": ' + "9" * 4_000 + "}"),
            *(DEEP, '{"a": [[[[[]]]]]}', "[" * 40_000, '{"a":' * 20_000),
            json.dumps({str(number): 0 for number in range(101)}),
            json.dumps({"a": {str(number): 0 for number in range(100)}}),
            json.dumps({"a": "x" * 16_384}),
        ],
    },
    "billing": {
        "billing_plan": ["", "gold", "Starter", "starter ", "starter\0", "x" * 101, "[]"],
        "max_concurrent_calls": [*NO_NUMBERS, "0", "1001", "00"],
        "monthly_call_limit": [*NO_NUMBERS, *STRANGE_NUMBERS],
    },
    "sip": {
        "sip_domain": [
            *("a b.example", "sip:pbx.example", "SIPS:pbx.example", "https://pbx.example"),
            *("pbx.example/path", "user@pbx.example", "pbx.example:0", "pbx.example:65536"),
            *(
                "pbx.example:",
                "pbx.example:x",
                "pbx.example:5060:1",
                "-pbx.example",
                "pbx-.example",
            ),
            *(
                "pbx..example",
                ".example",
                "1.2.3",
                "256.1.1.1",
                "1.2.3.4.5",
                "0x7f.1",
                "[::1]",
                "::1",
            ),
            *(
                "pbx_1.example",
                "a" * 64 + ".example",
                "x." * 130 + "example",
                "xn--.example",
                "☃.☃\u200b",
            ),
            *("pbx.example\nx", "pbx.example;transport=tls", "{pbx}", "x" * 400),
        ],
        "sip_username": [
            *(
                "two words",
                "ünï",
                "a%20b",
                "a@b",
                'a"b',
                "a<b",
                "x" * 101,
                "line\nbreak",
                "tab\tbed",
            ),
        ],
        "sip_password": [
            *(
                "short77",
                "*" * 12,
                "•" * 12,
                "●●●●●●●●",
                "pässwörd lang",
                "tab\tinside it",
            ),
            *("new\nline inside", "nul\0inside it", "long" + "x1" * 63, " " * 9),
        ],
    },
    "features": {
        "recording_format": ["", "avi", "MP4", "mp4 ", ".mp4"],
        "retention_days": [*NO_NUMBERS, "0", "3651"],
    },
    "compliance": {},
    "webhook": {
        "webhook_url": [
            *(
                "http://hooks.example.com/",
                "hooks.example.com",
                "ftp://hooks.example.com",
                "https://",
            ),
            *("https://user:password@hooks.example.com/", "https://user@hooks.example.com/"),
            *(
                "https://hooks.example.com/#part",
                "https://hooks.example.com/#",
                "//hooks.example.com",
            ),
            *(
                "https://hooks.example.com/a\tb",
                "https://hooks.example.com/a b",
                "https:\\\\h.example",
            ),
            *(
                "https://hooks.example.com:8080/",
                "https://hooks.example.com:80/",
                "https://h.example:",
            ),
            *(
                "https://h.example:99999/",
                "https://10.0.0.1/",
                "https://[::1]/",
                "https://2130706433/",
            ),
            *(
                "https://0x7f000001/",
                "https://127.1/",
                "https://localhost/",
                "https://a.localhost/",
            ),
            *(
                "https://printer.local/",
                "https://db.internal/",
                "https://x.home.arpa/",
                "https://intern/",
            ),
            *(
                "https://hooks.example.com/" + "x" * 2_023,
                "javascript:alert(1)",
                "https://h.example/%zz",
            ),
            *(
                "https://hooks.example.com/ü",
                "https://h_1.example/",
                "https:///path",
                "https://.example/",
            ),
            *(
                "https://hooks.example.com/<b>",
                "https://hooks.example.com\0/",
                "https://h.example\n/",
            ),
        ],
        "webhook_timeout_seconds": [*NO_NUMBERS, "0", "61"],
    },
}
SECRET = {"sip_password"}
FIELDS = [(section, field) for section, fields in BAD.items() for field in fields]
BOXES = {name for name, field in catalogue.FIELDS.items() if isinstance(field, field_types.Switch)}


def as_typed(value, field):
    """What a form shows of typed text: browsers send lines of a textarea with CRLF."""
    value = value.replace("\0", "\ufffd")
    return re.sub(r"\r?\n", "\r\n", value) if field == "meta_data" else value


class TestRefusedValue:
    @pytest.mark.parametrize(("section", "field"), FIELDS)
    def test_stands_beside_its_error_and_nothing_is_lost(self, admin, section, field):
        tenant = make_tenant(sip_domain="old.example")
        form = admin.get(edit_url(tenant, section), htmx=True)
        before = raw.everything()
        for value in BAD[section][field]:
            if field in SECRET and value.strip():
                admin.secrets.add(value)
            answer = admin.submit(form, None, htmx=True, **{field: value, "reason": "kept words"})
            assert answer.status == 422, f"{value!r} was accepted"
            assert list(answer.errors) == [field], value
            assert answer.errors[field]
            assert answer.control("reason").get("value") == "kept words"
            assert answer.field("version") == "1"
            if field in SECRET:
                assert answer.field(field) == ""
            elif answer.control(field).tag == "select":
                # Not the first word of the list, which saving once more would store.
                assert answer.field(field) == ""
            else:
                assert answer.field(field) == as_typed(value, field)
            assert answer.control(field).get("autofocus") is not None
            assert "Not saved." in answer.words
        assert raw.everything() == before

    @pytest.mark.parametrize("section", SECTIONS)
    def test_keeps_everything_else_that_was_typed(self, admin, section):
        tenant = make_tenant()
        typed = {k: v for k, v in EDITS[section][0].items() if k != "sip_password"}
        for htmx in (False, True):
            with raw.unchanged():
                answer = admin.edit(tenant, section, 422, htmx=htmx, reason="x", **typed)
            assert list(answer.errors) == ["reason"]
            for field, value in typed.items():
                if field in BOXES:
                    assert (answer.field(field) == "y") is value
                else:
                    assert answer.field(field) == as_typed(value, field)
        more = {"sip_password": "long enough"} if section == "sip" else {}
        assert "Saved: " in admin.submit(answer, 200, htmx=True, reason=REASON, **more).words
        assert fresh(tenant).version == 2

    def test_asks_for_a_typed_secret_once_more(self, admin, tenant):
        admin.secrets.add("typed in vain")
        for htmx in (False, True):
            answer = admin.edit(
                tenant, "sip", 422, htmx=htmx, sip_password="typed in vain", reason=""
            )
            assert "Passwords are never shown again: type it again." in answer.words
        assert fresh(tenant).sip_password is None

    def test_shows_all_errors_at_once(self, admin, tenant):
        answer = admin.edit(
            tenant, "billing", 422, max_concurrent_calls="0", monthly_call_limit="x", reason=""
        )
        assert list(answer.errors) == ["max_concurrent_calls", "monthly_call_limit", "reason"]
        assert "3 fields need your attention." in answer.words

    def test_names_the_limits(self, admin, tenant):
        answer = admin.edit(tenant, "features", 422, retention_days="3651")
        assert answer.errors["retention_days"] == "Enter a whole number from 1 to 3,650."
        answer = admin.edit(tenant, "organisation", 422, name="x" * 256)
        assert "1 to 255" in answer.errors["name"]
        assert "256" in answer.errors["name"]

    def test_is_shown_as_text(self, admin, tenant):
        evil = '"><script>alert(1)</script>' + "x" * 256
        answer = admin.edit(tenant, "organisation", 422, name=evil, reason="<b>bold</b>")
        assert answer.field("name") == evil
        assert "<script>alert" not in answer.text
        assert "<b>bold" not in answer.text


class TestBoundary:
    @pytest.mark.parametrize(
        ("section", "field", "values"),
        [
            (
                "organisation",
                "name",
                ["x", "x" * 255, "🏥" * 255, "e\u0301" * 255, "e\u0301 é", "\u0601٣"],
            ),
            ("organisation", "meta_data", ["", "{ }", DEEP.replace("{}", "1"), '{"a": [[[[0]]]]}']),
            ("organisation", "meta_data", [f'{{"a":{2**53 - 1}}}', f'{{"a":{1 - 2**53}}}']),
            ("organisation", "meta_data", [json.dumps({str(n): 0 for n in range(100)})]),
            (
                "organisation",
                "meta_data",
                [json.dumps({"a": "é" * 8_187 + "xx"}, ensure_ascii=False)],
            ),
            ("billing", "max_concurrent_calls", ["1", "1000", "0001"]),
            ("billing", "monthly_call_limit", ["0", str(2**53 - 1), "000"]),
            ("features", "retention_days", ["1", "3650"]),
            ("features", "recording_format", ["mp3", "wav", "ogg", "mp4"]),
            ("webhook", "webhook_timeout_seconds", ["1", "60"]),
            ("sip", "sip_username", ["x", "x" * 100, "-_.!~*'()&=+$,;?/", ""]),
            ("sip", "sip_password", ["exactly8", " !\"#$%&'()*+,-./~", "x1" * 64]),
        ],
    )
    def test_is_inside(self, admin, section, field, values):
        tenant = make_tenant()
        for value in values:
            answer = admin.edit(tenant, section, None, htmx=True, **{field: value})
            assert answer.status == 200, value
            stored = getattr(fresh(tenant), field)
            if isinstance(stored, int):
                assert stored == int(value)
            elif isinstance(stored, dict):
                assert stored == json.loads(value or "{}")
            elif field == "name":
                assert stored == value.replace("e\u0301", "é")
            else:
                assert stored == (value or None)

    @pytest.mark.parametrize(
        ("section", "field", "typed", "stored"),
        [
            ("sip", "sip_domain", " Bücher.Example ", "xn--bcher-kva.example"),
            ("sip", "sip_domain", "例え.テスト:5061", "xn--r8jz45g.xn--zckzah:5061"),
            ("sip", "sip_domain", "PBX.example.", "pbx.example"),
            ("sip", "sip_domain", "192.0.2.7:5070", "192.0.2.7:5070"),
            ("sip", "sip_domain", "pbx", "pbx"),
            (
                "webhook",
                "webhook_url",
                " HTTPS://Hooks.Example:443/A?b=%2F ",
                "https://hooks.example/A?b=%2F",
            ),
            (
                "webhook",
                "webhook_url",
                "https://bücher.example:8443",
                "https://xn--bcher-kva.example:8443",
            ),
            (
                "webhook",
                "webhook_url",
                "https://h.example/" + "x" * 2_030,
                "https://h.example/" + "x" * 2_030,
            ),
        ],
    )
    def test_is_stored_in_one_spelling(self, admin, tenant, section, field, typed, stored):
        admin.edit(tenant, section, **{field: typed})
        assert getattr(fresh(tenant), field) == stored
        with raw.unchanged():
            admin.edit(tenant, section, **{field: typed})
