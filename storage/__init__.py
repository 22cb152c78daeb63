"""Middle floor: the lake and the archive. Knows records and SQL; no network but the database's, no Prefect."""
