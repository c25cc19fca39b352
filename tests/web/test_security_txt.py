"""/.well-known/security.txt: valid by RFC 9116, or not there."""

from datetime import UTC, datetime, timedelta

import pytest

URL = "/.well-known/security.txt"


def fields(text):
    return dict(line.split(": ", 1) for line in text.splitlines())


class TestSecurityTxt:
    @pytest.mark.parametrize(
        ("setting", "contact"),
        [
            ("help@console.example", "mailto:help@console.example"),
            ("a+b<c@console.example", "mailto:a+b%3Cc@console.example"),
            ("https://console.example/help", "https://console.example/help"),
            ("mailto:help@console.example", "mailto:help@console.example"),
            ("tel:+1-201-555-0123", "tel:+1-201-555-0123"),
        ],
    )
    def test_names_the_contact(self, make_app, setting, contact):
        answer = make_app(support_contact=setting).test_client().get(URL)
        assert answer.content_type == "text/plain; charset=utf-8"
        told = fields(answer.text)
        assert told["Contact"] == contact
        expires = datetime.fromisoformat(told["Expires"])
        assert timedelta(days=170) < expires - datetime.now(UTC) < timedelta(days=365)
        assert "Canonical" not in told

    def test_names_its_place(self, make_app):
        app = make_app(environment="production", support_contact="help@console.example")
        answer = app.test_client().get(URL, base_url="https://localhost")
        assert fields(answer.text)["Canonical"] == f"https://localhost{URL}"

    @pytest.mark.parametrize(
        "setting", ["", "Call us", "+1 201 555 0123", "http://a.example", "a@b"]
    )
    def test_is_not_there_without_a_valid_contact(self, make_app, setting):
        assert make_app(support_contact=setting).test_client().get(URL).status_code == 404
