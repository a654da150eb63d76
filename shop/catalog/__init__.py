"""Categories, products, variants and their stock; search; the shop's shelves as pages."""
