"""The commands ``flask --app wsgi audit ...``: exit 0 holds, 1 does not, 2 could not check."""

import sys
from pathlib import Path
from typing import NoReturn

import click
from flask import current_app
from flask.cli import AppGroup

from config import Config
from webui.audit import checkpoints, verify
from webui.audit.verdict import Verdict
from webui.crypto import signing
from webui.extensions import db

HOLDS, FAILS, UNCHECKED = 0, 1, 2
audit = AppGroup("audit", help="The history's proof.")


@audit.command("checkpoint")
def checkpoint() -> None:
    """Sign how the history ends now, in the database and the checkpoint file."""
    try:
        made = checkpoints.make()
    except checkpoints.NothingYet:
        click.echo("There are no entries yet.")
        return
    except OSError as error:
        _unchecked(f"the checkpoint is in the database, but not in the file: {error}")
    click.echo(made.line)


@audit.command("key")
def key() -> None:
    """Print the public key that checkpoints and exports are verified with."""
    click.echo(_public_key())


@audit.command("verify")
@click.option(
    "--checkpoints",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A checkpoint file kept elsewhere, instead of WEBUI_CHECKPOINTS.",
)
def verify_history(file: Path | None) -> None:
    """Verify the history."""
    config = _config()
    url = db.engine.url.render_as_string(hide_password=False)
    with click.progressbar(length=1, label="Verifying", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        try:
            verdict = verify.verify(url, _public_key(), file or config.checkpoints, progress)
        except verify.Unchecked as error:
            _unchecked(str(error))
    sys.exit(_tell(verdict))


def _tell(verdict: Verdict) -> int:
    """Prints what was found; returns the exit status."""
    for problem in verdict.problems:
        click.echo(f"- {problem.text}")
    for notice in verdict.notices:
        click.echo(notice)
    click.echo(verdict.summary)
    return HOLDS if verdict.holds else FAILS


def _config() -> Config:
    config = current_app.extensions["webui_config"]
    assert isinstance(config, Config)
    return config


def _public_key() -> str:
    seed = _config().audit_key
    if not seed:
        _unchecked("WEBUI_AUDIT_KEY is not set")
    return signing.public_key(seed)


def _unchecked(why: str) -> NoReturn:
    click.echo(f"Could not check: {why}", err=True)
    sys.exit(UNCHECKED)
