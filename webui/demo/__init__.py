"""Demo data: realistic tenants with histories, for trying out the product and for benchmarks.

:func:`load` simulates tenants in the order of time and writes every step as the product does: the
change, its version and its entry in one transaction.
"""

from webui.demo.run import load

__all__ = ["load"]
