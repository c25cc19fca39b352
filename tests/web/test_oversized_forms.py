"""A form that is too large, without JavaScript: it is there again with everything that fits."""

import tracemalloc
from io import BytesIO
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from tests import raw
from tests.api_tokens import make_token
from tests.factories import make_tenant, make_user
from tests.web import dom
from tests.web.pages import REASON, edit_url, tenant_url
from tests.web.saved import fresh
from tests.web.test_undo import newest, undo_url
from tests.web.test_webhook_secret import rotate
from tests.web.test_webhook_secret import url as secret_url
from tests.web.test_wizard import url as step_url
from tests.web.test_wizard import walk
from webui import MAX_FORM_BYTES
from webui.core.catalogue import FIELDS
from webui.core.field_types import Secret
from webui.tenants.core.sections import SECTIONS
from webui.web.errors import WORDS
from webui.web.posted.forms import TOO_MUCH
from webui.web.posted.oversized_forms import MOST_READ

LONG = "x" * 10_000_000
NOTICE = "This was too much text, and nothing was saved."
KIND = "application/x-www-form-urlencoded"
# What is typed into a section, and the field that gets too much.
TYPED = {
    "organisation": ({"name": "Söuthwind & sons 100 %"}, "meta_data"),
    "billing": ({"billing_plan": "business", "max_concurrent_calls": "many"}, "monthly_call_limit"),
    "sip": ({"sip_enabled": True, "sip_username": "trunk"}, "sip_domain"),
    "features": ({"recording_enabled": False, "recording_format": "ogg"}, "retention_days"),
    "compliance": ({"hipaa_enabled": True, "data_encryption_enabled": False}, "reason"),
    "webhook": ({"webhook_timeout_seconds": "61"}, "webhook_url"),
}
STATUS = {"status": "suspended", "blocked_services": ["calls", "sip"]}
PERSON = {"username": "typed.name", "role": "auditor"}
# A view and which of its forms -> what is typed, and the field that gets too much
FORMS = {
    **{("tenants.save_section", name): TYPED[name] for name in SECTIONS},
    ("tenants.save_status", ""): (STATUS, "reason"),
    ("tenants.create", ""): ({"billing_plan": "business", "reason": REASON}, "name"),
    ("webhooks.rotate_secret", ""): ({}, "reason"),
    ("webhooks.end_old_secret", ""): ({}, "reason"),
    ("audit.save_revert", ""): ({"field": ["monthly_call_limit"]}, "reason"),
    ("new_user.create", "colleague"): ({**PERSON, "reason": REASON}, "email"),
    ("new_user.create", "owner"): ({"email": "typed@example.com", "reason": REASON}, "username"),
    ("api_tokens.create", ""): ({"name": "CRM sync", "scopes": ["tenants:read"]}, "purpose"),
    ("user_tokens.revoke", ""): ({}, "reason"),
    ("account_actions.issue_link", "link"): ({}, "reason"),
    ("account_actions.change_role", "role"): ({"role": "auditor"}, "reason"),
    ("account_actions.set_active", "status"): ({}, "reason"),
    ("account_actions.revoke_sessions", "sessions"): ({}, "reason"),
    ("account_actions.remove_factor", "second-factor"): ({}, "reason"),
    ("onboarding.leave", "organisation"): ({}, "name"),
    ("onboarding.leave", "sip"): TYPED["sip"],
    ("onboarding.leave", "webhook"): TYPED["webhook"],
}


