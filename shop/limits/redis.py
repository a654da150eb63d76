"""Counters in Redis, for many nodes: REDIS_URL chooses it. One script a use, so counting is atomic there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from security.sealing import lookup_hash
from shop.limits.rules import LimitsDown, Rule, Verdict, Window, judge

TIMEOUT_S = 0.5

# KEYS: present and former window of each rule, in pairs. ARGV: most, weight of the former, life in seconds of each.
# Counts all, or none: gives the number of the first rule that refuses with its two counts, or nothing.
_COUNT = """
for i = 1, #KEYS / 2 do
  local present = tonumber(redis.call('GET', KEYS[2 * i - 1]) or '0')
  local former = tonumber(redis.call('GET', KEYS[2 * i]) or '0')
  if former * tonumber(ARGV[3 * i - 1]) + present + 1 > tonumber(ARGV[3 * i - 2]) then
    return {i, former, present + 1}
  end
end
if ARGV[#ARGV] == 'count' then
  for i = 1, #KEYS / 2 do
    redis.call('INCR', KEYS[2 * i - 1])
    redis.call('EXPIRE', KEYS[2 * i - 1], ARGV[3 * i])
  end
end
return {}
"""


class RedisLimits:
    """Implements `Limits` on a Redis server. Nothing is opened before the first use."""

    def __init__(self, url: str, key: str) -> None:
        from redis import Redis  # an extra: one node needs none

        self._redis: Any = Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
        self._key = key.encode()
        self._script = self._redis.register_script(_COUNT)

    def hit(self, *uses: tuple[Rule, str], now: float | None = None) -> Verdict:
        return self._ask(uses, time.time() if now is None else now, "count")

    def peek(self, *uses: tuple[Rule, str], now: float | None = None) -> Verdict:
        return self._ask(uses, time.time() if now is None else now, "look")

    def forget(self, rule: Rule, key: str) -> None:
        from redis.exceptions import RedisError

        number = Window.of(rule, time.time()).number
        try:
            self._redis.delete(self._name(rule, key, number), self._name(rule, key, number - 1))
        except RedisError as error:
            raise LimitsDown(type(error).__name__) from error

    def sweep(self) -> int:
        return 0  # Redis forgets by itself

    def _ask(self, uses: Sequence[tuple[Rule, str]], now: float, mode: str) -> Verdict:
        from redis.exceptions import RedisError

        names: list[str] = []
        arguments: list[str] = []
        for rule, key in uses:
            window = Window.of(rule, now)
            names += [self._name(rule, key, window.number), self._name(rule, key, window.number - 1)]
            arguments += [str(rule.most), repr(window.before_counts), str(2 * rule.seconds)]
        try:
            refused = self._script(keys=names, args=[*arguments, mode])
        except RedisError as error:
            raise LimitsDown(type(error).__name__) from error
        if not refused:
            return Verdict(True)
        rule = uses[refused[0] - 1][0]
        return judge(rule, Window.of(rule, now), int(refused[1]), int(refused[2]))

    def _name(self, rule: Rule, key: str, window: int) -> str:
        return f"hitsuka:limit:{lookup_hash(self._key, 'limit', rule.name, key)}:{window}"
