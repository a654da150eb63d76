"""`python -m tools.protections [--only ID]… [--jobs N] [--json]`: exit 0 when every take-out turns its tests red,
1 when one stays green, 2 when an entry applies no more or a test is not green to begin with."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.protections.bench import Bench, Result
from tools.protections.catalog import BadCatalog, Protection, faults, load
from tools.protections.tree import Copy


def main(arguments: list[str] | None = None) -> int:
    """Run the command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.protections", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="ID", help="this one; may be repeated")
    parser.add_argument("--jobs", type=int, default=1, choices=range(1, 9), help="so many copies at a time")
    parser.add_argument("--json", action="store_true", help="the results as JSON on standard output")
    asked = parser.parse_args(arguments)
    try:
        chosen = _chosen(load(), asked.only)
        results = _run(chosen, asked.jobs)
    except BadCatalog as error:
        _say(str(error))
        return 2
    if asked.json:
        print(json.dumps([_document(each) for each in results], ensure_ascii=False, indent=2))
    return _status(results)


def _chosen(catalog: list[Protection], only: list[str]) -> list[Protection]:
    known = {each.id for each in catalog}
    if unknown := sorted(set(only) - known):
        raise BadCatalog(f"not in the catalogue: {', '.join(unknown)}")
    chosen = [each for each in catalog if not only or each.id in only]
    if fault := next(faults(chosen), None):
        raise BadCatalog(fault)
    return chosen


def _run(chosen: list[Protection], jobs: int) -> list[Result]:
    """Every `jobs`-th entry by each copy; results in the catalogue's order. Raises BadCatalog."""
    _say(f"{len(chosen)} protections; first their tests with everything in place")
    told = _Told(len(chosen))
    with ThreadPoolExecutor(jobs) as pool:
        shares = [pool.submit(_share, chosen[place::jobs], told) for place in range(jobs)]
        results = [each for share in shares for each in share.result()]
    return sorted(results, key=lambda each: chosen.index(each.protection))


def _share(chosen: list[Protection], told: _Told) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="protections-") as folder:
        bench = Bench(Copy(Path(folder)))
        try:
            bench.control(chosen)
            return [told.of(each) for each in bench.take_out(chosen)]
        finally:
            bench.close()


class _Told:
    """Counts and says what is done, from several threads."""

    def __init__(self, of: int) -> None:
        self._of, self._done, self._lock = of, 0, threading.Lock()

    def of(self, result: Result) -> Result:
        with self._lock:
            self._done += 1
            _say(f"{self._done}/{self._of} {result.protection.id}: {_word(result)} ({result.seconds:.0f} s)")
        return result


def _word(result: Result) -> str:
    if result.is_seen:
        return "red"
    return "NOT SEEN: " + ", ".join(f"{test} is {how}" for test, how in result.ended.items() if how != "red")


def _status(results: list[Result]) -> int:
    seen = sum(each.is_seen for each in results)
    _say(f"{seen} of {len(results)} take-outs are seen red, in {sum(each.seconds for each in results):.0f} s")
    return 0 if results and seen == len(results) else 1


def _document(result: Result) -> dict[str, object]:
    return {
        "id": result.protection.id,
        "keeps": result.protection.keeps,
        "red": result.is_seen,
        "tests": result.ended,
        "seconds": round(result.seconds, 1),
    }


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