@pytest.fixture
def opened(admin, owner, tenant):
    """Opens a form of the table; returns who did, and the form."""

    def page(endpoint, part):
        if endpoint == "onboarding.leave":
            walk(owner, part)
            return step_url(part)
        if endpoint.startswith("tenants.save"):
            return edit_url(tenant, part or "status")
        if endpoint.startswith("account_actions."):
            return f"/users/{make_user('support').id}/{part}"
        if endpoint.startswith("new_user."):
            return f"/users/new?tenant={tenant.id}" if part == "owner" else "/users/new"
        if endpoint == "api_tokens.create":
            return "/account/tokens/new"
        if endpoint == "user_tokens.revoke":
            return f"/users/{owner.user.id}/tokens/{make_token(owner.user).row.id}"
        if endpoint == "audit.save_revert":
            admin.edit(tenant, "billing", monthly_call_limit=5_000, max_concurrent_calls=7)
            return undo_url(newest(tenant))
        if endpoint == "webhooks.end_old_secret":
            rotate(admin, tenant)
            rotate(admin, tenant)
        return "/tenants/new" if endpoint == "tenants.create" else secret_url(tenant)

    def opened(endpoint, part):
        person = owner if endpoint == "onboarding.leave" else admin
        return person, person.get(page(endpoint, part))

    return opened


@pytest.fixture
def form(admin, tenant):
    return admin.get(edit_url(tenant, "organisation"))


def as_sent(value):
    """What a form sends for something typed: a text, a box or several."""
    if isinstance(value, bool):
        return ["y"] if value else []
    return value if isinstance(value, list) else [value]


def in_order(form, *names, **changes):
    """The body of a form whose fields are sent in this order."""
    sent = {name: value for name, [value] in form.fields.items()} | {"reason": REASON} | changes
    return urlencode([(name, sent[name]) for name in (names or sent)]).encode()


def post(person, tenant, body, kind=KIND, **environ):
    """Posts a body to the form of the organisation as it is."""
    url = tenant_url(tenant, "organisation")
    options = {"data": body} if "wsgi.input" not in environ else {}
    return person.client.post(url, content_type=kind, environ_overrides=environ, **options)


def is_shown_again(response):
    """Whether it is the form once more; else it must be the page that only says what happened."""
    assert response.status_code == 413
    again = NOTICE in response.text
    assert again != (WORDS[413][1] in response.text)
    return again


class TestEveryForm:
    def test_that_keeps_drafts_is_in_the_table(self, app):
        keeping = {n for n, view in app.view_functions.items() if hasattr(view, "draft_page")}
        assert {endpoint for endpoint, _ in FORMS} == keeping

    @pytest.mark.parametrize(("endpoint", "part"), FORMS)
    def test_is_there_again_with_what_fits(self, app, opened, endpoint, part):
        typed, too_long = FORMS[endpoint, part]
        person, form = opened(endpoint, part)
        action = form.form().get("action").partition("?")[0]
        assert app.url_map.bind("localhost").match(action, "POST")[0] == endpoint
        reason = {"reason": "my reason"} if "reason" in form.fields else {}
        with raw.unchanged():
            answer = person.submit(form, 413, **{**reason, **typed, too_long: LONG})
        assert answer.errors == {too_long: TOO_MUCH}
        assert NOTICE in answer.words
        for name, value in ({**reason, **typed}).items():
            if name != too_long:
                assert answer.fields.get(name, []) == as_sent(value), name
        # What stood there before stands there again: nothing is cut without a word.
        assert answer.fields[too_long] == form.fields[too_long]
        assert answer.fields.get("version") == form.fields.get("version")
        assert answer.form().get("action") == form.form().get("action")
        assert answer.control(too_long).get("autofocus") is not None
        assert len(answer.text) < 20_000

    @pytest.mark.parametrize("htmx", [False, True])
    @pytest.mark.parametrize("page", ["/login", "/signup"])
    def test_of_nobody_is_refused_unread(self, browser, page, htmx):
        form = browser.get(page)
        with raw.unchanged():
            answer = browser.submit(form, 413, htmx=htmx, username=LONG)
        assert WORDS[413][1] in answer.words

    @pytest.mark.parametrize(("page", "too_long"), [("/login", "username"), ("/signup", "email")])
    def test_that_has_no_page_for_the_signed_in_is_refused(self, admin, page, too_long):
        with raw.unchanged():
            answer = admin.post(page, {"csrf_token": admin.token(), too_long: LONG}, 413)
        assert answer.words_of("main").startswith(f"413 {WORDS[413][0]}")
        assert "Location" not in answer.headers


