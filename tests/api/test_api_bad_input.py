"""Bad input gets one clear error, and writes nothing."""

import gzip
import json
import secrets

import pytest

from tests.api.conftest import TENANTS, path_of, places, raw
from tests.factories import read_again
from tests.history import count_entries
from webui.accounts.api_tokens.scopes import Scope

HUGE = "9" * 401
BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "two values": b"{}{}",
    "a comment": b'{"name": "x"} // y',
    "a key twice": b'{"retention_days": 1, "retention_days": 2}',
    "NaN": b'{"retention_days": NaN}',
    "Infinity": b'{"retention_days": -Infinity}',
    "10^400": f'{{"retention_days": {HUGE}}}'.encode(),
    "1e400": b'{"retention_days": 1e400}',
    "deep": b"[" * 100_000,
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "Latin-1": '{"name": "Zürich"}'.encode("latin-1"),
    "a byte order mark": b'\xef\xbb\xbf{"name": "x"}',
}
VALUES = {
    "1e3 for an integer": ("retention_days", "1e3"),
    "1.0 for an integer": ("retention_days", "1.0"),
    "true for 1": ("retention_days", "true"),
    "a text for an integer": ("retention_days", '"5"'),
    "an integer too large": ("retention_days", "3651"),
    "an integer too small": ("retention_days", "-1"),
    "2^53": ("monthly_call_limit", "9007199254740992"),
    "1 for true": ("hipaa_enabled", "1"),
    "a text for true": ("hipaa_enabled", '"true"'),
    "an array for a text": ("name", '["x"]'),
    "an object for a text": ("name", "{}"),
    "a number for a text": ("name", "5"),
    "NUL": ("name", '"a\\u0000b"'),
    "a lone surrogate": ("name", '"a\\ud800b"'),
    "an empty name": ("name", '"  "'),
    "a long name": ("name", f'"{"x" * 256}"'),
    "a hidden character": ("name", '"a\\u200bb"'),
    "another plan": ("billing_plan", '"gold"'),
    "an empty SIP domain": ("sip_domain", '""'),
    "a SIP address": ("sip_domain", '"sip:a@b.example"'),
    "a private webhook": ("webhook_url", '"https://10.0.0.1/"'),
    "a fraction in the metadata": ("meta_data", '{"a": 1.5}'),
    "a surrogate in the metadata": ("meta_data", '{"a": "\\ud800"}'),
    "an array as metadata": ("meta_data", "[]"),
    "deep metadata": ("meta_data", '{"a":{"a":{"a":{"a":{"a":{}}}}}}'),
    "an unknown field": ("colour", '"red"'),
    "the id": ("id", '"x"'),
    "the status": ("status", '"blocked"'),
    "the version": ("version", "7"),
}


class TestBody:
    @pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
    def test_that_is_no_json_is_refused(self, program, tenant, body):
        answer = program.send("PUT", path_of(tenant), 422, **raw(body)).json
        assert places(answer) == {"body": "json_invalid"}
        assert read_again(tenant).version == 1

    @pytest.mark.parametrize(("name", "value"), VALUES.values(), ids=VALUES)
    def test_with_a_wrong_value_names_its_field(self, program, tenant, name, value):
        answer = program.send("PUT", path_of(tenant), 422, **raw(f'{{"{name}": {value}}}')).json
        assert {item["loc"][1] for item in answer["detail"]} == {name}
        assert all(item["msg"] and item["type"] for item in answer["detail"])
        assert read_again(tenant).version == 1

    @pytest.mark.parametrize("body", ["[]", '"x"', "null", "5", "true"])
    def test_is_an_object(self, program, tenant, body):
        [said] = program.send("PUT", path_of(tenant), 422, **raw(body)).json["detail"]
        assert (said["loc"], said["msg"]) == (["body"], "Use a JSON object.")

    def test_names_every_wrong_field_at_once(self, program, tenant):
        body = {"retention_days": 0, "name": "", "colour": 1, "hipaa_enabled": 1, "pci_enabled": 0}
        answer = program.put(path_of(tenant), body, 422)
        assert set(places(answer)) == {f"body.{name}" for name in body}
        assert places(answer)["body.colour"] == "extra_forbidden"
        assert [item["msg"] for item in answer["detail"]] == [
            "Enter a name.",
            "Use 1 or more.",
            "Use true or false.",
            "Use true or false.",
            "This name is not known.",
        ]
        [said] = program.put(path_of(tenant), {"recording_format": "aac"}, 422)["detail"]
        assert said["msg"] == "Use 'mp4', 'mp3', 'wav' or 'ogg'."

    def test_of_another_type_or_compressed_is_refused(self, program, tenant):
        body = json.dumps({"retention_days": 1}).encode()
        for kind in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/json; charset=latin-1",
            "application/merge-patch+json",
        ):
            program.send("PUT", path_of(tenant), 415, data=body, content_type=kind)
        program.send("PUT", path_of(tenant), 415, data=body)
        headers = {"Content-Encoding": "gzip"}
        program.send("PUT", path_of(tenant), 415, **raw(gzip.compress(body)), headers=headers)
        assert read_again(tenant).version == 1

    def test_of_thousands_of_faults_gets_a_short_answer(self, program, tenant):
        body = {f"k{number}": number for number in range(9_000)}
        response = program.send("PUT", path_of(tenant), 422, json=body)
        assert len(response.json["detail"]) == 200
        assert len(response.data) < 30_000

    def test_of_ten_megabytes_is_refused(self, program, tenant):
        body = json.dumps({"name": "x" * 10_000_000})
        program.send("PUT", path_of(tenant), 413, **raw(body))
        program.send("POST", "/api/v1/usage", 413, **raw(body))


