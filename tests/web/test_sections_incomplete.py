"""Forms that no browser sends: incomplete, repeated, too large or no form at all."""

import json
from io import BytesIO
from urllib.parse import urlencode

import pytest

from tests import raw
from tests.history import count_entries
from tests.web import dom
from tests.web.pages import REASON, edit_url, tenant_url
from tests.web.saved import fresh
from tests.web.test_sections import EDITS
from webui import MAX_FORM_BYTES
from webui.core.catalogue import FIELDS
from webui.core.field_types import Switch
from webui.tenants.core.sections import SECTIONS
from webui.web.posted.forms import MISSING

BOXES = {name for name, field in FIELDS.items() if isinstance(field, Switch)}


class TestIncompleteForm:
    @pytest.mark.parametrize("section", SECTIONS)
    def test_is_refused_field_by_field(self, admin, tenant, section):
        form = admin.get(edit_url(tenant, section), htmx=True)
        before = raw.everything()
        names = form.fields.keys() - {"csrf_token", "version", "ceilings_seen"} - BOXES
        for name in names:
            missing = {"reason": "a reason", name: None}
            answer = admin.submit(form, 422, htmx=True, **missing)
            assert list(answer.errors) == [name]
        for name in names | (BOXES & EDITS[section][1].keys()):
            sent = form.fields.get(name, ["y"])[0] or "text"
            answer = admin.submit(
                form, 422, htmx=True, **{"reason": "a reason", name: [sent, sent]}
            )
            assert answer.errors[name] == "This field was sent more than once."
        assert raw.everything() == before

    def test_without_its_version_is_refused(self, admin, tenant):
        before = raw.everything()
        for section in (*SECTIONS, "status"):
            form = admin.get(edit_url(tenant, section))
            admin.submit(form, 400, htmx=True, version=None, reason=REASON)
        for version in ("", "x", "-1", "1.0", "1e0", "١", "9" * 40, " 1"):
            answer = admin.submit(form, 400, version=version, reason=REASON)
            assert "its version is missing" in answer.words
        assert raw.everything() == before

    @pytest.mark.parametrize("name", ["version", "csrf_token", "ceilings_seen"])
    @pytest.mark.parametrize("htmx", [False, True])
    def test_with_a_hidden_part_twice_is_refused(self, admin, tenant, name, htmx):
        form = admin.get(edit_url(tenant, "billing"))
        twice = [form.field(name)] * 2
        with raw.unchanged():
            answer = admin.submit(
                form, 422, htmx=htmx, **{name: twice}, monthly_call_limit=7, reason=REASON
            )
        assert "part of this form was sent twice" in answer.words

    def test_without_anything_is_refused(self, admin, tenant):
        for section in (*SECTIONS, "status"):
            with raw.unchanged():
                admin.post(tenant_url(tenant, section), {"csrf_token": admin.token()}, 400)
                data = {"csrf_token": admin.token(), "version": "1"}
                assert admin.post(tenant_url(tenant, section), data, 422).errors


