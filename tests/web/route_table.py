"""What the routes answer each role of DESIGN 2.5, exactly: who may, and the statuses (2.2).

Any other role may what its permissions say; what it is answered is the same.
"""

from dataclasses import dataclass

STAFF = {"support", "admin", "auditor"}
ALL = {*STAFF, "owner"}
EDITORS = {"support", "admin", "owner"}
WORKERS = {"support", "admin"}


@dataclass(frozen=True)
class Route:
    """Who may, what they are answered, and as a fragment; `form` is the page of what is posted."""

    roles: set[str]
    answer: int
    fragment: int
    form: str = ""
    anonymous: bool = False


TENANT = "/tenants/<uuid:tenant_id>"
SECTION = f"{TENANT}/<section:section>"
STEP = "/onboarding/<step:step>"
TABLE = {
    "GET /livez": Route(ALL, 200, 200, anonymous=True),
    "GET /.well-known/security.txt": Route(ALL, 404, 404, anonymous=True),
    "POST /csp-reports": Route(ALL, 204, 204, anonymous=True),
    "GET /": Route(ALL, 303, 303, anonymous=True),
    "GET /login": Route(ALL, 303, 303, anonymous=True),
    "GET /signup": Route(ALL, 303, 303, anonymous=True),
    "POST /signup": Route(ALL, 303, 200, anonymous=True),
    "GET /onboarding": Route({"owner"}, 303, 303),
    "POST /onboarding": Route({"owner"}, 422, 422),
    f"GET {STEP}": Route({"owner"}, 200, 200),
    f"POST {STEP}": Route({"owner"}, 303, 200, form=STEP),
    "GET /onboarding/done": Route({"owner"}, 303, 303),
    "POST /logout": Route(ALL, 303, 200),
    "GET /login/code": Route(ALL, 303, 303, anonymous=True),
    "POST /login/code": Route(ALL, 303, 200, anonymous=True),
    "GET /account/authenticator": Route(ALL, 200, 200),
    "POST /account/authenticator": Route(ALL, 422, 422),
    "GET /account/authenticator/remove": Route(ALL, 303, 303),
    "POST /account/authenticator/remove": Route(ALL, 422, 422),
    "GET /account/recovery-codes": Route(ALL, 303, 303),
    "POST /account/recovery-codes": Route(ALL, 422, 422),
    "POST /login/passkey/options": Route(ALL, 200, 200, anonymous=True),
    "POST /login/passkey": Route(ALL, 422, 422, anonymous=True),
    "GET /account/passkeys/new": Route(ALL, 200, 200),
    "POST /account/passkeys/options": Route(ALL, 422, 422),
    "POST /account/passkeys/confirm": Route(ALL, 200, 200),
    "POST /account/notices/dismiss": Route(ALL, 303, 200),
    "POST /account/passkeys": Route(ALL, 422, 422),
    "GET /account/passkeys/<uuid:passkey_id>": Route(ALL, 404, 404),
    "POST /account/passkeys/<uuid:passkey_id>": Route(ALL, 404, 404),
    "POST /account/passkeys/<uuid:passkey_id>/remove": Route(ALL, 404, 404),
    "GET /account/tokens/new": Route(ALL, 200, 200),
    "POST /account/tokens": Route(ALL, 422, 422, form="/account/tokens/new"),
    "GET /account/tokens/<uuid:token_id>": Route(ALL, 404, 404),
    "POST /account/tokens/<uuid:token_id>/revoke": Route(ALL, 303, 200),
    "GET /users/tokens": Route({"admin"}, 200, 200),
    "GET /users/<uuid:user_id>/tokens/<uuid:token_id>": Route({"admin"}, 200, 200),
    "POST /users/<uuid:user_id>/tokens/<uuid:token_id>": Route({"admin"}, 303, 200),
    "GET /account": Route(ALL, 200, 200),
    "POST /account/preferences": Route(ALL, 422, 422),
    "GET /account/password": Route(ALL, 200, 200),
    "POST /account/password": Route(ALL, 422, 422),
    "POST /account/sessions/<session_id>/end": Route(ALL, 303, 200),
    "POST /account/sessions/end": Route(ALL, 303, 200),
    "POST /theme": Route(ALL, 303, 200, anonymous=True),
    "GET /keys": Route({"admin", "auditor"}, 200, 200),
    "GET /tenants": Route(STAFF, 200, 200),
    "GET /tenants/new": Route(WORKERS, 200, 200),
    "POST /tenants/new": Route(WORKERS, 303, 200, form="/tenants/new"),
    f"GET {TENANT}": Route(ALL, 200, 200),
    f"GET {TENANT}/audit": Route(ALL, 200, 200),
    f"GET {SECTION}": Route(ALL, 303, 200),
    f"GET {SECTION}/edit": Route(EDITORS, 200, 200),
    f"POST {SECTION}": Route(EDITORS, 303, 200, form=f"{SECTION}/edit"),
    f"GET {TENANT}/webhook/deliveries": Route(ALL, 200, 200),
    f"GET {TENANT}/webhook/secret": Route(EDITORS, 200, 200),
    f"POST {TENANT}/webhook/secret": Route(EDITORS, 200, 200, form=f"{TENANT}/webhook/secret"),
    f"POST {TENANT}/webhook/secret/end": Route(EDITORS, 303, 200, form=f"{TENANT}/webhook/secret"),
    f"GET {TENANT}/status": Route(WORKERS, 200, 200),
    f"POST {TENANT}/status": Route(WORKERS, 303, 200, form=f"{TENANT}/status"),
}
