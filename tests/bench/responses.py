"""Speed of the main pages, as ratios to a bare Flask page with two SELECTs in the same run.

``make bench``: for 250 and for 100,000 demo tenants (sizes as arguments, or ``--instance`` for
a folder that holds them already) it starts a real gunicorn with one worker for the product and
one for the bare page, asks both in turn over kept connections, so that what else the machine
does hits both, and prints medians, ratios, statements, and the bytes of the first and the second
page load.
"""

import argparse
import http.client
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask.testing import FlaskClient
from sqlalchemy import event

from config import Config
from webui import create_app
from webui.core.extensions import db

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
ROUNDS = 200
ACCOUNT = f"bench-{secrets.token_hex(4)}"
"""One of each run: an instance may have those of earlier ones."""
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


class Browser:
    """One client: a kept connection and its cookies."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}

    def ask(
        self, method: str, path: str, form: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, bytes]:
        """Status, Location and body of one request."""
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        sent |= headers or {}
        body = urlencode(form, doseq=True) if form else None
        if body:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, sent)
        answer = self.connection.getresponse()
        content = answer.read()
        for header in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.headers.get("Location", ""), content

    def token(self, path: str) -> str:
        """The CSRF token of a page's form."""
        page = self.ask("GET", path)[2].decode()
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, page[:300]
        return found.group(1)

    def sign_in(self, password: str) -> None:
        """Signs in with the account of the run."""
        form = {"username": ACCOUNT, "password": password, "csrf_token": self.token("/login")}
        assert self.ask("POST", "/login", form)[0] == 303


class Inside:
    """The same client for an application in this process."""

    def __init__(self, client: FlaskClient, cookies: dict[str, str]) -> None:
        self.client = client
        for name, value in cookies.items():
            client.set_cookie(name, value)

    def ask(
        self, method: str, path: str, form: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, bytes]:
        """Status, Location and body of one request."""
        answer = self.client.open(path, method=method, data=form, headers=headers)
        return answer.status_code, answer.headers.get("Location", ""), answer.data


@contextmanager
def server(application: str, environment: dict[str, str], port: int) -> Iterator[int]:
    """A gunicorn with one worker, ready to answer."""
    command = [BIN / "gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", "1"]
    command += ["--threads", "4", "--log-level", "warning", "--keep-alive", "60"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                Browser(port).ask("GET", "/livez")
                break
            except OSError:
                continue
        yield port
    finally:
        process.terminate()
        process.wait()


Ask = Callable[[], tuple[int, str, bytes]]


def compare(ask: Ask, bare: Ask) -> tuple[float, float]:
    """The median times of both in milliseconds, asked in turn."""
    times: dict[Ask, list[float]] = {ask: [], bare: []}
    for _ in range(ROUNDS):
        for question, measured in times.items():
            start = time.perf_counter()
            status = question()[0]
            measured.append((time.perf_counter() - start) * 1_000)
            assert status == 200, status
    return statistics.median(times[ask]), statistics.median(times[bare])


def prepare(
    tenants: int, folder: Path, database_url: str | None = None
) -> tuple[dict[str, str], str]:
    """A database with demo tenants (0: with those it has) and an account.

    Returns the environment and the password of the account.
    """
    environment = dict(os.environ, WEBUI_INSTANCE=str(folder), WEBUI_ENV="development")
    if database_url:
        environment["DATABASE_URL"] = database_url
    flask = [str(BIN / "flask"), "--app", "wsgi"]
    password = secrets.token_urlsafe(12)
    for arguments, given in (
        (["setup"], ""),
        *([(["demo", "load", "--tenants", str(tenants)], "")] if tenants else []),
        (
            [
                *("users", "create", "--username", ACCOUNT, "--role", "support"),
                *("--email", f"{ACCOUNT}@console.example", "--password-stdin"),
            ],
            password + "\n",
        ),
    ):
        subprocess.run(
            flask + arguments, cwd=ROOT, env=environment, input=given, text=True, check=True
        )
    return environment, password


def measure(tenants: int, folder: Path, port: int) -> None:
    """Prints the ratios for one size."""
    environment, password = prepare(tenants, folder)
    with (
        server("tests.bench.unhurried:app", environment, port),
        server("tests.bench.bare:app", environment, port + 1),
    ):
        browser, bare = Browser(port), Browser(port + 1)
        browser.sign_in(password)
        found = browser.ask("GET", "/tenants?q=northwind+dental")[2].decode()
        match = re.search(r'href="(/tenants/[0-9a-f-]{36})"', found)
        assert match
        page = match.group(1)
        counts = statements(environment, browser, page)
        for label, ask in questions(browser, page).items():
            took, base = compare(ask, lambda: bare.ask("GET", "/"))
            print(
                f"  {label:<20} {took:7.2f} ms  bare {base:5.2f} ms  ratio {took / base:5.2f}",
                end="",
            )
            print(f"  {counts[label]:3} statements")
        loads(browser, page)


def statements(environment: dict[str, str], browser: Browser, page: str) -> dict[str, int]:
    """How many statements each question costs, BEGIN and the session's included.

    Counted in an application of this process on the same database, asked as the same person.
    """
    app = create_app(Config.from_environment(environment))
    inside = Inside(app.test_client(), browser.cookies)
    with app.app_context():
        engine = db.engine
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _cur, sql, *_: seen.append(sql))
    counts = {}
    for label, ask in questions(inside, page).items():
        seen.clear()
        assert ask()[0] == 200
        counts[label] = len(seen)
    engine.dispose()
    return counts