class TestForm:
    def test_is_saved_once_it_is_shorter(self, admin, tenant, form):
        again = admin.submit(form, 413, name="Typed Inc", meta_data=LONG, reason=REASON)
        admin.submit(again, 303, meta_data='{"a": 1}')
        assert (fresh(tenant).name, fresh(tenant).meta_data) == ("Typed Inc", {"a": 1})

    def test_is_judged_by_the_version_it_was_made_from(self, admin, tenant, form):
        admin.edit(tenant, "organisation", name="Theirs")
        again = admin.submit(form, 413, name="Mine", meta_data=LONG, reason=REASON)
        admin.submit(again, 409, meta_data="")
        assert fresh(tenant).name == "Theirs"

    @pytest.mark.parametrize("too_long", ["sip_domain", "sip_password"])
    def test_shows_no_secret(self, admin, tenant, secrets, too_long):
        typed = {"sip_domain": "typed.example", "sip_password": "typed but never kept"}
        assert isinstance(FIELDS["sip_password"], Secret)
        secrets.add(typed["sip_password"])
        form = admin.get(edit_url(tenant, "sip"))
        answer = admin.submit(form, 413, **{**typed, "reason": REASON, too_long: LONG})
        assert answer.errors == {too_long: TOO_MUCH}
        assert answer.field("sip_password") == ""
        assert answer.field("sip_domain") == ("" if too_long == "sip_domain" else "typed.example")
        assert "except passwords" in answer.words

    def test_loses_only_the_longest_field(self, admin, form):
        lengths = {"name": 40_000, "meta_data": 120_000, "reason": 110_000}
        typed = {name: name[0] * length for name, length in lengths.items()}
        answer = admin.submit(form, 413, **typed)
        assert answer.errors == {"meta_data": TOO_MUCH}
        kept = {name: answer.field(name) for name in typed}
        assert kept == {**typed, "meta_data": form.field("meta_data")}

    def test_stays_as_it_is_with_htmx(self, admin, form):
        answer = admin.submit(form, 413, htmx=True, meta_data=LONG, reason=REASON)
        assert answer.headers["HX-Reswap"] == "none"
        assert not answer.has("organisation-name")


class TestWhoMayNot:
    def test_post_is_refused_before(self, sign_in, tenant, form):
        auditor = sign_in("auditor")
        body = in_order(form, meta_data=LONG, csrf_token=auditor.token())
        assert post(auditor, tenant, body).status_code == 403

    def test_sees_no_tenant_learns_nothing(self, owner, form):
        body = in_order(form, meta_data=LONG, csrf_token=owner.token())
        foreign = make_tenant()
        with raw.unchanged():
            for tenant in (foreign, uuid4()):
                assert not is_shown_again(post(owner, tenant, body))

    @pytest.mark.parametrize("token", ["forged", "", None])
    def test_is_a_forger(self, admin, tenant, form, token):
        names = [
            name for name in (*form.fields, "reason") if token is not None or name[:4] != "csrf"
        ]
        body = in_order(form, *names, csrf_token=token, name="Typed Inc", meta_data=LONG)
        with raw.unchanged():
            response = post(admin, tenant, body)
        assert not is_shown_again(response)
        assert "Typed Inc" not in response.text


