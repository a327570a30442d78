"""How long a batch takes to match, beside the usual loop of fuzzy string scores, in one run.

    python benchmarks/matching.py

Prints seconds of processor time and peak memory for 10, 30, 100 and 300 files by as many students: reading aside, from
what stands in a file to the suggestions. The loop compares each file's name and first lines with each student's name by
rapidfuzz and takes the best score of 85 or more; it is also the one that is certain wrongly, so its errors are counted.
"""

from __future__ import annotations

import random
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rapidfuzz import fuzz

from batches.matching import RosterStudent, match_essays
from batches.tests.heldout import Made, full, make_batch
from batches.tests.heldout_names import FAMILY, GIVEN

SIZES = (10, 30, 100, 300)
SURE = 85


def make(size: int) -> tuple[list[RosterStudent], list[Made]]:
    """As many files as students: a made-up class, and then more of the same kind."""
    source = random.Random(size)  # noqa: S311  (the same classes every time)
    roster, files = make_batch(size)
    while len(files) < size:
        _roster, more = make_batch(size + len(files))
        files += more
    while len(roster) < size:
        given, family = source.choice(GIVEN), f"{source.choice(FAMILY)} {source.choice(FAMILY)}"
        roster.append(RosterStudent(f"x{len(roster)}", given, family, email=f"x{len(roster)}@elev.skolan.example"))
    return roster[:size], files[:size]


def product(roster: list[RosterStudent], files: list[Made]) -> dict[str, str | None]:
    """What the product is certain of."""
    found = match_essays([file.clues() for file in files], roster)
    return {key: said.student for key, said in found.items() if said.certainty == "certain"}


def naive(roster: list[RosterStudent], files: list[Made]) -> dict[str, str | None]:
    """The best score of the file name and the first lines."""
    found: dict[str, str | None] = {}
    for file in files:
        places = [file.name, file.path, *file.document.text.split("\n")[:4]]
        scored = [(max(fuzz.WRatio(full(student), place) for place in places), student.key) for student in roster]
        score, key = max(scored)
        if score >= SURE:
            found[file.key] = key
    return found


Way = Callable[[list[RosterStudent], list[Made]], dict[str, "str | None"]]


def measure(way: Way, roster: list[RosterStudent], files: list[Made]) -> tuple[float, float]:
    """Seconds of processor time (best of three) and peak memory in MB."""
    seconds = []
    for _round in range(3):
        start = time.process_time()
        way(roster, files)
        seconds.append(time.process_time() - start)
    tracemalloc.start()
    way(roster, files)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return min(seconds), peak


def main() -> None:
    """Write the curve."""
    sys.stdout.write(f"{'files × students':>18} {'product s':>10} {'MB':>6} {'loop s':>8} {'MB':>6}\n")
    for size in SIZES:
        roster, files = make(size)
        ours, theirs = measure(product, roster, files), measure(naive, roster, files)
        row = f"{ours[0]:>10.3f} {ours[1]:>6.1f} {theirs[0]:>8.3f} {theirs[1]:>6.1f}"
        sys.stdout.write(f"{size:>8} × {size:<7} {row}\n")
    for name, way in (("product", product), ("loop", naive)):
        right = wrong = total = 0
        for seed in range(1, 6):
            roster, files = make_batch(seed)
            found, writers = way(roster, files), {file.key: file.writer for file in files}
            right += sum(writers[key] == student for key, student in found.items())
            wrong += sum(writers[key] != student for key, student in found.items())
            total += len(files)
        sys.stdout.write(f"{name}: of {total} invented files {right} certain and right, {wrong} certain and wrong\n")


if __name__ == "__main__":
    main()
