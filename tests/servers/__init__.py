"""Servers that tests start for themselves: PostgreSQL, the sandbox provider, the shop, a mailbox."""
