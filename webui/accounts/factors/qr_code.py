"""The secret of a new authenticator as a QR code and as a key to type."""

import segno

from webui.crypto import totp

ISSUER = "Tenant Console"


def picture(secret: str, account: str) -> str:
    """Returns the QR code as a data: URL, which the CSP allows only for images."""
    code = segno.make(totp.uri(secret, account, ISSUER), error="m")
    return str(code.svg_data_uri(scale=5, border=2, dark="#000", light="#fff"))


def grouped_key(secret: str) -> str:
    """Returns the key in groups of four characters."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
