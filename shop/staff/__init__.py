"""Staff: who they are, what they may, and the shell of their own host. Areas that staff use build their pages on it."""
