"""What delivery costs and when it can come. Cart, checkout, staff and jobs may import it."""
