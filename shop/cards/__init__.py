"""Card payment of a store: slow it down, pause it, stop it, and the gate through which it comes back."""
