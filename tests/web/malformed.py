"""Requests that no browser makes: hostile values in every place that reaches a parser or a header.

A request is drawn from the URL map, the fields of all forms and the documented query names.
"""

import base64
import re
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from hypothesis import strategies as st
from sqlalchemy import select

from tests.factories import make_tenant, make_user
from tests.web.pages import HTMX, REASON, Browser
from webui.core.catalogue import FIELDS
from webui.core.extensions import db
from webui.models import AuditEntry, UserSession
from webui.web.posted.forms import PostedForm

DEEP = "[" * 16_000
OBJECTS = '{"a":' * 5_000


def cursor(text: str) -> str:
    """A cursor of some JSON."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def credential(client: str) -> str:
    """A passkey's answer whose client data is some text."""
    data = base64.urlsafe_b64encode(client.encode()).decode().rstrip("=")
    parts = ("clientDataJSON", "attestationObject", "authenticatorData", "signature")
    response = ",".join(f'"{part}":"{data}"' for part in parts)
    return f'{{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{{{response}}}}}'


# Texts for parsers of JSON, times, numbers, ids, cursors, addresses and header values.
VALUES = [
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "x",
        "-1",
        "0",
        "1",
        "9" * 400,
        "1" + "0" * 5_000,
        "1e400",
        "NaN",
        "٣",
    ),
    *(
        DEEP,
        OBJECTS,
        "{" * 16_000,
        "null",
        "[]",
        "{}",
        '"\\ud800"',
        '{"\\ud800": 1}',
        '{"a": 1e999}',
    ),
    *("/\u0100", "/ü", "/\x80", "/\u2028", "/\U0001f600?q=ü", "/[", "//[", "/\r\nX-A: b", "/%00"),
    *("https://[", "https://[::1", "//e.example", "\\\\e", "/\\e", "http://a\u2100b.example/"),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01", "9999-12-31"),
    *("2026-W01-1", "2026-02-30", "24:00", "20260101T00", "2026-01-01T00:00:00+24:00"),
    *(str(uuid4()), "{" + uuid4().hex.upper() + "}", "0" * 32, "urn:uuid:" + str(uuid4())),
    *(
        "a" * 300,
        "e\u0301" * 2_000,
        "\ufdfa" * 300,
        "%",
        "_",
        "'",
        '"',
        "\\",
        "<",
        "\u202e",
        "\u0130",
    ),
    *(cursor(text) for text in (DEEP, "[]", "1", '["name"]', '["created", "9999-12-31", "x"]')),
    *(
        cursor(f'["{n}", "{"9" * 18}", "{"0" * 32}"]')
        for n in ("name", "seq", "created", "updated")
    ),
    *(cursor(f'["{n}", "\\u0000", "\\ud800"]') for n in ("name", "-name", "username")),
    *(credential(text) for text in (DEEP, OBJECTS, "", "\0", "{}", "\u0081" * 900)),
    *("true", "y", "off", "next", "skip", "owner", "admin", "active", "suspended", "Europe"),
    *(
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "a" * 5_000,
        "sip:[",
        "a:99999",
        "xn--",
        "xn--\u0100",
    ),
    *("1.2.3.4", "::1", "::ffff:1.2.3.4", "fe80::1%eth0", "1.2.3.4/99", "999.1.1.1"),
]
# Percent escapes and bytes that are no text, for query strings and bodies.
RAW = [
    "%",
    "%zz=%",
    "%ff%fe=%c3",
    "q=%00",
    "q=%ed%a0%80",
    "&&=&;",
    "\xff=\xfe",
    "a" * 4_000,
]
HEADERS = [
    *("Accept", "Accept-Language", "Authorization", "Cookie", "Date", "Forwarded", "From"),
    *("HX-Current-URL", "HX-Prompt", "HX-Request-Type", "HX-Source", "HX-Target", "Host"),
    *("If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since"),
    *("Origin", "Range", "Referer", "Sec-Fetch-Site", "User-Agent", "X-CSRFToken"),
    *("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-HTTP-Method-Override"),
]
# Header values are latin-1 on the wire.
HEADER_VALUES = [
    *("", "\xff" * 20, "\x00", "[", "https://[", "http://localhost/[", "localhost:99999", "a:b:c"),
    *(
        "session=",
        'session="\\377',
        "session=.e30.x; device=a; theme=[",
        "=;=",
        "bytes=0-",
        "partial",
    ),
    *("bytes=-", "bytes=9-1,-99999999999999999999", "bytes=" + "0-1," * 500, '"', "W/", "*"),
    *("Wed, 99 Foo 99999 99:99:99 GMT", "Thu, 01 Jan 0000 00:00:00 +9999", "1.2.3.4, [", "for=[::"),
    *("Basic !", "Bearer \xff", "en;q=x, *;q=9e999", "div#" + "a" * 5_000, "x" * 9_000),
]
CONTENT_TYPES = [
    *("application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-7"),
    *("application/x-www-form-urlencoded; charset=\xff", "multipart/form-data", "text/plain"),
    *("multipart/form-data; boundary=", "multipart/form-data; boundary=\xff; boundary=b"),
    *("multipart/form-data; boundary=b", "multipart/form-data; boundary=" + "b" * 300),
    *("application/json", "a/b/c; =; ;", ";", "\xff"),
]
PART = b"--b\r\nContent-Disposition: form-data; name=\"%s\"; filename*=x''%%ff\r\n\r\n%s\r\n"
QUERY = [
    *(
        "q",
        "status",
        "plan",
        "onboarding",
        "usage",
        "owner",
        "sort",
        "after",
        "before",
        "tenant",
        "actor",
    ),
    *("action", "field", "outcome", "source", "request", "address", "from", "to", "draft", "next"),
    *("open", "role", "state", "to", "all", "watch", "with", "step", "find", "more"),
]


