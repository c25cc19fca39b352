"""What gunicorn does for `make run` and in production alike; it reads this file by itself."""

# The most it allows: a history that is narrowed by many values has a long address.
limit_request_line = 8190
# A header of the client's would say where the product is mounted, and be 500 when it is wrong.
forwarder_headers = ""
