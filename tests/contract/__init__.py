"""What we rely on a provider for: one suite, against the sandbox and, with keys, against Stripe's test mode."""
