"""A browser for tests: it checks every answer it gets and fills in forms as people do."""

import re
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from tests.client import Client
from tests.web import dom
from webui.accounts.sessions import sessions
from webui.core.extensions import write_transaction
from webui.models import Tenant
from webui.models.user import Proof
from webui.web.headers import CONTENT_SECURITY_POLICY

PASSWORD = "correct horse battery"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
REASON = "ticket 4711"


class Answer:
    """An answer, checked and parsed. Whatever one asks of it must be there.

    ``whole``: whether all of it is checked, or it is only parsed once somebody looks into it.
    """

    def __init__(self, response: Any, *, fragment: bool = False, whole: bool = True) -> None:
        self.response = response
        self.status: int = response.status_code
        self.headers = response.headers
        self.text: str = response.get_data(as_text=True)
        self._is_fragment = fragment
        self._whole = whole
        self._check_headers()
        if whole and self._has_tree:
            self._check_fragment() if fragment else self._check_page()

    @property
    def _has_tree(self) -> bool:
        html = self.text and self.headers["Content-Type"].startswith("text/html")
        return bool(html) and (self._is_fragment or self.status != 303)

    @cached_property
    def _trees(self) -> tuple[dom.Element, dict[str, dom.Element]]:
        if not self._has_tree:
            return None, {}
        if self._is_fragment:
            return dom.parse_fragment(self.text, strict=self._whole)
        return dom.parse(self.text, strict=self._whole), {}

    @property
    def tree(self) -> dom.Element:
        """The page, or what replaces the target; None of what is no HTML."""
        return self._trees[0]

    @property
    def parts(self) -> dict[str, dom.Element]:
        """Target -> what else a fragment replaces."""
        return self._trees[1]

    def _check_headers(self) -> None:
        assert self.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert "HX-Request-Type" in self.headers["Vary"]
        assert self.headers["Cache-Control"] == "no-store"

    def _check_page(self) -> None:
        assert self.text.startswith("<!doctype html>")
        assert [dom.words(title) != "" for title in dom.elements(self.tree, "title")] == [True]
        assert len(dom.elements(self.tree, "main")) == 1
        assert len(dom.elements(self.tree, "h1")) == 1
        faults = dom.faults(self.tree)
        assert not faults, faults

    def _check_fragment(self) -> None:
        assert "<html" not in self.text
        for tree in (self.tree, *self.parts.values()):
            # What a fragment refers to may stand in the page around it.
            faults = [fault for fault in dom.faults(tree) if "leads to no id" not in fault]
            assert not faults, faults

    @property
    def location(self) -> str:
        """Where it leads: path, query and anchor."""
        return self.headers["Location"]

    @property
    def words(self) -> str:
        """Everything that can be read, parts included."""
        return " ".join(dom.words(tree) for tree in (self.tree, *self.parts.values()))

    def by_id(self, name: str) -> dom.Element:
        """The element of an id."""
        for tree in (self.tree, *self.parts.values()):
            for element in dom.elements(tree, id=name):
                return element
        raise AssertionError(f"there is no #{name} in {self.status}: {self.words[:300]}")

    def has(self, name: str) -> bool:
        """Whether there is an element of that id."""
        trees = (self.tree, *self.parts.values())
        return any(dom.elements(tree, id=name) for tree in trees)

    def words_of(self, name: str) -> str:
        """The text of the element of an id."""
        return dom.words(self.by_id(name))

    def fact(self, label: str, section: str) -> str:
        """What a card says beside a label."""
        card = self.by_id(f"section-{section}")
        facts = {
            dom.words(d.find("dt")): dom.words(d.find("dd")) for d in card.findall(".//dl/div")
        }
        return facts[label]

    def form(self) -> dom.Element:
        """The one form that is posted from the middle of the page."""
        main = next(iter(dom.elements(self.tree, "main")), self.tree)
        [form] = dom.elements(main, "form", method="post")
        return form

    @property
    def fields(self) -> dom.Fields:
        """What the form would send as it stands."""
        return dom.fields(self.form())

    def field(self, name: str) -> str | None:
        """The only value of a form field; None for an unchecked box."""
        values = self.fields.get(name, [])
        assert len(values) < 2, f"{name} would be sent {len(values)} times"
        return values[0] if values else None

    def control(self, name: str) -> dom.Element:
        """The first form control of a name."""
        return next(e for e in self.form().iter() if e.get("name") == name)

    @property
    def errors(self) -> dict[str, str]:
        """Field -> the error beside it, which the control says describes it."""
        found = {}
        for control in dom.elements(self.form(), aria_invalid="true"):
            ids = control.get("aria-describedby", "").split()
            [error] = [name for name in ids if name.endswith("-error")]
            found[control.get("name")] = self.words_of(error)
        return found

    @property
    def history(self) -> list[dom.Element]:
        """The rows of the history, as they stand."""
        trees = (self.tree, *self.parts.values())
        rows = [row for tree in trees for row in dom.elements(tree, "tr")]
        return [row for row in rows if row.get("id", "").startswith("audit-")]


