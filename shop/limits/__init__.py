"""How often something may happen, counted once for all processes: in the database, or in Redis where many nodes run."""

from shop.limits.refused import Refused
from shop.limits.rules import Limits, LimitsDown, Rule, Verdict

__all__ = ["Limits", "LimitsDown", "Refused", "Rule", "Verdict"]
