"""Start and end the system's own processes: the verifier's own way, `shop.scope.processes`."""

from shop.scope.processes import READY_S, Process, free_port, python

__all__ = ["READY_S", "Process", "free_port", "python"]
