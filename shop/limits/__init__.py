"""How often something may happen, counted once for all processes: in the database, or in Redis where many nodes run."""

from shop.limits.rules import Limits, LimitsDown, Rule, Verdict

__all__ = ["Limits", "LimitsDown", "Rule", "Verdict"]
