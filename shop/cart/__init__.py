"""The basket: tables, arithmetic, page. The checkout reads it through `shop.cart.cart`."""
