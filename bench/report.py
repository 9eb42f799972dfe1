"""From samples to medians, ratios, the printed table and the JSON file."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Dict, List, Optional, Sequence

from load import PGBENCH_CLIENTS, Sample
from tools import Tools

Rounds = List[Dict[str, Sample]]

COLUMNS = ("", "requests/s", "p50 ms", "p99 ms", "p99.9 ms", "CPU µs/request", "errors")


@dataclass(frozen=True)
class Ratio:
    """Requests per second of one row over those of another, taken within each round."""

    title: str
    above: str
    below: str
    target: Optional[float]  # the median should be at least this; None: for information

    def of(self, rounds: Rounds) -> List[float]:
        return [samples[self.above].rate / samples[self.below].rate for samples in rounds if self._is_in(samples)]

    def _is_in(self, samples: Dict[str, Sample]) -> bool:
        return self.above in samples and self.below in samples


RATIOS = (
    Ratio("hot, one id / nginx", "hot_one", "nginx", 0.75),
    Ratio("hot, many ids / nginx", "hot_many", "nginx", None),
    Ratio("cold / pgbench", "cold", "pgbench", 1.1),
    Ratio("cold / pgbench, more threads", "cold", "pgbench_threads", None),
)


@dataclass(frozen=True)
class Stampede:
    """One id asked for at several instances, and how often PostgreSQL was asked for it."""

    samples: List[Sample]
    emptied: int
    asked: int

    def line(self) -> str:
        rate = sum(sample.rate for sample in self.samples)
        p99 = max(sample.p99 for sample in self.samples)
        return (
            f"stampede  one id at {len(self.samples)} instances, {rate:,.0f} requests/s, taken from Redis {self.emptied}"
            f" times: PostgreSQL was asked {self.asked} times; p99 {p99:.2f} ms,"
            f" {sum(sample.errors for sample in self.samples)} errors"
        )


@dataclass(frozen=True)
class Changes:
    """One transaction that changes all users, applied to the cache, with hits at a fixed pace beside it, and as many
    requests to nginx, which has no part in it: what the machine alone makes of a busy minute."""

    rows: int
    cached: int
    seconds: float  # from the commit to the last change applied
    quiet: Sample
    meanwhile: Sample
    nginx_quiet: Sample
    nginx_meanwhile: Sample
    rss_before: Optional[float]
    rss_peak: Optional[float]

    def line(self) -> str:
        rss = "" if self.rss_peak is None else f"; peak RSS {self.rss_before / 2**20:.0f}, {self.rss_peak / 2**20:.0f} MiB"
        return (
            f"changes   {self.rows:,} users by one UPDATE, {self.cached:,} of them cached: {self.rows / self.seconds:,.0f}"
            f" changes/s; hits at {self.quiet.rate:,.0f} requests/s alone and meanwhile:"
            f" p99 {self.quiet.p99:.2f}, {self.meanwhile.p99:.2f} ms, of nginx beside them {self.nginx_quiet.p99:.2f},"
            f" {self.nginx_meanwhile.p99:.2f} ms{rss}"
        )


@dataclass(frozen=True)
class Check:
    """Something that must hold for the figures to mean what they say."""

    claim: str
    holds: bool


def titles(hot_ids: int, threads: int) -> Dict[str, str]:
    """Names of the rows in the order in which they are measured and printed."""
    return {
        "nginx": "nginx, the same reply",
        "hot_one": "hot, one id",
        "hot_many": f"hot, {hot_ids:,} ids",
        "cold": "cold, distinct ids",
        "pgbench": f"pgbench, {PGBENCH_CLIENTS} clients",
        "pgbench_threads": f"pgbench, {PGBENCH_CLIENTS} clients, {threads} threads",
    }


def table(rounds: Rounds, names: Dict[str, str]) -> str:
    """Medians over the rounds, one row per kind of load."""
    lines: List[Sequence[str]] = [COLUMNS]
    for key, title in names.items():
        samples = [samples[key] for samples in rounds if key in samples]
        if samples:
            lines.append((title, *_cells(samples)))
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                  for column, (cell, width) in enumerate(zip(line, widths))).rstrip()
        for line in lines
    )


def ratio_lines(rounds: Rounds) -> List[str]:
    lines = []
    width = max(len(ratio.title) for ratio in RATIOS)
    for ratio in RATIOS:
        values = ratio.of(rounds)
        if not values:
            continue
        middle = median(values)
        line = f"{ratio.title:<{width}}  {middle:.2f}  ({min(values):.2f} to {max(values):.2f})"
        if ratio.target is not None:
            line += f"  target {ratio.target:.2f}: {'met' if middle >= ratio.target else 'missed'}"
        lines.append(line)
    return lines


def medians(samples: Sequence[Sample]) -> Dict[str, Optional[float]]:
    """The median of each figure over the rounds, and the sum of errors."""
    figures: Dict[str, Optional[float]] = {}
    for name in ("rate", "mean", "p50", "p99", "p999", "cpu_micros"):
        values = [getattr(sample, name) for sample in samples if getattr(sample, name) is not None]
        figures[name] = median(values) if values else None
    figures["errors"] = sum(sample.errors for sample in samples)
    return figures


def as_json(rounds: Rounds, names: Dict[str, str]) -> Dict[str, object]:
    present = [key for key in names if any(key in samples for samples in rounds)]
    return {
        "medians": {key: medians([samples[key] for samples in rounds if key in samples]) for key in present},
        "ratios": {
            ratio.title: {"median": median(values), "min": min(values), "max": max(values), "target": ratio.target}
            for ratio in RATIOS
            for values in [ratio.of(rounds)]
            if values
        },
        "rounds": [{key: asdict(sample) for key, sample in samples.items()} for samples in rounds],
    }


def machine(cores: int) -> Dict[str, object]:
    return {
        "cores": cores,
        "cpu": _cpu_model(),
        "kernel": f"{platform.system()} {platform.release()}",
        "load_before": round(os.getloadavg()[0], 2),
    }


def versions(tools: Tools) -> Dict[str, str]:
    """The version of each program that takes part."""
    flags = {"wrk": "-v", "nginx": "-v", "redis-server": "--version", "postgres": "--version"}
    return {name: _version([tools[name], flag]) for name, flag in flags.items() if name in tools.paths}


def _cells(samples: Sequence[Sample]) -> List[str]:
    figures = medians(samples)
    p50 = _number(figures["p50"], 2)
    if figures["p50"] is None and figures["mean"] is not None:
        p50 = "mean " + _number(figures["mean"], 2)
    return [
        _number(figures["rate"], 0),
        p50,
        _number(figures["p99"], 2),
        _number(figures["p999"], 2),
        _number(figures["cpu_micros"], 1),
        _number(figures["errors"], 0),
    ]


def _number(value: Optional[float], digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _cpu_model() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        return _output(["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"])
    return platform.machine()


def _version(argv: List[str]) -> str:
    number = re.search(r"\d+(\.\d+)+", _output(argv))
    return number.group() if number else "of unknown version"


def _output(argv: List[str]) -> str:
    # Whatever the exit code: wrk prints its version with its usage and ends with 1.
    result = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=30)
    return result.stdout.strip()
