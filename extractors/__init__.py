"""Ground floor: bytes or text in, records out. No network, no clock, no Prefect, no disk but the rule packs."""
