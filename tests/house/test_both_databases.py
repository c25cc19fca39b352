"""What happens at once is tested on both databases, in `make check` too."""

import ast
from collections.abc import Iterator

from config import ROOT

FOLDERS = ("unit", "web")
AT_ONCE = {"ThreadPoolExecutor", "Thread", "Barrier"}
MARK = "both_databases"


def names(*nodes: ast.AST) -> set[str]:
    """What code names, attributes included."""
    inside = [node for top in nodes for node in ast.walk(top)]
    found = {node.id for node in inside if isinstance(node, ast.Name)}
    return found | {node.attr for node in inside if isinstance(node, ast.Attribute)}


def unmarked(body: list[ast.stmt]) -> Iterator[str]:
    """The functions of a module or class that run threads in an application without the mark."""
    if any(isinstance(node, ast.Assign) and MARK in names(node) for node in body):
        return
    for node in body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef):
            continue
        if MARK in names(*node.decorator_list):
            continue
        if isinstance(node, ast.ClassDef):
            yield from unmarked(node.body)
        elif names(node) & AT_ONCE and "app" in {argument.arg for argument in node.args.args}:
            yield node.name


def test_what_happens_at_once_is_marked():
    paths = [path for name in FOLDERS for path in (ROOT / "tests" / name).glob("test_*.py")]
    found = {path.name: list(unmarked(ast.parse(path.read_text()).body)) for path in paths}
    assert {name: functions for name, functions in found.items() if functions} == {}
