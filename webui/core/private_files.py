"""What this product writes is for its own account on the machine alone, whatever the umask."""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import make_url

from config import Config

_NOBODY_ELSE = 0o077
# Beside SQLite's database; they take its mode when they are made.
_COMPANIONS = ("", "-wal", "-shm", "-journal")


def keep_private(config: Config) -> None:
    """From now on new files are 0600 and new folders 0700; so become those that are there."""
    os.umask(_NOBODY_ELSE)
    config.instance.mkdir(parents=True, exist_ok=True)
    for path in _written(config):
        _close(path)


def _written(config: Config) -> Iterator[Path]:
    """The instance folder, what lies in it, and what the settings put elsewhere."""
    # A folder that everybody may write to, such as /tmp, is not ours to close.
    if not config.instance.stat().st_mode & stat.S_ISVTX:
        yield config.instance
        yield from config.instance.iterdir()
    yield from filter(None, (config.keyring_path, config.checkpoints))
    yield from _database_files(config.database_url)


def _database_files(url: str) -> Iterable[Path]:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return []
    return [Path(parsed.database + suffix) for suffix in _COMPANIONS]


def _close(path: Path) -> None:
    """Takes a path away from everybody else."""
    # What is not there yet, vanished meanwhile or is somebody else's: a mounted secret.
    with suppress(OSError):
        mode = path.lstat().st_mode
        if mode & _NOBODY_ELSE and not stat.S_ISLNK(mode):
            path.chmod(stat.S_IMODE(mode) & ~_NOBODY_ELSE)
