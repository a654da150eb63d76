"""Four eyes: two people approve exactly one thing, once, for a while. Other areas ask here before they do it."""
