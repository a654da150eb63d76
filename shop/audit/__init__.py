"""Who did what: an append-only table, chained by `security.audit`, and its signed heads that leave the host."""
