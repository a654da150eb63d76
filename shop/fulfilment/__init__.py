"""Goods on their way out: parcels, the money that is taken with them, and orders that are called off before."""
