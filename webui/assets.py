"""Static files with hashed names, compressed once, cached for ever.

``build`` copies ``static/`` to a folder in which every name carries the hash of its content
(``css/base.css`` -> ``css/base.3f2a91c04b7d.css``) beside its .gz and .br forms; WhiteNoise
serves that folder before Flask is asked.
"""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

SOURCE = Path(__file__).resolve().parent.parent / "static"
PREFIX = "/static/"
_MANIFEST = "manifest.json"
_COMPRESSED = {".css", ".js", ".svg", ".txt"}
_HASH_LENGTH = 12


class UnknownAsset(KeyError):
    """A template names a static file that does not exist."""


def init_assets(app: Flask, target: Path) -> None:
    """Serves the built files and gives templates ``asset(name)``."""
    manifest = build(SOURCE, target)
    served = WhiteNoise(app.wsgi_app, immutable_file_test=lambda _path, _url: True)
    served.add_files(str(target), prefix=PREFIX)
    app.wsgi_app = served  # type: ignore[method-assign]

    def asset(name: str) -> str:
        """The URL of a file below static/. Raises UnknownAsset."""
        if name not in manifest:
            raise UnknownAsset(name)
        return PREFIX + manifest[name]

    app.jinja_env.globals["asset"] = asset


def build(source: Path, target: Path) -> dict[str, str]:
    """Makes ``target`` from ``source`` unless it is there; returns name -> hashed name.

    The target folder is replaced as a whole, so that processes may start at the same time.
    """
    manifest = {name: _hashed(source, name) for name in _names(source)}
    if _read_manifest(target) == manifest:
        return manifest
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=target.parent, prefix="static-"))
    compressor = Compressor(quiet=True)
    for name, hashed in manifest.items():
        copy = fresh / hashed
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, copy)
        if copy.suffix in _COMPRESSED:
            list(compressor.compress(str(copy)))
    (fresh / _MANIFEST).write_text(json.dumps(manifest, indent=1))
    fresh.chmod(0o755)
    shutil.rmtree(target, ignore_errors=True)
    try:
        fresh.rename(target)
    except OSError:
        # Another process was first; its files are the same.
        shutil.rmtree(fresh)
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


def _read_manifest(target: Path) -> dict[str, str] | None:
    try:
        manifest = json.loads((target / _MANIFEST).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) else None
