"""schemathesis for longer: every phase and every check, for every role, over HTTP.

``make bench``: a real gunicorn on SQLite and one on PostgreSQL; ends with 1 when anything is found.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import pytest
import schemathesis
from sqlalchemy import select

from tests import databases
from tests.api import contract
from tests.api_tokens import make_token
from tests.browser.server import NORTHWIND, Server, serving
from webui.core.extensions import db
from webui.core.permissions import Role
from webui.models import User

PHASES = ("coverage", "fuzzing", "stateful")


def findings(server: Server, role: Role, tenant: UUID, examples: int) -> Iterator[str]:
    """What is found with a new token of a role."""
    with server.inside():
        username = server.accounts[role.value].username
        user = db.session.scalars(select(User).where(User.username == username)).one()
        token = make_token(user, "contract").text
    config = contract.settings(token, tenant, examples, PHASES)
    address = f"{server.origin}{contract.DESCRIPTION}"
    yield from contract.findings(schemathesis.openapi.from_url(address, config=config))


def measure(label: str, url: str | None, examples: int) -> int:
    """Prints what is found on one database, and returns how much it is."""
    total = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), database_url=url, application="tests.bench.unhurried:app") as server,
    ):
        tenant = server.tenant_named(NORTHWIND)
        for role in Role:
            found = list(findings(server, role, tenant, examples))
            print(f"  {label}, {role.value}: {len(found)} found", *found, sep="\n")
            total += len(found)
    return total


def main() -> None:
    """Runs on both databases; the number of examples of each operation may be given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("examples", nargs="?", type=int, default=100)
    examples = parser.parse_args().examples
    with ExitStack() as stack:
        contract.prepare(stack.enter_context(pytest.MonkeyPatch.context()))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kind = databases.Postgresql(stack.enter_context(databases.postgresql_server()), folder)
        stack.callback(kind.close)
        url = stack.enter_context(kind.empty())
        total = measure("SQLite", None, examples) + measure("PostgreSQL", url, examples)
    raise SystemExit(1 if total else 0)


if __name__ == "__main__":
    main()
