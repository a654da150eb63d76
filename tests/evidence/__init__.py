"""The evidence that a card number never reaches the shop, and the controls that show it would be seen."""
