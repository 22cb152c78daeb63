"""The commands of `launchwire`, by purpose; each module is imported only when one of its commands is called."""
