"""Japanese addresses: postcodes, clean text, the address form. Checkout, accounts and staff may import it."""
