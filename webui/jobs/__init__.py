"""Background jobs, run by the worker process: ``flask --app wsgi jobs run``.

A feature registers its job in the module of the work, which the app factory imports::

    @job("deliveries", every=timedelta(seconds=1), pending=something_is_due)
    def deliver(run: Run) -> bool:
        ...one batch...
        return more_is_left

``every``    the time from the end of one run to the next; after an error at least RETRY.
``pending``  a cheap query, called about every second when the job is due; without work the
             job is not started and nothing is written. Default: there is always work.
A job returns True when there is more to do: it runs again at once. None or False: wait ``every``.

So starting work needs no call: the code that creates work commits its row (a delivery, a
requested verification), and the worker's next poll, within POLL seconds, finds it by ``pending``.

A job can rely on: its own application context for every run, no open transaction, no request;
its own thread, so a slow job does not delay others; one run of a job at a time over all workers,
by a lease in the database that is renewed while the worker is alive.
A job must survive being killed at any point. Its lease then expires after LEASE, and another
worker repeats the work. So do the work in write transactions that are complete by themselves,
and choose rows by their state. Check ``run.stopping`` in long loops and return when it is true:
the worker is shutting down or lost its lease.

Pages call :func:`alive` and show a notice when no worker is alive.
"""

from webui.jobs.leases import alive
from webui.jobs.registry import Run, job

__all__ = ["Run", "alive", "job"]
