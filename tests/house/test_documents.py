"""README, SECURITY.md and docs/ are true: settings, commands, tables, numbers, paths, links."""

import re
from pathlib import Path

import pytest
from flask import Flask

from config import ROOT
from webui.commands.groups import init_cli
from webui.core.extensions import db
from webui.core.permissions import Role
from webui.rate_limits import try_limits
from webui.web.posted import action_rates

DOCUMENTS = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
README, SECURITY = (path.read_text() for path in DOCUMENTS[:2])
ROLE_TABLES = (ROOT / "docs" / "postgresql-role.md").read_text()
# Of code spans, what is a path of the repository: it begins with one of these.
TOPS = ("webui/", "tests/", "templates/", "static/", "docs/", "config.py", "wsgi.py", "gunicorn")
each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


def rows_of(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table after some words, without its head."""
    lines = text.partition(heading)[2].splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows[2:]


def anchors(path: Path) -> set[str]:
    """What links may lead to, as GitHub names headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", text).strip().lower().replace(" ", "-") for text in headings}


class TestReadme:
    def test_has_every_setting(self):
        source = (ROOT / "config.py").read_text()
        read = set(re.findall(r'"(WEBUI_[A-Z_]+|DATABASE_URL)"', source))
        assert {row[0].strip("`") for row in rows_of(README, "## Settings")} == read

    def test_has_every_command(self):
        app = Flask(__name__)
        init_cli(app)
        known = set()
        for name, command in app.cli.commands.items():
            known |= {f"{name} {one}" for one in getattr(command, "commands", {})} or {name}
        told = README.partition("## Commands")[2].partition("## Roles")[0]
        listed = re.findall(r"--app wsgi (setup|[a-z]+ [a-z]+)", told)
        assert sorted(listed) == sorted(known)

    def test_has_every_role(self):
        head = README.partition("## Roles")[2].split("|")[2:6]
        assert [cell.strip() for cell in head] == [role.value for role in Role]

    def test_has_every_package(self):
        told = README.partition("## How the code is laid out")[2].partition("### One edit")[0]
        listed = set(re.findall(r"^ {6}(\w+)/ ", told, re.M))
        folders = (path.parent for path in (ROOT / "webui").glob("*/__init__.py"))
        assert listed == {folder.name for folder in folders}

    def test_has_every_make_target(self):
        phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.M)
        inner = {"port", "setup", "machine", "lint", "ready"}
        listed = {row[0].strip("`") for row in rows_of(README, "## Make targets")}
        assert listed == {f"make {name}" for name in phony[1].split() if name not in inner}

    def test_has_a_reason_for_every_dependency(self):
        told = README.partition("## Dependencies")[2].partition("## More")[0].lower()
        names = []
        for name in ("requirements.in", "requirements-dev.in", "requirements-tools.in"):
            names += re.findall(r"^([\w-]+)", (ROOT / name).read_text().lower(), re.M)
        assert [name for name in names if name not in told] == []


class TestSecurity:
    def test_has_every_section_in_its_contents(self):
        told = SECURITY.partition("\n## ")[0]
        linked = set(re.findall(r"\(#([\w-]+)\)", told))
        assert linked == anchors(ROOT / "SECURITY.md") - {"security"}

    def test_tells_how_much_an_account_may_add_in_a_minute(self):
        rows = rows_of(SECURITY, "webui/web/posted/action_rates.py")
        told = [int(row[1]) for row in rows if row[1].isdigit()]
        rates = (
            value for value in vars(action_rates).values() if isinstance(value, action_rates.Rate)
        )
        assert told == [rate.most for rate in rates]

    def test_tells_how_guessing_is_slowed_down(self):
        rows = rows_of(SECURITY, "**Guessing**")
        limits = [
            value for value in vars(try_limits).values() if isinstance(value, try_limits.Limit)
        ]
        assert [numbers(row[1])[0] for row in rows] == [limit.free for limit in limits]
        assert [seconds(row[2])[0] for row in rows] == [
            limit.first.total_seconds() for limit in limits
        ]
        assert [seconds(row[2])[1] for row in rows] == [
            limit.most.total_seconds() for limit in limits
        ]
        assert [seconds(row[3])[0] for row in rows] == [
            limit.forget.total_seconds() for limit in limits
        ]


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def seconds(text: str) -> list[int]:
    """The durations of a text."""
    units = {"second": 1, "minute": 60, "hour": 3_600}
    found = re.findall(r"(\d+) (second|minute|hour)", text)
    return [int(number) * units[unit] for number, unit in found]


def test_the_role_s_document_has_every_table():
    listed = {name for row in rows_of(ROLE_TABLES, "## What protects") for name in code(row[0])}
    assert listed == {*db.metadata.tables, "alembic_version"}


def code(text: str) -> list[str]:
    """What stands between backquotes."""
    return re.findall(r"`([^`]+)`", text)


@each_document
def test_paths_are_there(path):
    outside = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S)
    named = [span for span in code(outside) if span.startswith(TOPS) and " " not in span]
    assert [span for span in named if not any(ROOT.glob(span.rstrip("/")))] == []


@each_document
def test_links_lead_somewhere(path):
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        file, _, anchor = link.partition("#")
        target = (path.parent / file) if file else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@each_document
def test_lines_are_short(path):
    lines = path.read_text().splitlines()
    assert [line for line in lines if len(line) > 110 and not line.startswith("|")] == []
