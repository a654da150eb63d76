"""The whole system as its own processes: the verifier's own way, `shop.scope.system`."""

from shop.scope.system import System, running_system

__all__ = ["System", "running_system"]
