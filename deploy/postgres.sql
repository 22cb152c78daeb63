-- Run once on an empty server: the catalog of the lake beside Prefect's own database.
CREATE DATABASE launchwire;
