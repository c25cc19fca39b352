"""Work that no request waits for, done by the worker: ``flask --app wsgi jobs run``.

A feature registers its job where the work is, in a module that the factory imports::

    @job("deliveries", every=timedelta(seconds=1), pending=something_is_due)
    def deliver(run: Run) -> bool:
        ...one batch...
        return more_is_left

``every``    the time from the end of one run to the next; an error waits at least RETRY.
``pending``  a cheap read, asked about every second once that time has come; without work the
             job is not started and nothing is written. Left out, the job always has work.
Return True for "more to do": it runs again at once. None or False wait for ``every``.

So "at once" needs no call: whoever makes work commits its row (a delivery, an asked-for
verification), and the worker's next poll, within POLL, finds it by ``pending``.

What a job can rely on: an application context of its own for every run, no open transaction,
no request; each job on a thread of its own, so a slow one delays no other; one run of a job
at a time over all workers, by a lease in the database that is renewed while the worker lives.
What it must bear: being killed anywhere. Its lease then runs out after LEASE and the work is
done again by whoever lives, so do it in write transactions of its own that are each complete,
and choose rows by their state. Ask ``run.stopping`` in long loops and return when it is true:
the worker is shutting down or lost its lease.

Pages ask :func:`alive` and say so when nobody works.
"""

from webui.jobs.leases import alive
from webui.jobs.registry import Run, job

__all__ = ["Run", "alive", "job"]
