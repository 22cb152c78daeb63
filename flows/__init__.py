"""Top floor: Prefect flows, fetching, configuration and the `launchwire` command."""
