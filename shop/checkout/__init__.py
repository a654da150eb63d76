"""From the basket to a placed order: address, delivery, final page, confirm."""
