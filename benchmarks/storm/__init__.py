"""Thousands of checkouts from many processes while everything goes wrong, and the books afterwards."""
