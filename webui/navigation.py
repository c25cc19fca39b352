"""Where a browser may be sent: paths of this site, and no others (CWE-601)."""

import re
from urllib.parse import urlsplit


def safe_next(target: str | None) -> str | None:
    """The path to go on to, or None when it leads off this site (CWE-601)."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    if re.search(r"[\\\x00-\x20\x7f]", target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def path_of(url: str | None) -> str | None:
    """Path and query of an address, None for none."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.path + (f"?{parts.query}" if parts.query else "")
