"""Time of a refused sign-in for names that are accounts' and names that are nobody's, as a ratio.

Part of ``make bench``. Usernames and e-mail addresses of both are asked in turn, each try from an
address of its own (through a trusted proxy), so that no limit on tries gets in the way. The ratio
should be near 1: the time must not tell who has an account (ASVS 5.0, 6.3.8).
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
# Kind of name -> the name, by number. The two names of one account would be counted as one.
NAMES = {
    "username": "known{}",
    "nobody's username": "nobody{}",
    "e-mail": "mailed{}@console.example",
    "nobody's e-mail": "nobody{}@console.example",
}


def prepare(folder: Path) -> dict[str, str]:
    """A database with accounts; returns the environment of its server."""
    environment = dict(
        os.environ,
        WEBUI_INSTANCE=str(folder),
        WEBUI_ENV="development",
        WEBUI_TRUSTED_PROXIES="1",
    )
    commands = [(["setup"], "")]
    for name in [f"{kind}{number}" for kind in ("known", "mailed") for number in range(ACCOUNTS)]:
        words = ["users", "create", "--username", name, "--role", "support"]
        words += ["--email", f"{name}@console.example", "--password-stdin"]
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
    times: dict[str, list[float]] = {kind: [] for kind in NAMES}
    for _ in range(ROUNDS_PER_ACCOUNT):
        for number in range(ACCOUNTS):
            for kind, taken in times.items():
                name = NAMES[kind].format(number)
                form = {"csrf_token": token, "username": name, "password": "not it"}
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
    medians = {kind: statistics.median(taken) for kind, taken in times.items()}
    print(f"refused sign-in, {len(times['username'])} tries each")
    for kind, median in medians.items():
        known = medians[kind.removeprefix("nobody's ")]
        print(f"  {kind:18} {median:7.2f} ms  ratio {median / known:5.3f}")


if __name__ == "__main__":
    main()
