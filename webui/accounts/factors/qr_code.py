"""A new authenticator's secret as a picture and as a key to type."""

import segno

from webui.crypto import totp

ISSUER = "Tenant Console"


def picture(secret: str, account: str) -> str:
    """The QR code as a data: address, which the CSP allows for images alone."""
    code = segno.make(totp.uri(secret, account, ISSUER), error="m")
    return str(code.svg_data_uri(scale=5, border=2, dark="#000", light="#fff"))


def grouped_key(secret: str) -> str:
    """The key in groups of four, as people read it."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
