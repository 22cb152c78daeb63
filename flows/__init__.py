"""Top floor: Prefect flows, fetching, configuration and the `launchwire` command."""

from importlib.metadata import version

__version__ = version("launchwire")
