"""The sandbox provider as a process of its own (`shop.scope.provider`), and a card that it takes."""

from shop.scope.provider import CONTROL_KEY, Sandbox, running_sandbox

__all__ = ["CARD", "CONTROL_KEY", "Sandbox", "running_sandbox"]

CARD = "4242424242424242"