class TestBody:
    @pytest.mark.parametrize("htmx", [False, True])
    def test_of_ten_megabytes_is_refused(self, admin, tenant, htmx):
        form = admin.get(edit_url(tenant, "organisation"))
        before = count_entries()
        answer = admin.submit(form, 413, htmx=htmx, name="x" * 10_000_000, reason=REASON)
        assert "too much text" in answer.words.lower()
        assert len(answer.text) < 20_000
        assert count_entries() == before

    def test_that_is_too_large_has_a_way_back_to_the_form(self, admin, tenant):
        page = edit_url(tenant, "organisation")
        # Without a token it is not shown again with what fits, as `test_oversized_forms` has it.
        data = {"name": "x" * MAX_FORM_BYTES}
        ways = {"http://localhost" + page: page, "http://elsewhere.example/x": "/", "": "/"}
        for referrer, way in ways.items():
            answer = admin.post(tenant_url(tenant, "organisation"), data, 413, Referer=referrer)
            [link] = dom.elements(answer.by_id("main"), "a")
            assert link.get("href") == way

    def test_of_a_full_form_fits(self, admin, tenant):
        meta_data = json.dumps({"a": "🏥" * 4_094}, ensure_ascii=False, indent=1)
        admin.edit(tenant, "organisation", name="🏥" * 255, meta_data=meta_data, reason="🏥" * 200)
        assert fresh(tenant).meta_data == {"a": "🏥" * 4_094}

    def test_that_is_no_form_is_refused(self, admin, tenant):
        url = tenant_url(tenant, "organisation")
        for content, kind in (
            (b'{"name": "x"}', "application/json"),
            (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
            (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
            (b"name=x", "text/plain"),
        ):
            answer = admin.client.post(url, data=content, content_type=kind)
            assert answer.status_code == 400, kind
        assert fresh(tenant).version == 1

    def test_with_files_for_fields_is_refused_beside_them(self, admin, tenant):
        form = admin.get(edit_url(tenant, "billing"))
        files = {name: (BytesIO(b"12"), "x.txt") for name in ("max_concurrent_calls", "reason")}
        data = {name: sent for name, [sent] in form.fields.items()} | files
        with raw.unchanged():
            answer = admin.post(tenant_url(tenant, "billing"), data, 422)
        assert answer.errors == dict.fromkeys(files, MISSING)

    @pytest.mark.parametrize("content", [[1], {"name": ["x"]}, "x"])
    def test_of_json_with_a_token_is_refused(self, admin, browser, tenant, content):
        for person, url, status in (
            (admin, "/tenants/new", 400),
            (admin, tenant_url(tenant, "organisation"), 400),
            (browser, "/login", 422),
        ):
            token = {"X-CSRFToken": person.token("/login" if person is browser else "/tenants")}
            with raw.unchanged():
                answer = person.client.post(url, json=content, headers=token)
            assert answer.status_code == status, url


class TestConnection:
    """As gunicorn hands bodies on: it says where they end, and the length is what was announced."""

    def post(self, person, url, body, announced=None, **environ):
        return person.client.post(
            url,
            content_type="application/x-www-form-urlencoded",
            environ_overrides={
                "wsgi.input": BytesIO(body),
                "wsgi.input_terminated": True,
                "CONTENT_LENGTH": "" if announced is None else str(announced),
                **environ,
            },
        )

    @pytest.fixture
    def body(self, owner, tenant):
        """The form of an owner, who gives no reason: its last field is a box that is on."""
        fields = owner.get(edit_url(tenant, "features")).fields
        body = urlencode({**fields, "retention_days": ["365"]}, doseq=True).encode()
        assert body.endswith(b"&retention_days=365&analytics_enabled=y")
        return body

    def test_that_broke_off_in_the_middle_of_a_form_saves_nothing(self, owner, tenant, body):
        url = tenant_url(tenant, "features")
        before = raw.everything()
        for lost in (1, len(b"&analytics_enabled=y"), len(b"65&analytics_enabled=y"), len(body)):
            answer = self.post(owner, url, body[:-lost], len(body))
            assert answer.status_code == 400, lost
        assert raw.everything() == before
        assert self.post(owner, url, body, len(body)).status_code == 303
        assert fresh(tenant).retention_days == 365

    def test_without_a_length_takes_as_much_as_with_one(self, owner, tenant, body):
        url, chunked = tenant_url(tenant, "features"), {"HTTP_TRANSFER_ENCODING": "chunked"}
        with raw.unchanged():
            too_much = body + b"&x=" + b"x" * MAX_FORM_BYTES
            assert self.post(owner, url, too_much, **chunked).status_code == 413
        assert self.post(owner, url, body, **chunked).status_code == 303
        assert fresh(tenant).retention_days == 365
