"""The key file: read as a ring, written whole, readable by its owner alone."""

import os
import secrets
from pathlib import Path

from webui.crypto.keyring import BadKeyRing, KeyRing


def read_ring(path: Path) -> KeyRing:
    """The ring as the file holds it now. Raises BadKeyRing, also when it cannot be read."""
    try:
        return KeyRing.from_json(path.read_bytes().decode())
    except (OSError, UnicodeDecodeError):
        raise BadKeyRing("the key file cannot be read") from None


def write_private(path: Path, text: str) -> None:
    """Writes a file of mode 0600 as a whole: after a crash the old one or the new one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    """A new name is on the disk only when its directory is."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
