"""`python -m tests.security.corpus`: the table by class; with `--wrong` also what was judged wrongly."""

from __future__ import annotations

import sys

from .judged import Tally, judge


def main() -> int:
    tallies = judge()
    width = max(map(len, tallies))
    for kind, tally in tallies.items():
        share = tally.right / tally.cases
        print(
            f"{kind:{width}}  {tally.verdict:5}  {tally.right:4} of {tally.cases:4}  {share:7.1%}{_named(tally)}"
        )
    for verdict in ("card", "maybe", "no"):
        total = [tally for tally in tallies.values() if tally.verdict == verdict]
        right, count = sum(tally.right for tally in total), sum(tally.cases for tally in total)
        print(f"{'all ' + verdict:{width}}  {verdict:5}  {right:4} of {count:4}  {right / count:7.2%}")
    return 0


def _named(tally: Tally) -> str:
    if "--wrong" not in sys.argv or not tally.wrong:
        return ""
    return "".join(f"\n    {verdict}: {case.data[:120]!r}" for case, verdict in tally.wrong[:5])


if __name__ == "__main__":
    sys.exit(main())
