"""The definitions of docs/metrics.md and docs/event-contract.md in plain Python.

It is written from the two documents alone, knows nothing of the SQL and favours the obvious over
the fast: the models are compared with it row for row on small generated shops.
"""

from reference.settings import Settings
from reference.shop import Shop, compute

__all__ = ["Settings", "Shop", "compute"]
