"""Shoppers' accounts, one population a store. Guests need none of it."""
