"""The application for a bench, in which one account may do in a minute what nobody does by hand."""

from datetime import timedelta

from limits import RateLimitItemPerMinute

from webui.accounts.api_tokens import authentication, rates
from webui.web.posted import action_rates
from wsgi import app

action_rates.WINDOW = timedelta(0)
rates._LIMIT = RateLimitItemPerMinute(10**9)
authentication._count_failure = lambda: None

__all__ = ["app"]
