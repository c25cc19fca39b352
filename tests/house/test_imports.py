"""Imports run one way (DESIGN 3). The table is the product's map, from the ground up."""

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

from config import ROOT

# A module may import what stands in its own line or above it. The longest name counts.
LAYERS = {
    "keys": "webui.crypto",
    "ground": (
        "webui.field_types webui.limits webui.catalogue"
        " webui.values webui.permissions webui.extensions"
    ),
    "stored things": "webui.models webui.migrations webui.canary",
    "history": (
        "webui.audit.actions webui.audit.bodies webui.audit.chain webui.audit.guard"
        " webui.audit.log webui.audit.rows webui.audit.sealing"
        " webui.audit.actor webui.audit.listed"
        " webui.audit.sentences webui.audit.account_sentences webui.audit.parts"
        " webui.audit.webhook_sentences webui.webhooks.outbox"
        " webui.audit.key_sentences webui.audit.access_sentences"
    ),
    "requests": (
        "webui.htmx webui.navigation webui.errors webui.filters webui.forms webui.paging"
        " webui.headers webui.origin webui.assets webui.jobs webui.redaction webui.urls"
        " webui.whole_body webui.request webui.submissions"
        " webui.fetch_site webui.proxies"
    ),
    "features": (
        "webui.accounts webui.tenants webui.users webui.links webui.audit webui.drafts"
        " webui.csrf webui.rates webui.too_much webui.demo webui.webhooks webui.keys"
    ),
    "what composes features": "webui.onboarding",
    "routes": (
        "webui.accounts.routes webui.tenants.routes webui.audit.routes webui.theme webui.health"
        " webui.csp_reports webui.security_txt"
        " webui.onboarding.routes webui.onboarding.signup_routes webui.users.routes"
        " webui.users.deed_routes"
        " webui.users.new_user_routes webui.links.routes"
        " webui.audit.proof_routes"
        " webui.accounts.account_routes webui.accounts.code_routes webui.accounts.factor_routes"
        " webui.webhooks.routes webui.webhooks.delivery_routes webui.keys.routes"
        " webui.accounts.passkey_routes webui.accounts.passkey_sign_in_routes"
    ),
    "settings": "config",
    "commands": (
        "webui.private_files webui.cli webui.setup webui.jobs.cli webui.audit.cli"
        " webui.keys.commands"
    ),
    "factory": "webui",
    "entry": "wsgi",
}
LAYER_OF = {entry: layer for layer, entries in LAYERS.items() for entry in entries.split()}
ORDER = list(LAYERS)
# The routes of one feature; only these compose others (DESIGN 3).
COMPOSERS = {"webui.onboarding.routes"}
# What takes values and an actor, never the request.
WITHOUT_REQUEST = (
    "webui.crypto",
    "webui.models",
    "webui.limits",
    "webui.values",
    "webui.audit.log",
)
REQUEST_NAMES = {"request", "session", "g", "current_user", "abort", "redirect"}


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


def own_imports(module: str) -> set[str]:
    """The modules of the product that a file imports."""
    found = set()
    for origin, name in imports(module):
        longest = f"{origin}.{name}"
        found.add(longest if longest in MODULES else origin)
    return found & MODULES.keys()


def layer(module: str) -> str:
    """The layer of the longest entry that the module's name starts with."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        entry = ".".join(parts[:length])
        # The factory is one module, not the parent of all others.
        if entry in LAYER_OF and (entry != "webui" or module == "webui"):
            return LAYER_OF[entry]
    raise AssertionError(f"{module} has no place in the table: give it one")


def is_routes(module: str) -> bool:
    return layer(module) == "routes"


class TestEveryModule:
    """Each test asks all modules and names those that fail, with what is wrong."""

    def test_has_its_place(self):
        assert {module for module in MODULES if layer(module) not in ORDER} == set()

    def test_imports_only_its_own_layer_and_those_below(self):
        assert failing(imports_from_above) == {}

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


def failing(faults: Callable[[str], Iterable[object]]) -> dict[str, list[object]]:
    """Module -> its faults, of those that have any."""
    found = {module: list(faults(module)) for module in MODULES}
    return {module: faults for module, faults in found.items() if faults}


def imports_from_above(module: str) -> Iterable[str]:
    own = ORDER.index(layer(module))
    return (m for m in own_imports(module) if ORDER.index(layer(m)) > own)


def imported_routes(module: str) -> Iterable[str]:
    if is_routes(module) and module not in COMPOSERS:
        yield from filter(is_routes, own_imports(module))


def hidden_imports(module: str) -> Iterable[int]:
    """The lines of imports inside of something, and of relative ones."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import | ast.ImportFrom) and (
            node not in tree(module).body or getattr(node, "level", 0)
        ):
            yield node.lineno


def imported_cryptography(module: str) -> Iterable[str]:
    if layer(module) != "keys":
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


def test_no_module_imports_itself_through_others():
    graph = {module: own_imports(module) - {module} for module in MODULES}
    # A package and its modules may name each other: the package only lists them.
    packages = {m for m, path in MODULES.items() if path.name == "__init__.py"}
    graph = {m: found - packages for m, found in graph.items() if m not in packages}
    order = list(TopologicalSorter(graph).static_order())
    assert set(order) >= set(graph)


def test_the_table_names_nothing_that_is_gone():
    assert LAYER_OF.keys() - MODULES.keys() == set()
