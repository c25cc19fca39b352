"""People of each role who ask for every route, and the things that routes are about."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from tests.api_tokens import make_token
from tests.factories import make_tenant, make_user, revise
from tests.web import dom
from tests.web.pages import HTMX, REASON, Browser, changed
from webui.core import permissions
from webui.core.extensions import db
from webui.history.record.actions import Action
from webui.models import AuditEntry, Tenant, UserSession

OWN, FOREIGN, ABSENT = "own", "foreign", "absent"
# What an address holds for an argument that names nothing of a tenant.
NAMES = {"section": "billing", "step": "organisation", "token": "t" * 43}


def page_rules(app: Flask) -> list[Rule]:
    """The routes that a browser with a session can use."""
    views = app.view_functions
    rules = app.url_map.iter_rules()
    return [r for r in rules if not getattr(views[r.endpoint], "for_programs", False)]


def routes(app: Flask) -> list[tuple[Rule, str]]:
    """(rule, method) of every route for people, by address; `tests/api` visits the others."""
    rules = page_rules(app)
    found = [(r, m) for r in rules for m in (r.methods or set()) - {"HEAD", "OPTIONS"}]
    return sorted(found, key=lambda pair: (pair[0].rule, pair[1]))


def declared(app: Flask, rule: Rule, **names: str) -> Any:
    """The permission that a route declares at an address: one, "public" or None."""
    with app.test_request_context():
        return permissions.declared(rule.endpoint, {**NAMES, **names})


class World:
    """A tenant of one's own and somebody else's, with their accounts and entries."""

    def __init__(self) -> None:
        self.tenants = {OWN: make_tenant(name="Own"), FOREIGN: make_tenant(name="Foreign")}
        self.accounts = {
            OWN: make_user("owner", self.tenants[OWN]),
            FOREIGN: make_user("auditor"),
        }
        self.tokens = {whose: make_token(user).row.id for whose, user in self.accounts.items()}

    def ids(self, argument: str, whose: str) -> Any:
        """What an address holds for an argument."""
        if argument in NAMES:
            return NAMES[argument]
        if whose == ABSENT:
            return uuid4()
        if argument == "tenant_id":
            return self.tenants[whose].id
        if argument == "user_id":
            return self.accounts[whose].id
        if argument == "token_id":
            return self.tokens[whose]
        if argument == "entry_id":
            query = select(AuditEntry.id).where(AuditEntry.tenant_id == self.tenants[whose].id)
            return db.session.scalars(query.limit(1)).one()
        return uuid4()

    def url(self, rule: str, whose: str = OWN, **names: str) -> str:
        """A route's address; ``names`` are arguments that are not the usual ones."""

        def fill(match: re.Match[str]) -> str:
            argument = match.group(1)
            return str(names.get(argument) or self.ids(argument, whose))

        return re.sub(r"<(?:[^:<>]+:)?(\w+)>", fill, rule)

    def end_overlap(self) -> None:
        """Lets the webhook secret be replaced again, which it cannot for a day."""
        tenant = db.session.get_one(Tenant, self.tenants[OWN].id)
        if tenant.webhook_secret_previous_until:
            over = {"webhook_secret_previous": None, "webhook_secret_previous_until": None}
            revise(tenant, Action.TENANT_WEBHOOK, **over)


class Visitor:
    """Somebody of a role, or nobody, who asks for routes."""

    def __init__(self, browser: Browser, token: str) -> None:
        self.browser = browser
        self.token = token

    def ask(self, url: str, method: str, htmx: bool = False, form: str = "") -> Any:
        """The answer. What is posted is the form of a page as it is, or what every form needs."""
        headers = HTMX if htmx else {}
        if method == "GET":
            return self.browser.client.get(url, headers=headers)
        answer = self.browser.client.post(url, data=self._filled(form), headers=headers)
        self._come_back()
        return answer

    def _filled(self, page: str) -> dom.Fields:
        answer = page and self.browser.client.get(page)
        if not page or answer.status_code != 200:
            return {"csrf_token": [self.token], "version": ["1"], "reason": [REASON]}
        form = dom.elements(dom.elements(dom.parse(answer.text), "main")[0], "form")[0]
        fields = changed(dom.fields(form), {"reason": REASON})
        return changed(fields, {"name": f"Made {uuid4()}"} if "submission" in fields else {})

    def _come_back(self) -> None:
        """Signs in again when what was posted ended the session."""
        user = self.browser.user
        if user is None:
            return
        query = select(UserSession).where(
            UserSession.user_id == user.id, UserSession.ended_at.is_(None)
        )
        if db.session.scalars(query).first() is None:
            self.browser.sign_in(user.username)
            self.token = self.browser.token("/nothing-here")


def like_any_other(response: Any) -> tuple[int, list[str], str]:
    """Status, header names and a body without what differs between two requests and two ids."""
    text = re.sub(r'(name="csrf_token"[^>]* value=")[^"]+', r"\1", response.text)
    text = re.sub(r'(Request <span class="mono">)[^<]+', r"\1", text)
    text = re.sub(r'(name="submission"[^>]* value=")[^"]+', r"\1", text)
    text = re.sub(r'(data-printed="[^"]*">|data-now=")[^<"]+', r"\1", text)
    ids = r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
    return response.status_code, [*response.headers.keys()], re.sub(ids, "<id>", text)


def sides(rule: Rule) -> Iterator[tuple[str, bool]]:
    """Whose thing a route is asked for, and whether as a fragment."""
    for whose in (OWN, FOREIGN, ABSENT) if rule.arguments else (OWN,):
        yield from ((whose, False), (whose, True))
