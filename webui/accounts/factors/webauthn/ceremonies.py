"""Verification of WebAuthn responses, independent of how malformed they are.

JSON, CBOR, ASN.1, certificates and keys are parsed by webauthn and its dependencies, each with its
own exceptions (also RecursionError, for 16,000 brackets). So any exception means that the response
is not valid.
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

from webui.accounts.factors.webauthn.relying_party import RelyingParty
from webui.models import Passkey

# WebAuthn 2, 5.8.3: maximum length of a credential id, in bytes.
_LONGEST_ID = 1_023


class BadPasskey(Exception):
    """The browser's response is not valid; nothing was changed."""


def registration(answer: str, challenge: bytes, party: RelyingParty) -> VerifiedRegistration:
    """Returns the new passkey in the response. Raises BadPasskey."""
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
    """Parse a passkey's response, without verification. Raises BadPasskey."""
    with _proving():
        return parse_assertion(answer)


def verified(
    passkey: Passkey, answer: AuthenticationCredential, challenge: bytes, party: RelyingParty
) -> VerifiedAuthentication:
    """Verifies a response with the passkey's key and the challenge. Raises BadPasskey."""
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
