"""Rules of the code that import-linter's contracts (pyproject.toml) cannot say."""

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from config import ROOT

# What takes values and an actor, never the request.
WITHOUT_REQUEST = (
    "webui.crypto",
    "webui.models",
    "webui.values",
    "webui.outbox",
    "webui.history.record",
    "webui.history.narrative",
    "webui.history.verification",
)
REQUEST_NAMES = {"request", "session", "g", "current_user", "abort", "redirect"}
# The routes of the wizard compose those of the tenants' sections.
COMPOSERS = {"webui.onboarding.routes"}


def modules() -> dict[str, Path]:
    """Every module of the product by name; migrations' versions are frozen and apart."""
    files = [ROOT / "config.py", ROOT / "wsgi.py", *(ROOT / "webui").rglob("*.py")]
    return {name_of(path): path for path in files if "versions" not in path.parts}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = modules()


@cache
def tree(module: str) -> ast.Module:
    """A module's text as Python reads it."""
    return ast.parse(MODULES[module].read_text())


def imports(module: str) -> Iterator[tuple[str, str]]:
    """What a module imports: module and name; `import x` gives ("x", "")."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or ".", alias.name) for alias in node.names)


def is_routes(module: str) -> bool:
    return module.rpartition(".")[2].endswith("routes")


def imported_routes(module: str) -> Iterable[str]:
    """The modules of routes that another module of routes imports."""
    if is_routes(module) and module not in COMPOSERS:
        names = (f"{origin}.{name}" for origin, name in imports(module))
        yield from (name for name in names if name in MODULES and is_routes(name))


def hidden_imports(module: str) -> Iterable[int]:
    """The lines of imports inside of something, and of relative ones."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import | ast.ImportFrom) and (
            node not in tree(module).body or getattr(node, "level", 0)
        ):
            yield node.lineno


def imported_cryptography(module: str) -> Iterable[str]:
    if not module.startswith("webui.crypto"):
        yield from (m for m, _ in imports(module) if m.split(".")[0] == "cryptography")


def environment_read(module: str) -> Iterable[str]:
    if module != "config":
        attributes = (n.attr for n in ast.walk(tree(module)) if isinstance(n, ast.Attribute))
        yield from (name for name in attributes if name in ("environ", "getenv", "environb"))


def request_below_the_routes(module: str) -> Iterable[str]:
    if module.startswith(WITHOUT_REQUEST) or module.endswith(".operations"):
        for origin, name in imports(module):
            if origin.split(".")[0] in ("flask", "flask_login") and name in REQUEST_NAMES:
                yield name


def failing(faults: Callable[[str], Iterable[object]]) -> dict[str, list[object]]:
    """Module -> its faults, of those that have any."""
    found = {module: list(faults(module)) for module in MODULES}
    return {module: faults for module, faults in found.items() if faults}


class TestEveryModule:
    """Each test asks all modules and names those that fail, with what is wrong."""

    def test_imports_no_other_feature_s_routes(self):
        assert failing(imported_routes) == {}

    def test_imports_by_full_name_at_the_top(self):
        assert failing(hidden_imports) == {}

    def test_leaves_cryptography_to_crypto(self):
        assert failing(imported_cryptography) == {}

    def test_leaves_the_environment_to_config(self):
        assert failing(environment_read) == {}

    def test_knows_no_request_below_the_routes(self):
        assert failing(request_below_the_routes) == {}