class TestBody:
    @pytest.mark.parametrize("where", [0, 3])
    def test_has_its_token_anywhere(self, admin, tenant, form, where):
        names = ["name", "meta_data", "reason"]
        names.insert(where, "csrf_token")
        body = in_order(form, *names, name="Typed Inc", meta_data=LONG)
        response = post(admin, tenant, body)
        assert is_shown_again(response)
        assert "Typed Inc" in response.text

    def test_may_be_split_in_the_middle_of_a_character(self, admin, tenant, form):
        name = "é🏥 &=%+;"
        length = len(urlencode({"name": name}))
        head = in_order(form, "csrf_token", "version")
        for before in range(length + 2):
            filling = b"x=" + b"y" * (64 * 1024 - len(head) - before - 4)
            typed = urlencode({"name": name, "meta_data": LONG[:300_000]}).encode()
            response = post(admin, tenant, b"&".join((head, filling, typed)))
            assert is_shown_again(response)
            tree = dom.parse(response.text)
            [field] = dom.elements(tree, "input", name="name")
            assert field.get("value") == name, before

    def test_of_a_giant_name_loses_that(self, admin, form):
        with raw.unchanged():
            answer = admin.submit(form, 413, name="Typed Inc", **{LONG: "1", LONG[:300_000]: "2"})
        assert (NOTICE in answer.words, answer.errors) == (True, {})
        assert answer.field("name") == "Typed Inc"

    @pytest.mark.parametrize("sent", [b"a=b&", b"&", b"=&"])
    def test_of_very_many_fields_is_refused(self, admin, tenant, form, sent):
        few = in_order(form, name="Typed Inc")
        for body in (few + b"&" + sent * 2_500_000, sent * 2_500_000 + few):
            with raw.unchanged():
                assert not is_shown_again(post(admin, tenant, body[: MOST_READ - 1]))

    @pytest.mark.parametrize("size", [MOST_READ, MOST_READ + 1])
    def test_of_more_than_anybody_types_is_refused(self, admin, tenant, form, size):
        body = in_order(form, meta_data="")
        body += b"&x=" + b"x" * (size - len(body) - 3)
        assert is_shown_again(post(admin, tenant, body)) == (size == MOST_READ)

    def test_is_never_whole_in_memory(self, admin, tenant, form):
        many = [("x", "x" * 300) for _ in range(900)]
        names = [(LONG[:262_000], "x") for _ in range(40)]
        for more in ([("meta_data", LONG)], [*many, ("meta_data", LONG)], [(LONG, "x")], names):
            stream = BytesIO(in_order(form) + b"&" + urlencode(more).encode())
            size = stream.getbuffer().nbytes
            tracemalloc.start()
            response = post(
                admin, tenant, None, **{"wsgi.input": stream, "CONTENT_LENGTH": str(size)}
            )
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert is_shown_again(response)
            assert most < 6_000_000

    def test_without_a_length_is_refused(self, admin, tenant, form):
        for body in (in_order(form, meta_data=LONG), in_order(form, x="y" * MAX_FORM_BYTES)):
            chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
            with raw.unchanged():
                response = post(admin, tenant, None, **chunked, **{"wsgi.input": BytesIO(body)})
            assert not is_shown_again(response)

    def test_that_broke_off_is_refused(self, admin, tenant, form):
        body = in_order(form, meta_data=LONG)
        for lost in (1, len(body) // 2):
            environ = {"wsgi.input": BytesIO(body[:-lost]), "CONTENT_LENGTH": str(len(body))}
            with raw.unchanged():
                response = post(admin, tenant, None, **environ)
            assert not is_shown_again(response)

    def test_of_another_kind_is_refused(self, admin, tenant, form):
        body = in_order(form, meta_data=LONG)
        part = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n%s\r\n--x--' % body
        token = {"HTTP_X_CSRFTOKEN": form.field("csrf_token")}
        kinds = {
            "multipart/form-data; boundary=x": part,
            "text/plain": body,
            "application/json": body,
        }
        for kind, content in kinds.items():
            with raw.unchanged():
                assert not is_shown_again(post(admin, tenant, content, kind, **token)), kind

    def test_that_is_no_text_is_refused(self, admin, tenant, form):
        body = in_order(form, meta_data=LONG) + b"&name=\xff"
        with raw.unchanged():
            assert not is_shown_again(post(admin, tenant, body))
