"""Adapters from a provider's client library to the port in `payments.provider`."""
