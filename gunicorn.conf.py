"""Settings of gunicorn for `make run` and production; gunicorn reads this file by itself."""

# The maximum that gunicorn allows: a history with many filter values has a long URL.
limit_request_line = 8190
# No client header may set the path of the application; a wrong one would cause a 500.
forwarder_headers = ""
