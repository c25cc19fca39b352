"""Speed of the API, as ratios to a bare Flask page and to a bare save in the same run.

``make bench``: for 100,000 demo tenants (another size as an argument, or ``--instance`` for a
folder that holds them already) a program reads and changes a tenant, and reports 10,000 rows of
usage in one request. The goals stand beside the results.
"""

import argparse
import http.client
import json
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from tests.bench import responses
from webui.accounts.api_tokens.scopes import Scope

PORT = 8_730
ROWS = 10_000
GOALS = {"GET a tenant": 1.5, "PUT a tenant": 2.0}
TENANTS = "/api/v1/tenants"


class Program:
    """One client: a kept connection and a token."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, str, bytes]:
        """Status, Link and body of one request."""
        sent = None if body is None else json.dumps(body)
        self.connection.request(method, path, sent, self.headers)
        answer = self.connection.getresponse()
        return answer.status, answer.headers.get("Link", ""), answer.read()

    def tenants(self, most: int) -> list[str]:
        """The ids of the first tenants by name."""
        path, found = f"{TENANTS}?limit=1000", []
        while path and len(found) < most:
            _, link, body = self.ask("GET", path)
            found += [tenant["id"] for tenant in json.loads(body)]
            path = link.partition(">")[0].removeprefix("<")
        return found[:most]


def make_token(environment: dict[str, str]) -> str:
    """A token of the run's account with every scope of its role."""
    command = [str(responses.BIN / "flask"), "--app", "wsgi", "tokens", "create"]
    command += ["--username", responses.ACCOUNT, "--name", "bench", "--purpose", "a bench"]
    for scope in Scope:
        command += ["--scope", scope.value]
    done = subprocess.run(
        command, cwd=responses.ROOT, env=environment, text=True, check=True, capture_output=True
    )
    return done.stdout.strip()


def measure(tenants: int, folder: Path) -> None:
    """Prints the ratios and the time of a report."""
    environment, _ = responses.prepare(tenants, folder)
    token = make_token(environment)
    with (
        responses.server("tests.bench.unhurried:app", environment, PORT),
        responses.server("tests.bench.bare:app", environment, PORT + 1),
    ):
        program, bare = Program(PORT, token), responses.Browser(PORT + 1)
        ids = program.tenants(ROWS)
        path, limits = f"{TENANTS}/{ids[0]}", count(1_000)
        questions: dict[str, tuple[responses.Ask, responses.Ask]] = {
            "GET a tenant": (lambda: program.ask("GET", path), lambda: bare.ask("GET", "/")),
            "PUT a tenant": (
                lambda: program.ask("PUT", path, {"monthly_call_limit": next(limits)}),
                lambda: bare.ask("POST", "/save"),
            ),
        }
        for label, (ask, base) in questions.items():
            told(label, *responses.compare(ask, base))
        report(program, ids)


def told(label: str, took: float, base: float) -> None:
    """Prints one comparison."""
    ratio, goal = took / base, GOALS[label]
    print(f"  {label:<20} {took:7.2f} ms  bare {base:5.2f} ms  ratio {ratio:5.2f} (goal {goal})")


def report(program: Program, ids: list[str]) -> None:
    """Prints the time of 10,000 rows in one request: another month, this one, and once more.

    The figures are above every limit: the first report of this month records the thresholds of all.
    """
    this_month = datetime.now(UTC).strftime("%Y-%m")
    calls = 10**9 + int(time.time())
    for label, month, grown in (
        ("a past month", "2001-01", calls),
        ("this month, thresholds reached", this_month, calls),
        ("this month, grown", this_month, calls + 1),
        ("the same again", this_month, calls + 1),
    ):
        figures = {"usage_cents": grown, "calls": grown, "minutes": grown}
        rows = [{"tenant_id": one, "month": month, **figures} for one in ids]
        start = time.perf_counter()
        status, _, body = program.ask("POST", "/api/v1/usage", {"rows": rows})
        took = time.perf_counter() - start
        assert status == 200, body[:300]
        [verdict] = {one["verdict"] for one in json.loads(body)["verdicts"]}
        print(f"  {len(rows):,} rows, {label}: {took:.2f} s, all {verdict} (goal 2 s)")


def main() -> None:
    """Measures the size given as an argument, or the instance that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", nargs="?", type=int, default=100_000)
    parser.add_argument("--instance", type=Path, help="a folder with demo tenants in it")
    arguments = parser.parse_args()
    if arguments.instance:
        print(arguments.instance)
        measure(0, arguments.instance)
        return
    print(f"{arguments.size:,} tenants")
    with tempfile.TemporaryDirectory() as name:
        measure(arguments.size, Path(name))


if __name__ == "__main__":
    main()
