"""Which scripts our pages may run: the inventory, and the check that it still tells the truth."""
