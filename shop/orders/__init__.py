"""Orders, the holds on stock that they make, and how payment news changes them."""
