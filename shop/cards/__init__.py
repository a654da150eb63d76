"""Card payment of a store: pause it, stop it, and the gate through which it comes back."""
