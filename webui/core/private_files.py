"""Access to the files that this product writes: for its own account only, with any umask."""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import make_url

from config import Config

_OTHERS_MODE_BITS = 0o077
# The suffixes of SQLite's database files; the companion files get the mode of the database.
_COMPANIONS = ("", "-wal", "-shm", "-journal")


def keep_private(config: Config) -> None:
    """Makes new files 0600 and new folders 0700, and corrects the existing ones."""
    os.umask(_OTHERS_MODE_BITS)
    config.instance.mkdir(parents=True, exist_ok=True)
    for path in _paths(config):
        _restrict(path)


def _paths(config: Config) -> Iterator[Path]:
    """The instance folder, its content, and the files that the settings place elsewhere."""
    # A folder that every account may write to, such as /tmp, is shared: leave its mode alone.
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


def _restrict(path: Path) -> None:
    """Removes the access of all other accounts to a path."""
    # Ignored: not created yet, deleted meanwhile, or owned by another account (a mounted secret).
    with suppress(OSError):
        mode = path.lstat().st_mode
        if mode & _OTHERS_MODE_BITS and not stat.S_ISLNK(mode):
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS_MODE_BITS)
