"""Pages of text: the law's, the shopping guide, and where a card number goes."""
