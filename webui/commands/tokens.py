"""The commands ``flask --app wsgi tokens ...``: create, list, revoke."""

import getpass
from typing import Any
from uuid import UUID

import click
from flask.cli import AppGroup
from sqlalchemy import select

from webui import values
from webui.accounts.api_tokens import operations
from webui.accounts.api_tokens.listing import listed
from webui.accounts.api_tokens.operations import NewToken, NotPossible
from webui.accounts.api_tokens.scopes import Scope
from webui.accounts.operations import find_user
from webui.core.extensions import db
from webui.core.limits import REASON, TOKEN_DAYS, TOKEN_DAYS_DEFAULT, TOKEN_NAME, TOKEN_PURPOSE
from webui.history.record.actor import command_actor
from webui.models import ApiToken, User
from webui.models.columns import now
from webui.users.guards import Refused
from webui.users.operations import AccountChange
from webui.users.tokens import revoke_token

tokens = AppGroup("tokens", help="Tokens by which programs use the API.")
_SCOPES = click.Choice([scope.value for scope in Scope])
_reason = click.option("--reason", help="Why; kept in the history.")
BAD_SEAL = "bad seal"


@tokens.command("create")
@click.option("--username", required=True, help="The account that the program acts as.")
@click.option("--name", required=True, help="Names the program in the history.")
@click.option("--scope", "scopes", type=_SCOPES, multiple=True, required=True)
@click.argument("more", metavar="[SCOPE]...", nargs=-1, type=_SCOPES)
@click.option("--purpose", help="The reason of changes that give none.")
@click.option(
    "--days",
    type=click.IntRange(TOKEN_DAYS.minimum, TOKEN_DAYS.maximum),
    default=TOKEN_DAYS_DEFAULT,
    show_default=True,
)
@_reason
def create_token(
    username: str,
    name: str,
    scopes: tuple[str, ...],
    more: tuple[str, ...],
    purpose: str | None,
    days: int,
    reason: str | None,
) -> None:
    """Make a token and print it, once, alone on standard output."""
    chosen = frozenset(map(Scope, scopes + more))
    try:
        why = values.text(reason, REASON) if reason else None
        name = values.text(name, TOKEN_NAME)
        purpose = values.text(purpose or why or f"API token {name}", TOKEN_PURPOSE)
        user = find_user(username)
        if user is None:
            raise click.ClickException(f"there is no account {username}")
        actor = command_actor(getpass.getuser())
        made = operations.create(user.id, NewToken(name, purpose, chosen, days), actor, why)
    except (values.Refused, NotPossible) as error:
        raise click.ClickException(str(error)) from error
    click.echo(made.text)


@tokens.command("list")
def list_tokens() -> None:
    """List the tokens that are neither revoked nor expired, the one that ends first at the top."""
    query: Any = select(ApiToken, User.username, User.role).join(User, User.id == ApiToken.user_id)
    query = query.where(ApiToken.ended_at.is_(None), ApiToken.expires_at > now())
    for row in db.session.execute(query.order_by(ApiToken.expires_at, ApiToken.id)):
        click.echo(_line(row.ApiToken, row.username, row.role))


def _line(row: ApiToken, username: str, role: str) -> str:
    if not row.is_genuine():
        return f"{row.id}  {username:<24} {BAD_SEAL:<10}"
    token = listed(row, role)
    scopes = ",".join(token.scopes)
    used = f"used {token.last_used}" if token.last_used else "never used"
    ends = f"until {token.expires_at:%Y-%m-%d}"
    return f"{token.id}  {username:<24} {ends:<17} {used:<17} {scopes}  {token.name}"


@tokens.command("revoke")
@click.argument("token_id", metavar="ID", type=click.UUID)
@_reason
def revoke(token_id: UUID, reason: str | None) -> None:
    """Revoke a token; a program that still uses it is refused from its next request on."""
    row = db.session.get(ApiToken, token_id)
    if row is None:
        raise click.ClickException(f"there is no token {token_id}")
    name, user_id = row.name, row.user_id
    try:
        order = AccountChange(user_id, values.text(reason, REASON) if reason else None)
        revoked = revoke_token(order, token_id, command_actor(getpass.getuser()))
    except (values.Refused, Refused) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Revoked {name}." if revoked else f"{name} was not valid any more.")