def fields_of_forms() -> list[str]:
    """The names of the fields of every form of the product, and what stands beside them."""
    found, left = {*FIELDS, "version", "submission", "go", "was", "active", "offer"}, [PostedForm]
    while left:
        form = left.pop()
        left += form.__subclasses__()
        found |= {name for name in dir(form) if hasattr(getattr(form, name), "creation_counter")}
    return sorted(found)


class Requests:
    """Somebody of every role, things to name in addresses, and requests drawn from both."""

    def __init__(self, app: Any, sign_in: Any, nobody: Browser) -> None:
        self.tenants = [make_tenant(name="One"), make_tenant(name="Two")]
        self.victims = [make_user("support"), make_user("owner", self.tenants[1])]
        roles = ("support", "admin", "auditor")
        self.people = [nobody, sign_in("owner", self.tenants[0]), *(sign_in(r) for r in roles)]
        self.tokens = {
            person: person.token("/login" if person is nobody else "/nothing-here")
            for person in self.people
        }
        self.entries = list(db.session.scalars(select(AuditEntry.id).limit(5)))
        db.session.commit()
        rules = [rule for rule in app.url_map.iter_rules() if rule.rule != "/logout"]
        self.routes = sorted((r.rule, m) for r in rules for m in r.methods - {"OPTIONS"})
        self.fields = fields_of_forms()

    def draw(self, data: Any) -> tuple[Browser, dict[str, Any]]:
        """A person, and the arguments of a request."""
        rule, method = data.draw(st.sampled_from(self.routes))
        person = data.draw(st.sampled_from(self.people))
        headers = data.draw(st.dictionaries(one(HEADERS), one(HEADER_VALUES), max_size=3))
        if data.draw(st.booleans()):
            headers |= HTMX
        asked: dict[str, Any] = {
            "path": re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda m: self._place(data, m[1]), rule),
            "method": method,
            "environ_overrides": {
                "QUERY_STRING": data.draw(one(RAW) | pairs(QUERY).map(urlencode))
            },
            "headers": {n: v for n, v in headers.items() if "\r" not in v},
            "base_url": data.draw(one(["http://localhost", "https://localhost"])),
        }
        if method == "POST":
            asked |= self._body(data, person)
            if "passkey" in rule:
                self._ask_for_challenge(person, rule)
        return person, asked

    def _place(self, data: Any, argument: str) -> str:
        good = {
            "tenant_id": self.tenants,
            "user_id": self.victims,
            "entry_id": [*self.entries],
            "section": ["organisation", "billing", "sip", "features", "compliance", "webhook"],
            "step": ["organisation", "sip", "webhook", "review"],
        }.get(argument, ["t" * 43])
        if data.draw(st.integers(0, 9)) == 0:
            return quote(data.draw(one(VALUES))[:2_000], safe="")
        thing = data.draw(st.sampled_from(good))
        return str(getattr(thing, "id", thing))

    def _body(self, data: Any, person: Browser) -> dict[str, Any]:
        known = {"csrf_token": self.tokens[person], "version": "1", "reason": REASON}
        known["submission"] = "s" * 20
        sent = [*known.items(), *data.draw(pairs(self.fields))]
        if data.draw(st.integers(0, 3)):
            return {"data": dict(sent)}
        kind, raw = data.draw(one(CONTENT_TYPES)), data.draw(one(RAW))
        body = urlencode(sent).encode() + b"&" + raw.encode("latin-1")
        if "boundary=b" in kind:
            body = b"".join(PART % (n.encode(), v.encode()) for n, v in sent) + raw.encode(
                "latin-1"
            )
        return {"data": body, "content_type": kind}

    def _ask_for_challenge(self, person: Browser, rule: str) -> None:
        """What an answer for a passkey must follow, so that it is read at all."""
        url = "/login/passkey/options" if "login" in rule else "/account/passkeys/options"
        person.client.post(url, data={"csrf_token": self.tokens[person]})

    def come_back(self, person: Browser) -> None:
        """A new session where the request has ended the one before."""
        if person.user is None:
            return
        query = select(UserSession.user_id).where(
            UserSession.user_id == person.user.id, UserSession.ended_at.is_(None)
        )
        if db.session.scalars(query).first() is None:
            person.start_session()


def one(values: list[Any]) -> Any:
    """One of them, or any text of the kind."""
    return st.sampled_from(values)


def pairs(names: list[str]) -> Any:
    """Some names with hostile values."""
    values = st.sampled_from(VALUES) | st.text(
        st.characters(exclude_categories=["Cs"]), max_size=30
    )
    return st.lists(st.tuples(st.sampled_from(names), values), max_size=6)
