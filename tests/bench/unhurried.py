"""The application for a bench, in which one account may do in a minute what nobody does by hand."""

from datetime import timedelta

from webui.web.posted import action_rates
from wsgi import app

action_rates.WINDOW = timedelta(0)

__all__ = ["app"]
