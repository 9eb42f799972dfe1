"""The ids that loads ask for: walked over, drawn by popularity, or in no table at all."""

from __future__ import annotations

import itertools
import math
import random
from pathlib import Path
from typing import List

from process import Failure

HOT_IDS = 20_000
ABSENT_IDS = 4_000


class Ids:
    """The ids of a table of `rows` users, u…1 to u…rows, and how many bytes longer than usual their messages are."""

    def __init__(self, rows: int, padding: int = 0):
        self.rows = rows
        self.padding = padding
        self.digits = max(7, len(str(rows)))
        self.hot = [self.of(number) for number in range(1, min(HOT_IDS, rows) + 1)]
        self.absent = [f"absent{number:0{self.digits}d}" for number in range(1, ABSENT_IDS + 1)]

    def of(self, number: int) -> str:
        return f"u{number:0{self.digits}d}"


class Walk:
    """An endless walk over ids 1 to `size`, scattered: any `size` positions in a row are different ids."""

    def __init__(self, size: int, digits: int):
        self.size = size
        self.digits = digits
        self.position = 0
        self.stride = max(1, int(size * 0.618))
        while math.gcd(self.stride, size) != 1:
            self.stride += 1

    def at(self, position: int) -> int:
        """The number of the id at a position."""
        return 1 + position * self.stride % self.size

    def advance(self, positions: int) -> None:
        """Leaves behind what a run has taken. Fails with Failure when that run has met an id twice."""
        if positions > self.size:
            raise Failure(f"one run took {positions} ids of {self.size}: use more --rows or fewer --seconds")
        self.position += positions


class Popularity:
    """A mixed load in two files: ids drawn by Zipf's law from the table but its end, the same in every run; and all
    ids of that end, a tenth or the share of misses, each once, which are never drawn and so are misses."""

    EXPONENT = 0.99
    DRAWS = 1 << 18

    def __init__(self, ids: Ids, misses: int, directory: Path):
        self.misses = misses  # of a hundred requests
        reserved = max(1, ids.rows * max(10, misses) // 100)
        popular = max(1, ids.rows - reserved)
        ranks = Walk(popular, ids.digits)  # so that neighbours in popularity are none in the table
        weights = list(itertools.accumulate(1 / rank**self.EXPONENT for rank in range(1, popular + 1)))
        ranked = random.Random(popular).choices(range(popular), cum_weights=weights, k=self.DRAWS)
        drawn = [ids.of(ranks.at(rank)) for rank in ranked]
        last = Walk(reserved, ids.digits)
        missed = [ids.of(ids.rows - reserved + last.at(position)) for position in range(reserved)]
        self.drawn_ids: List[str] = sorted(set(drawn))
        self.missed = len(missed)
        self.drawn_file = _written(directory / "drawn.ids", drawn)
        self.missed_file = _written(directory / "missed.ids", missed)


def _written(file: Path, lines: List[str]) -> Path:
    file.write_text("\n".join(lines) + "\n")
    return file
