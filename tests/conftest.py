"""Fixtures: a configuration, an application and a clean database of either kind."""

import gc
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings

from config import Config
from tests import databases as kinds
from tests.apps import a_config, an_app, close_connections, inside, left_as_found, without_waiting
from tests.client import keep_to_this_machine
from tests.keyrings import Console
from webui.core.extensions import db

settings.register_profile("tests", deadline=None, print_blob=True)
# mutmut runs the tests several times in one process, which Hypothesis would complain about.
settings.register_profile(
    "mutants",
    deadline=None,
    max_examples=25,
    derandomize=True,
    suppress_health_check=[HealthCheck.differing_executors],
)
settings.load_profile("tests")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The suite's own options.

    `--databases`: whether every test that uses a database also runs on PostgreSQL, or only those
    marked `both_databases`. `--walk`, `--fuzz`: how far the random walk and the malformed requests
    go: a short way in the suite.
    """
    parser.addoption("--databases", choices=["all", "quick"], default="all")
    parser.addoption("--walk", type=int, default=200)
    parser.addoption("--walk-seed", type=int, default=1)
    parser.addoption("--fuzz", type=int, default=300)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test on each database that it is for."""
    everywhere = metafunc.config.getoption("databases") == "all"
    marked = metafunc.definition.get_closest_marker("both_databases")
    names = ["sqlite", "postgresql"] if everywhere or marked else ["sqlite"]
    for scope in ("function", "module"):
        if f"{scope}_database" in metafunc.fixturenames:
            metafunc.parametrize(f"{scope}_database", names, scope=scope)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """What is imported and collected stays: nobody looks for garbage in it, now or later."""
    gc.disable()
    result = yield
    gc.freeze()
    gc.enable()
    return result


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """The network is off: a test that needs it fails."""
    with pytest.MonkeyPatch.context() as patch:
        keep_to_this_machine(patch)
        yield


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> kinds.Sqlite:
    return kinds.Sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kinds.Postgresql]:
    with kinds.postgresql_server() as url:
        database = kinds.Postgresql(url, tmp_path_factory.mktemp("postgresql"))
        yield database
        database.close()


@pytest.fixture
def databases(function_database: str, request: pytest.FixtureRequest) -> Any:
    """The kind of database that a test runs on; see `pytest_generate_tests`."""
    return request.getfixturevalue(function_database)


@pytest.fixture(scope="module")
def module_databases(module_database: str, request: pytest.FixtureRequest) -> Any:
    """The same for what the tests of a module share."""
    return request.getfixturevalue(module_database)


@pytest.fixture
def database_url(databases: Any) -> str:
    """A migrated database without rows."""
    databases.reset()
    return databases.url


@pytest.fixture
def empty_database_url(databases: Any) -> Iterator[str]:
    """A database without tables."""
    with databases.empty() as url:
        yield url


@pytest.fixture(scope="session")
def worker_apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Makes an application once per database and settings: it keeps compiled SQL and templates."""
    with ExitStack() as stack:

        @cache
        def app_on(url: str, **overrides: Any) -> Flask:
            app = an_app(a_config(tmp_path_factory.mktemp("instance"), url, **overrides))
            stack.callback(close_connections, app)
            return without_waiting(app)

        yield app_on


@pytest.fixture
def app(databases: Any, database_url: str, worker_apps: Any) -> Iterator[Flask]:
    """The application, inside an application context of its own."""
    app = worker_apps(database_url)
    with left_as_found(app), inside(app, databases.keeps_connections):
        yield app


@pytest.fixture
def app_with(databases: Any, database_url: str, worker_apps: Any) -> Iterator[Any]:
    """Makes the application with settings of its own: once for all tests that ask for the same.

    To make one takes longer than most tests; `make_app` is for those that change the application.
    """
    with ExitStack() as stack:

        def made(**overrides: Any) -> Flask:
            app = worker_apps(database_url, **overrides)
            stack.enter_context(left_as_found(app))
            stack.enter_context(inside(app, databases.keeps_connections))
            return app

        yield made


@pytest.fixture(scope="session")
def console_apps() -> Iterator[Any]:
    """Makes an application once per database and use; a `Console` gives it its settings."""
    with ExitStack() as stack:
        made: dict[tuple[str, str], Flask] = {}

        def app_for(config: Config, use: str) -> Flask:
            key = config.database_url, use
            if key not in made:
                made[key] = without_waiting(an_app(config))
                stack.callback(close_connections, made[key])
            return made[key]

        yield app_for


@pytest.fixture
def make_console(
    databases: Any, database_url: str, console_apps: Any, tmp_path: Path
) -> Iterator[Any]:
    """Makes an installation of one key on the clean database."""
    with ExitStack() as stack:

        def make(**options: Any) -> Console:
            keeps = databases.keeps_connections
            console = Console(
                tmp_path, database_url, console_apps, keeps_connections=keeps, **options
            )
            return stack.enter_context(console)

        yield make


@pytest.fixture
def config(app: Flask) -> Config:
    """The application's settings; for other ones see `app_with` and `make_app`."""
    return app.extensions["webui_config"]


@pytest.fixture
def make_app(database_url: str, tmp_path: Path) -> Iterator[Any]:
    """Makes an application with settings of its own on the clean database, and enters it."""
    with ExitStack() as stack:

        def make(**overrides: Any) -> Flask:
            app = an_app(a_config(tmp_path, database_url, **overrides))
            stack.enter_context(inside(app))
            return app

        yield make


@pytest.fixture
def session(app: Flask) -> Any:
    """The database session of the test."""
    return db.session


@pytest.fixture
def client(app: Flask) -> Any:
    """A browser without JavaScript."""
    return app.test_client()