class Browser:
    """A person's browser. `secrets` are what no answer may ever show."""

    def __init__(self, client: Client, secrets: set[str]) -> None:
        self.client = client
        self.secrets = secrets
        self.user: Any = None
        # Of the account that signs in, and recovery codes that are left.
        self.password = PASSWORD
        self.codes: list[str] = []
        # A token of the sign-in page, and the cookie that it belongs to.
        self._sign_in_token = ("", "")
        # Both databases give the same pages: they are checked whole on one of them.
        url = client.application.extensions["webui_config"].database_url
        self._whole = url.startswith("sqlite")

    def get(
        self, url: str, status: int | None = 200, /, *, htmx: bool = False, **headers: str
    ) -> Answer:
        """Opens a page, or what htmx swaps in."""
        sent = {**(HTMX if htmx else {}), **_headers(headers)}
        return self._judged(self.client.get(url, headers=sent), status, htmx)

    def post(
        self,
        url: str,
        data: Any,
        status: int | None = None,
        /,
        *,
        htmx: bool = False,
        **headers: str,
    ) -> Answer:
        """Posts exactly these fields."""
        sent = {**(HTMX if htmx else {}), **_headers(headers)}
        return self._judged(self.client.post(url, data=data, headers=sent), status, htmx)

    def submit(
        self, form: Answer, status: int | None = None, /, *, htmx: bool = False, **changes: Any
    ) -> Answer:
        """Sends an opened form: True and False are boxes, None leaves a field out."""
        url = form.form().get("action")
        return self.post(url, changed(form.fields, changes), status, htmx=htmx)

    def post_form(
        self, page: str, status: int | None = None, /, *, htmx: bool = False, **changes: Any
    ) -> Answer:
        """Opens the page of a form, changes fields and sends it."""
        return self.submit(self.get(page, htmx=htmx), status, htmx=htmx, **changes)

    def edit(
        self,
        tenant: Tenant | UUID,
        section: str,
        status: int | None = 303,
        /,
        *,
        htmx: bool = False,
        **changes: Any,
    ) -> Answer:
        """Edits a section; who must give a reason gives one."""
        form = self.get(edit_url(tenant, section), htmx=htmx)
        if "reason" in form.fields:
            changes.setdefault("reason", REASON)
        if htmx and status == 303:
            status = 200
        return self.submit(form, status, htmx=htmx, **changes)

    def token(self, url: str = "/nothing-here") -> str:
        """A CSRF token of this browser; every page has one."""
        found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', self.client.get(url).text)
        assert found
        return found.group(1)

    def start_session(self) -> None:
        """What signing in leaves behind: a session in the database, its token in the cookie."""
        with write_transaction():
            token = sessions.start_session(
                self.user, "127.0.0.1", "pytest", frozenset({Proof.PASSWORD})
            )
        with self.client.session_transaction() as cookie:
            cookie["token"] = token

    def sign_in(self, username: str, password: str = PASSWORD, status: int = 303) -> Answer:
        """Through the sign-in page, which `test_sign_in` looks at more closely."""
        data = {"csrf_token": self._token_to_sign_in(), "next": ""}
        return self.post("/login", {**data, "username": username, "password": password}, status)

    def _token_to_sign_in(self) -> str:
        """Asked for once: who guesses passwords does not read the page each time either."""
        if not self._cookie() or self._cookie() != self._sign_in_token[0]:
            token = self.token("/login")
            self._sign_in_token = (self._cookie(), token)
        return self._sign_in_token[1]

    def _cookie(self) -> str:
        """The session's cookie; none by this name in production."""
        cookie = self.client.get_cookie("session")
        return cookie.value if cookie else ""

    def _judged(self, response: Any, status: int | None, htmx: bool) -> Answer:
        text = response.get_data(as_text=True)
        if status is not None:
            assert response.status_code == status, _brief(response)
        shown = [secret for secret in self.secrets if secret in text]
        assert shown == [], f"{response.request.path} shows a secret"
        return Answer(response, fragment=htmx, whole=self._whole)


def changed(sent: dom.Fields, changes: dict[str, Any]) -> dom.Fields:
    """Fields with changes as `Browser.submit` takes them."""
    result = dict(sent)
    for name, value in changes.items():
        if value is None or value is False:
            result.pop(name, None)
        elif value is True:
            result[name] = ["y"]
        else:
            result[name] = list(map(str, value)) if isinstance(value, list) else [str(value)]
    return result


def tenant_url(tenant: Tenant | UUID, *parts: str) -> str:
    """The address of a tenant or of something of it."""
    return "/".join(["/tenants", str(getattr(tenant, "id", tenant)), *parts])


def edit_url(tenant: Tenant | UUID, section: str) -> str:
    """The page of the form of a section or of the status."""
    parts = (section,) if section == "status" else (section, "edit")
    return tenant_url(tenant, *parts)


def path_of(url: str) -> str:
    """A URL without its query."""
    return urlsplit(url).path


def _headers(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _brief(response: Any) -> str:
    text = re.sub(r"<head>.*</head>|<[^>]*>", " ", response.get_data(as_text=True), flags=re.DOTALL)
    return f"{response.request.path}: {response.status}: {' '.join(text.split())[:800]}"
