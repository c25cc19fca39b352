"""The key file: reading it as a key ring, and writing it atomically with mode 0600."""

import os
import secrets
from pathlib import Path

from webui.crypto.keyring import BadKeyRing, KeyRing


def read_ring(path: Path) -> KeyRing:
    """Reads the key ring from the file. Raises BadKeyRing, also when the file is unreadable."""
    try:
        return KeyRing.from_json(path.read_bytes().decode())
    except (OSError, UnicodeDecodeError):
        raise BadKeyRing("the key file cannot be read") from None


def write_private(path: Path, text: str) -> None:
    """Writes a file of mode 0600 atomically: after a crash it is either the old or the new one."""
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
    """Flushes the directory: only then is the new file's name surely on the disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
