"""The commands ``setup``, ``users`` and ``demo``; other commands are defined by their features."""

import getpass
import sys
from pathlib import Path
from uuid import UUID

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select

from config import Config, ConfigError
from webui import demo, values
from webui.accounts import operations, password_rule
from webui.commands.setup import demo_accounts, prepare
from webui.commands.tokens import tokens
from webui.core.extensions import db
from webui.core.limits import REASON
from webui.core.permissions import Role
from webui.crypto.keyring import BadKeyRing, SecretError
from webui.history.checkpoints import checkpoints
from webui.history.proof.commands import audit
from webui.history.record.actor import Actor, command_actor
from webui.jobs.cli import jobs
from webui.keys.commands import keys
from webui.models import Tenant, User
from webui.users.guards import Refused
from webui.users.operations import AccountChange, set_active
from webui.users.resealing import reseal

users = AppGroup("users", help="Accounts.")
demo_group = AppGroup("demo", help="Believable data to try things with.")
DEMO_TENANTS = 250
DEMO_SEED = 1
FIRST_ADMIN = """\
No account of an admin exists yet. Create the first one; the command asks for a password:
  flask --app wsgi users create --username NAME --email ADDRESS --role admin --password-stdin
This admin invites everybody else in the console: Users, Invite someone."""


def init_cli(app: Flask) -> None:
    """Adds the commands to ``flask``."""
    app.cli.add_command(setup)
    app.cli.add_command(users)
    app.cli.add_command(demo_group)
    app.cli.add_command(jobs)
    app.cli.add_command(audit)
    app.cli.add_command(keys)
    app.cli.add_command(tokens)


def operator() -> Actor:
    """Returns the actor of a command: the operating system's user."""
    return command_actor(getpass.getuser())


@click.command()
@click.option("--demo", "with_demo", is_flag=True, help="Also load demo data and accounts.")
@with_appcontext
def setup(with_demo: bool) -> None:
    """Migrate, make keys if the database has none yet. Safe to repeat."""
    try:
        config = prepare(current_app, Config.from_environment)
    except (ConfigError, BadKeyRing, SecretError) as error:
        raise click.ClickException(str(error)) from error
    if with_demo:
        _load_demo()
    _say_what_is_missing(config)


def _load_demo() -> None:
    """Loads demo data into an empty database, and makes the demo accounts."""
    if db.session.scalars(select(Tenant.id).limit(1)).first() is None:
        _load(DEMO_TENANTS, DEMO_SEED)
    path = Path(current_app.extensions["webui_config"].instance) / "demo-accounts.txt"
    made = demo_accounts(path, operator())
    if made:
        click.echo("Demo accounts (shown once, kept in a file that only you can read):")
        for username, password in made.items():
            click.echo(f"  {username:<10} {password}")
        click.echo(f"  {path}")


def _say_what_is_missing(config: Config) -> None:
    """Setup succeeded: print what a server would lack, and how the first admin comes to be."""
    admins = select(User.id).where(User.role == Role.ADMIN, User.active)
    if db.session.scalars(admins.limit(1)).first() is None:
        click.echo(FIRST_ADMIN)
    try:
        config.check_serving()
    except ConfigError as error:
        click.echo(f"Not ready to serve yet. {error}", err=True)


@demo_group.command("load")
@click.option("--tenants", "count", type=click.IntRange(1, 5_000_000), required=True)
@click.option("--seed", type=int, default=DEMO_SEED, show_default=True)
def load_demo(count: int, seed: int) -> None:
    """Add believable tenants with their histories."""
    _load(count, seed)


def _load(count: int, seed: int) -> None:
    with click.progressbar(length=count, label="Demo tenants", file=sys.stderr) as bar:
        demo.load(count, seed, bar.update)
    # The demo's entries have old dates, and no checkpoint was signed at those times.
    checkpoints.make()


@users.command("create")
@click.option("--username", required=True)
@click.option("--email", required=True)
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--tenant", type=click.UUID, help="The organisation of an owner.")
@click.option("--password-stdin", is_flag=True, required=True, help="Read it from stdin.")
@click.option("--reason", help="Why; kept in the history.")
def create_user(
    username: str,
    email: str,
    role: str,
    tenant: UUID | None,
    password_stdin: bool,
    reason: str | None,
) -> None:
    """Make an account. The password comes from standard input, one line; a terminal hides it."""
    assert password_stdin
    password = read_password()
    try:
        _check_account(username, email, password, Role(role), tenant)
        reason = values.text(reason, REASON) if reason else None
        operations.create_user(username, email, password, Role(role), tenant, operator(), reason)
    except (operations.NotPossible, values.Refused) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Created {username}, role {role}.")


def read_password() -> str:
    """Reads one line of standard input; on a terminal it asks and does not show what is typed."""
    return getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


@users.command("list")
def list_users() -> None:
    """List the accounts."""
    for user in db.session.scalars(select(User).order_by(User.username_sort)):
        tenant = str(user.tenant_id or "")
        click.echo(f"{user.username:<24} {user.role:<8} {user.state:<9} {user.email:<40} {tenant}")


@users.command("disable")
@click.argument("username")
@click.option("--reason", help="Why; kept in the history.")
def disable_user(username: str, reason: str | None) -> None:
    """Disable an account and end its sessions at once."""
    changed = _set_active(username, False, reason)
    click.echo(f"Disabled {username}." if changed else f"{username} was disabled already.")


@users.command("enable")
@click.argument("username")
@click.option("--reason", help="Why; kept in the history.")
def enable_user(username: str, reason: str | None) -> None:
    """Enable a disabled account: the way back when no admin can sign in."""
    changed = _set_active(username, True, reason)
    click.echo(f"Enabled {username}." if changed else f"{username} was enabled already.")


@users.command("reseal")
@click.argument("username")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--tenant", type=click.UUID, help="The organisation of an owner.")
@click.option("--reason", required=True, help="Why; kept in the history.")
def reseal_user(username: str, role: str, tenant: UUID | None, reason: str) -> None:
    """Vouch for an account that does not match its seal, as one of ROLE without a password."""
    try:
        reason = values.text(reason, REASON)
        user = operations.find_user(username)
        if user is None:
            raise operations.NotPossible(f"there is no account {username}")
        reseal(AccountChange(user.id, reason), Role(role), tenant, operator())
    except (operations.NotPossible, values.Refused) as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"{username} is sealed as {role}. Password, second factors, sessions, links and API tokens"
        " are gone: issue an invitation on the account's page."
    )


def _set_active(username: str, active: bool, reason: str | None) -> bool:
    try:
        reason = values.text(reason, REASON) if reason else None
        user = operations.find_user(username)
        if user is None:
            raise operations.NotPossible(f"there is no account {username}")
        return set_active(AccountChange(user.id, reason), active, operator())
    except (operations.NotPossible, Refused, values.Refused) as error:
        raise click.ClickException(str(error)) from error


def _check_account(
    username: str, email: str, password: str, role: Role, tenant_id: UUID | None
) -> None:
    """Raises Refused or NotPossible when the account's data breaks a rule."""
    values.username(username)
    values.email(email)
    tenant = db.session.get(Tenant, tenant_id) if tenant_id else None
    organisation = tenant.name if tenant else None
    password_rule.check_password_rule(
        password, password_rule.Holder(role, username, email, organisation)
    )
