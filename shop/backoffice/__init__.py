"""The pages of the back office, on the shell of `shop.staff`: they read, and act only through other areas' services."""
