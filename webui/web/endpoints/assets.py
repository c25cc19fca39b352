"""Static files: one style sheet, two scripts and an icon, compressed once, cached without expiry.

The sources are one file for each component. ``build_assets`` joins them when the server starts and
writes the results with the hash of their content in their names (``app.css`` ->
``app.3f2a91c04b7d.css``), with .gz and .br variants; WhiteNoise serves that folder before Flask
handles the request.
"""

import hashlib
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


def _all(pattern: str, names: str) -> tuple[str, ...]:
    return tuple(pattern.format(name) for name in names.split())


SOURCE = ROOT / "static"
BUNDLES = {
    "app.css": (
        "built/tabler.css",
        *_all(
            "css/{}.css",
            """
            base api badges entry facts fields filters foot header history keys
            list menu messages print proof tenant usage users webhooks wizard account forced
        """,
        ),
    ),
    # Before the first paint: the theme, and where the page was scrolled to.
    "early.js": _all("js/{}.js", "theme scroll"),
    "app.js": (
        "vendor/htmx-4.0.1.min.js",
        *_all(
            "js/{}.js",
            """
            trusted-types copy countdown failures folds focus here in-view limit passkeys plan
            reveal rows printed shortcuts strength take times unsaved saving zone
        """,
        ),
    ),
    "icon.svg": ("icon.svg",),
}
"""What pages load -> the files that it is made of, in their order."""
_JOINTS = {".css": b"\n", ".js": b"\n;\n", ".svg": b""}
PREFIX = "/static/"
_HASH_LENGTH = 12
_HEADERS = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}


class UnknownAsset(KeyError):
    """A template names a bundle that does not exist."""


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
        """Returns the URL of a bundle. Raises UnknownAsset."""
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
    """Writes the bundles that ``target`` lacks; returns name -> hashed name.

    Each file is written under a temporary name and renamed, and never removed: several processes
    may start at the same time, and pages made before an update still need the old style sheets.
    """
    contents = {name: _content(source, name) for name in BUNDLES}
    manifest = {name: _hashed(name, content) for name, content in contents.items()}
    target.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        if not (target / manifest[name]).exists():
            _write(target, manifest[name], content)
    return manifest


def _content(source: Path, name: str) -> bytes:
    parts = [(source / part).read_bytes() for part in BUNDLES[name]]
    return _JOINTS[Path(name).suffix].join(parts)


def _write(target: Path, name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory(dir=target, prefix=".") as folder:
        copy = Path(folder) / name
        copy.write_bytes(content)
        for path in [*map(Path, Compressor(quiet=True).compress(str(copy))), copy]:
            path.chmod(0o644)
            path.replace(target / path.name)


def _hashed(name: str, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()[:_HASH_LENGTH]
    path = Path(name)
    return f"{path.stem}.{digest}{path.suffix}"