class TestSecret:
    def test_is_never_echoed(self, program, tenant, caplog):
        password = secrets.token_hex(70)
        for body in (
            {"sip_password": password},
            {"sip_password": [password]},
            {"webhook_secret": password},
            {"sip_password": "x" + password, "colour": 1},
        ):
            response = program.send("PUT", path_of(tenant), 422, json=body)
            assert password not in response.text
        # A misspelt name is no reason to repeat what was meant for another field.
        misspelt = program.send("PUT", path_of(tenant), 422, json={"sip_pasword": password})
        assert password not in misspelt.text
        program.send("PUT", path_of(tenant), 422, json=[{"sip_password": password}])
        assert password not in caplog.text


class TestToken:
    def test_is_needed_and_a_session_is_none(self, app, program, tenant, program_for):
        client = program.client
        for headers in (
            {},
            {"Authorization": ""},
            {"Authorization": "Bearer"},
            {"Authorization": f"Basic {program.token}"},
            {"Authorization": f"Bearer {program.token[:-1]}"},
            {"Authorization": f"Bearer {program.token}x"},
            {"Authorization": f"Bearer {program.token} {program.token}"},
        ):
            answer = client.get(path_of(tenant), headers=headers)
            assert answer.status_code == 401, headers
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert places(answer.json) == {"request": "unauthorized"}

    def test_in_the_address_is_refused(self, program, tenant):
        for query in (f"access_token={program.token}", f"x={program.token}"):
            program.send("GET", f"{path_of(tenant)}?{query}", 401)
        # A name may begin as a token does.
        assert program.get(f"{TENANTS}?q=tc_solutions") == []

    def test_lacks_what_its_scopes_lack(self, program_for, tenant):
        reading = program_for("admin", scopes=frozenset({Scope.TENANTS_READ}))
        assert reading.get(path_of(tenant))["name"] == "Northwind"
        for method, path, body in (
            ("PUT", path_of(tenant), {"retention_days": 1}),
            ("PUT", f"{path_of(tenant)}/status", {"status": "blocked"}),
            ("POST", TENANTS, {"name": "x"}),
            ("POST", "/api/v1/usage", {"rows": []}),
            ("GET", f"{path_of(tenant)}/history", None),
        ):
            response = reading.send(method, path, 403, json=body)
            assert "insufficient_scope" in response.headers["WWW-Authenticate"]
        assert read_again(tenant).version == 1

    def test_opens_no_page(self, program, tenant):
        headers = {"Authorization": f"Bearer {program.token}"}
        for path in (f"/tenants/{tenant.id}", "/tenants", "/api"):
            answer = program.client.get(path, headers=headers)
            assert (answer.status_code, "login" in answer.location) == (303, True)


class TestAddress:
    def test_has_one_notation_besides_the_usual(self, program, tenant):
        one = str(tenant.id)
        for other in (f"{{{one}}}", f"urn:uuid:{one}", one[:-1], f"{one}0", "1", f"{one}/"):
            program.get(f"{TENANTS}/{other}", 404)

    def test_of_another_host_answers_json(self, program, tenant):
        path = f"http://elsewhere.example{path_of(tenant)}"
        answer = program.client.get(path)
        assert (answer.status_code, answer.mimetype) == (400, "application/json")

    def test_that_does_not_exist_answers_json(self, program, app):
        for path in ("/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1//me", f"{TENANTS}/x/y"):
            assert places(program.get(path, 404)) == {"request": "not_found"}
            assert app.test_client().get(path).json["detail"][0]["type"] == "not_found"

    def test_of_another_host_is_refused_as_json(self, app, program, tenant):
        app.config["TRUSTED_HOSTS"] = ["localhost"]
        host = {"Host": "evil.example"}
        assert places(program.send("GET", path_of(tenant), 400, headers=host).json) == {
            "request": "bad_request"
        }

    def test_of_another_method_says_which(self, program, tenant):
        response = program.send("DELETE", path_of(tenant), 405)
        assert set(response.headers["Allow"].split(", ")) >= {"GET", "PUT"}
        assert program.send("HEAD", path_of(tenant), 200).headers["ETag"] == '"1"'
        assert program.send("OPTIONS", path_of(tenant), 200).headers["Allow"]
        before = count_entries()
        program.send("PATCH", path_of(tenant), 405, json={"retention_days": 1})
        assert count_entries() == before


class TestRequestId:
    def test_goes_in_and_out_and_into_the_history(self, program, tenant):
        headers = {"X-Request-ID": "crm-812.7"}
        response = program.send(
            "PUT", path_of(tenant), 200, json={"retention_days": 7}, headers=headers
        )
        assert response.headers["X-Request-ID"] == "crm-812.7"
        found = program.get(f"{path_of(tenant)}/history?request=crm-812.7")
        assert [entry["changes"] for entry in found] == [{"retention_days": [90, 7]}]
        for bad in ("x" * 65, "a b", "a\u00e9"):
            answer = program.send("GET", path_of(tenant), 200, headers={"X-Request-ID": bad})
            assert len(answer.headers["X-Request-ID"]) == 36
