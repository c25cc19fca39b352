"""What a browser answers for a passkey is read and verified here, and cannot break anything.

JSON, CBOR, ASN.1, certificates and keys are parsed by the package and what it brings along, each
with errors of its own (also RecursionError, for 16,000 brackets). None of them is the product's:
an answer that raises anything proves nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import webauthn
from flask import current_app
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers import parse_authentication_credential_json as parse_assertion
from webauthn.helpers.structs import AuthenticationCredential
from webauthn.registration.verify_registration_response import VerifiedRegistration

from webui.accounts.factors.relying_party import RelyingParty
from webui.models import Passkey

# WebAuthn 2, 5.8.3: bytes of a credential's id.
_LONGEST_ID = 1_023


class BadPasskey(Exception):
    """The browser's answer proves nothing; nothing was changed."""


def registration(answer: str, challenge: bytes, party: RelyingParty) -> VerifiedRegistration:
    """The new passkey in the answer. Raises BadPasskey."""
    with _proving():
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    if len(made.credential_id) > _LONGEST_ID:
        raise BadPasskey
    return made


def assertion(answer: str) -> AuthenticationCredential:
    """The answer of a passkey, not verified yet. Raises BadPasskey."""
    with _proving():
        return parse_assertion(answer)


def verified(
    passkey: Passkey, answer: AuthenticationCredential, challenge: bytes, party: RelyingParty
) -> VerifiedAuthentication:
    """What the answer proves, as the passkey's own and fresh. Raises BadPasskey."""
    with _proving():
        return webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )


@contextmanager
def _proving() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        current_app.logger.info("a passkey's answer is no good: %s", type(error).__name__)
        raise BadPasskey from error
