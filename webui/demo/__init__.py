"""Believable tenants with real histories, for trying the product out and for measuring it.

:func:`load` simulates the lives of tenants in the order of time and writes every step as the
product itself would: the change, its version and its entry in one transaction.
"""

from webui.demo.run import load

__all__ = ["load"]
