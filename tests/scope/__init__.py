"""The verifier: its judgements on small things, and each check turned red by taking out what it watches over."""