def questions(browser: "Browser | Inside", page: str) -> dict[str, Ask]:
    """What is asked of the product."""
    search = "/tenants?q=veterinary"
    return {
        "tenant page": lambda: browser.ask("GET", page),
        "list": lambda: browser.ask("GET", "/tenants"),
        "search": lambda: browser.ask("GET", search),
        "search as you type": lambda: browser.ask("GET", search, headers=HTMX),
        "save": saving(browser, page),
    }


def saving(browser: "Browser | Inside", page: str) -> Callable[[], tuple[int, str, bytes]]:
    """Saves the billing section with another limit each time, as htmx does."""
    form = browser.ask("GET", f"{page}/billing/edit", headers=HTMX)[2].decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
    version = re.search(r'name="version" value="(\d+)"', form)
    assert token and version
    # Another limit for each version, so that whoever saves next changes something as well.
    versions, limits = count(int(version.group(1))), count(1_000 + int(version.group(1)))

    def save() -> tuple[int, str, bytes]:
        values = {
            "csrf_token": token.group(1),
            "version": next(versions),
            "billing_plan": "business",
            "max_concurrent_calls": 80,
            "monthly_call_limit": next(limits),
            "reason": "bench, ticket 1",
            "ceilings_seen": "business",
        }
        return browser.ask("POST", f"{page}/billing", values, HTMX)

    return save


def loads(browser: Browser, page: str) -> None:
    """Prints the compressed bytes of a first page load, and of a second with a warm cache."""
    html = browser.ask("GET", page)[2]
    files = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', html.decode()))
    accepts = {"Accept-Encoding": "br, gzip"}
    static = sum(len(browser.ask("GET", name, headers=accepts)[2]) for name in files)
    print(f"  first load {len(html) + static:,} bytes in {len(files) + 1} requests; ", end="")
    print(f"second {len(html):,} bytes in 1 (static files are immutable)")


def main() -> None:
    """Measures the sizes given as arguments, or the instance that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[250, 100_000])
    parser.add_argument("--instance", type=Path, help="a folder with demo tenants in it")
    arguments = parser.parse_args()
    if arguments.instance:
        print(arguments.instance)
        measure(0, arguments.instance, 8_710)
        return
    for index, size in enumerate(arguments.sizes):
        print(f"{size:,} tenants")
        with tempfile.TemporaryDirectory() as name:
            measure(size, Path(name), 8_710 + 2 * index)


if __name__ == "__main__":
    main()
