"""The command ``flask --app wsgi jobs run``."""

import signal
from types import FrameType

import click
from flask import current_app
from flask.cli import AppGroup

from webui.jobs.worker import Worker

jobs = AppGroup("jobs", help="The worker.")


@jobs.command("run")
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
def run_jobs(once: bool) -> None:
    """Do the work that no request waits for, until stopped. Several may run."""
    worker = Worker(current_app._get_current_object())  # type: ignore[attr-defined]
    if once:
        worker.once()
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    click.echo("The worker is running.")
    worker.run()
    click.echo("The worker has stopped.")
