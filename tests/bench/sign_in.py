"""Time of a refused sign-in for names that are accounts' and names that are nobody's, as a ratio.

Part of ``make bench``. Both are asked in turn, each try from an address of its own (through a
trusted proxy), so that no limit on tries gets in the way. The ratio should be near 1: the time
must not tell who has an account (ASVS 5.0, 6.3.8).
"""

import os
import secrets
import statistics
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path

from tests.bench.responses import BIN, ROOT, Browser, server

PORT = 8_790
ACCOUNTS = 8
# A try from a new address counts for the account, and thirty are free.
ROUNDS_PER_ACCOUNT = 25


def prepare(folder: Path) -> dict[str, str]:
    """A database with accounts; returns the environment of its server."""
    environment = dict(
        os.environ,
        WEBUI_INSTANCE=str(folder),
        WEBUI_ENV="development",
        WEBUI_TRUSTED_PROXIES="1",
    )
    commands = [(["setup"], "")]
    for number in range(ACCOUNTS):
        words = ["users", "create", "--username", f"known{number}", "--role", "support"]
        words += ["--email", f"known{number}@console.example", "--password-stdin"]
        words += ["--reason", "bench"]
        commands.append((words, secrets.token_urlsafe(16) + "\n"))
    for words, given in commands:
        command = [str(BIN / "flask"), "--app", "wsgi", *words]
        subprocess.run(command, cwd=ROOT, env=environment, input=given, text=True, check=True)
    return environment


def measure(port: int) -> dict[str, list[float]]:
    """Milliseconds of every try, by kind of name."""
    browser, addresses = Browser(port), count(1)
    token = browser.token("/login")
    times: dict[str, list[float]] = {"known": [], "nobody": []}
    for _ in range(ROUNDS_PER_ACCOUNT):
        for number in range(ACCOUNTS):
            for kind, taken in times.items():
                form = {"csrf_token": token, "username": f"{kind}{number}", "password": "not it"}
                host = next(addresses)
                headers = {"X-Forwarded-For": f"198.18.{host // 250}.{host % 250}"}
                start = time.perf_counter()
                status = browser.ask("POST", "/login", form, headers)[0]
                taken.append((time.perf_counter() - start) * 1_000)
                assert status == 422, status
    return times


def main() -> None:
    """Prints the medians and their ratio."""
    with (
        tempfile.TemporaryDirectory() as name,
        server("tests.bench.unhurried:app", prepare(Path(name)), PORT) as port,
    ):
        times = measure(port)
    known, nobody = (statistics.median(times[kind]) for kind in ("known", "nobody"))
    print(f"refused sign-in, {len(times['known'])} tries each")
    print(f"  known name    {known:7.2f} ms")
    print(f"  nobody's name {nobody:7.2f} ms  ratio {nobody / known:5.3f}")


if __name__ == "__main__":
    main()
