"""Static files with hashed names, compressed once and cached without expiry.

``build_assets`` copies ``static/`` to a folder where every name contains the hash of its content
(``css/base.css`` -> ``css/base.3f2a91c04b7d.css``), with .gz and .br variants; WhiteNoise serves
that folder before Flask handles the request.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from markupsafe import Markup
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

from config import ROOT

SOURCE = ROOT / "static"
PREFIX = "/static/"
_COMPRESSED = {".css", ".js", ".svg", ".txt"}
_HASH_LENGTH = 12
_HEADERS = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}


class UnknownAsset(KeyError):
    """A template names a static file that does not exist."""


def init_assets(app: Flask, target: Path, headers: Mapping[str, str]) -> None:
    """Serves the built files with more ``headers``; registers ``asset`` and ``static_files``."""

    def add_headers(served: Any, _path: str, _url: str) -> None:
        for name, value in {**_HEADERS, **headers}.items():
            served[name] = value

    manifest = build_assets(SOURCE, target)
    served = WhiteNoise(
        app.wsgi_app,
        immutable_file_test=lambda _path, _url: True,
        allow_all_origins=False,
        add_headers_function=add_headers,
    )
    served.add_files(str(target), prefix=PREFIX)
    app.wsgi_app = served  # type: ignore[method-assign]

    def asset(name: str) -> str:
        """Returns the URL of a file below static/. Raises UnknownAsset."""
        if name not in manifest:
            raise UnknownAsset(name)
        return PREFIX + manifest[name]

    @cache
    def static_files() -> Markup:
        """Returns the tags of the scripts and style sheets, rendered once for all pages."""
        return Markup(app.jinja_env.get_template("_static_files.html").render())  # noqa: S704

    app.jinja_env.filters["asset"] = asset
    app.jinja_env.globals["static_files"] = static_files


def build_assets(source: Path, target: Path) -> dict[str, str]:
    """Copies files of ``source`` that ``target`` lacks; returns name -> hashed name.

    Each file is written under a temporary name and renamed, and never removed: several processes
    may start at the same time, and pages made before an update still need the old style sheets.
    """
    manifest = {name: _hashed(source, name) for name in _names(source)}
    compressor = Compressor(quiet=True)
    for name, hashed in manifest.items():
        final = target / hashed
        if final.exists():
            continue
        final.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=".") as folder:
            copy = Path(folder) / final.name
            shutil.copyfile(source / name, copy)
            variants = compressor.compress(str(copy)) if copy.suffix in _COMPRESSED else ()
            for path in [*map(Path, variants), copy]:
                path.chmod(0o644)
                path.replace(final.parent / path.name)
    return manifest


def _names(source: Path) -> list[str]:
    return sorted(
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    )


def _hashed(source: Path, name: str) -> str:
    digest = hashlib.sha256((source / name).read_bytes()).hexdigest()[:_HASH_LENGTH]
    path = Path(name)
    return (path.parent / f"{path.stem}.{digest}{path.suffix}").as_posix()
