"""Passkeys (WebAuthn 2): registration, names, removal, and sign-in.

A passkey proves possession and, by user verification, a fingerprint or PIN, so it replaces password
and code together. Passkeys are discoverable, so no username has to be typed.
"""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

import webauthn
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from webui.accounts.factors import factors
from webui.accounts.factors.factor_changes import Confirmed, Done, FactorChange, finish
from webui.accounts.factors.webauthn import ceremonies, challenges, relying_party
from webui.accounts.factors.webauthn.ceremonies import BadPasskey
from webui.accounts.factors.webauthn.relying_party import RelyingParty
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import Passkey, User
from webui.models.columns import Audited, now
from webui.models.notice import NoticeKind
from webui.models.tenant.tenant import Change
from webui.models.user import Proof

PROOFS = frozenset({Proof.PASSKEY})


@dataclass(frozen=True)
class Answer:
    """A browser's response to a challenge, as JSON, for the site ``party``."""

    credential: str = field(repr=False)
    challenge: bytes = field(repr=False)
    party: RelyingParty


def registration_options(user_id: UUID, party: RelyingParty) -> tuple[str, bytes]:
    """Returns the WebAuthn options to create a passkey, as JSON, and their challenge."""
    user = db.session.get_one(User, user_id)
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=relying_party.NAME,
        user_name=user.username,
        user_id=user.id.bytes,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(user_id),
    )
    return options_to_json(options), options.challenge


def register_passkey(by: Confirmed, name: str, answer: Answer) -> Done:
    """Stores a new passkey; creates recovery codes with a first factor.

    Raises BadPasskey and SessionEnded.
    """
    made = ceremonies.registration(answer.credential, answer.challenge, answer.party)
    try:
        with write_transaction():
            user = db.session.get_one(User, by.user_id, with_for_update=True)
            if not challenges.use_up(answer.challenge):
                raise BadPasskey
            codes = factors.codes_for_first(user.id, factors.factors_of(user.id))
            db.session.add(
                Passkey(
                    id=uuid4(),
                    user_id=user.id,
                    credential_id=bytes_to_base64url(made.credential_id),
                    public_key=bytes_to_base64url(made.credential_public_key),
                    name=name,
                    sign_count=made.sign_count,
                    created_at=now(),
                )
            )
            # The new passkey has just verified the person by fingerprint or PIN.
            return finish(user, by, _added(name), PROOFS, codes)
    except IntegrityError as error:
        # A credential that belongs to another account is refused like any other invalid one.
        raise BadPasskey from error


def _added(name: str) -> FactorChange:
    change = Change("passkey", Audited.PLAIN, None, name)
    return FactorChange(Action.USER_PASSKEY_ADDED, change, NoticeKind.PASSKEY_ADDED)


def _removed(name: str) -> FactorChange:
    change = Change("passkey", Audited.PLAIN, name, None)
    return FactorChange(Action.USER_PASSKEY_REMOVED, change, NoticeKind.PASSKEY_REMOVED)


def confirmation_options(user_id: UUID, party: RelyingParty) -> tuple[str, bytes]:
    """Returns the WebAuthn options to use one of the account's passkeys, and their challenge."""
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        allow_credentials=_descriptors(user_id),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options), options.challenge


def confirms(user_id: UUID, answer: Answer) -> bool:
    """Verifies that the response is by one of the account's passkeys; in a write transaction."""
    try:
        assertion = ceremonies.assertion(answer.credential)
    except BadPasskey:
        return False
    passkey = locked_passkey(assertion)
    if passkey is None or passkey.user_id != user_id:
        return False
    return is_answer_of(passkey, assertion, answer.challenge, answer.party)


def _descriptors(user_id: UUID) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.credential_id))
        for passkey in factors.factors_of(user_id).passkeys
    ]


def sign_in_options(party: RelyingParty) -> tuple[str, bytes]:
    """Returns the WebAuthn options to find a passkey of this site, as JSON, and their challenge."""
    options = webauthn.generate_authentication_options(
        rp_id=party.id, user_verification=UserVerificationRequirement.REQUIRED
    )
    return options_to_json(options), options.challenge


def rename_passkey(user_id: UUID, passkey_id: UUID, name: str, actor: Actor) -> None:
    """Renames a passkey."""
    with write_transaction():
        user, passkey = db.session.get_one(User, user_id), own_passkey(user_id, passkey_id)
        if passkey is None or passkey.name == name:
            return
        changes = [Change("passkey", Audited.PLAIN, passkey.name, name)]
        passkey.name = name
        record(Action.USER_PASSKEY_RENAMED, actor, subject=user, changes=changes)


def remove_passkey(by: Confirmed, passkey_id: UUID) -> Done | None:
    """Removes a passkey, and the recovery codes with the last factor; None when it is gone.

    Raises SessionEnded.
    """
    with write_transaction():
        user = db.session.get_one(User, by.user_id, with_for_update=True)
        passkey = own_passkey(user.id, passkey_id)
        if passkey is None:
            return None
        name = passkey.name
        db.session.delete(passkey)
        db.session.flush()
        factors.forget_codes_without_factor(user.id)
        return finish(user, by, _removed(name))


def own_passkey(user_id: UUID, passkey_id: UUID) -> Passkey | None:
    """Returns one of the account's passkeys, or None."""
    query = select(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == user_id)
    return db.session.scalars(query).first()


def locked_passkey(assertion: AuthenticationCredential) -> Passkey | None:
    """The passkey of an answer, locked until the commit; None for an unknown one."""
    query = select(Passkey).where(Passkey.credential_id == bytes_to_base64url(assertion.raw_id))
    return db.session.scalars(query.with_for_update()).first()


def is_answer_of(
    passkey: Passkey, assertion: AuthenticationCredential, challenge: bytes, party: RelyingParty
) -> bool:
    """Whether the response is by this passkey, for this challenge, and not by a cloned passkey."""
    handle = assertion.response.user_handle
    if handle is not None and handle != passkey.user_id.bytes:
        return False
    try:
        seen = ceremonies.verified(passkey, assertion, challenge, party)
    except BadPasskey:
        return False
    if not challenges.use_up(challenge):
        return False
    passkey.sign_count = seen.new_sign_count
    passkey.last_used_at = now()
    return True
