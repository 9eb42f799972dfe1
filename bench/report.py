"""From samples to medians, ratios, the checks of the samples, the printed table and the JSON file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import Dict, List, Optional, Sequence

from ids import ABSENT_IDS
from load import PGBENCH_CLIENTS, Sample

Rounds = List[Dict[str, Sample]]

# Columns of the table: title, figure, digits behind the point.
COLUMNS = (
    ("requests/s", "rate", 0),
    ("p50 ms", "p50", 2),
    ("p99 ms", "p99", 2),
    ("p99.9 ms", "p999", 2),
    ("p99.99 ms", "p9999", 2),
    ("max ms", "max", 1),
    ("CPU µs/request", "cpu_micros", 1),
    ("B/request", "allocated", 0),
    ("RSS MiB", "rss_mib", 0),
)
FURTHER_FIGURES = ("mean", "hits", "redis_reads", "ready", "late_p99", "late_max", "generator_cores")

FIGURE_TITLES = {"rate": "", "p50": ", p50", "p99": ", p99", "p999": ", p99.9"}

# Rows at a rate that was given: their latencies are compared.
GIVEN_RATE = ("rate",)


@dataclass(frozen=True)
class Ratio:
    """A figure of one row over that of another, taken within each round."""

    title: str
    above: str
    below: str
    target: Optional[float] = None  # the median should be at least this; None: for information
    figure: str = "rate"

    def of(self, rounds: Rounds) -> List[float]:
        pairs = [(samples[self.above], samples[self.below]) for samples in rounds if self._is_in(samples)]
        return [getattr(above, self.figure) / getattr(below, self.figure) for above, below in pairs]

    def _is_in(self, samples: Dict[str, Sample]) -> bool:
        return self.above in samples and self.below in samples


RATIOS = (
    Ratio("hot, one id / nginx", "hot_one", "nginx", 0.88),
    Ratio("hot, many ids / nginx", "hot_many", "nginx", 0.80),
    Ratio("hot, many ids / nginx, many ids", "hot_many", "nginx_many"),
    Ratio("near, one id / nginx", "near_one", "nginx", 0.97),
    Ratio("near, many ids / nginx", "near_many", "nginx", 0.88),
    Ratio("near, many ids / nginx, many ids", "near_many", "nginx_many"),
    Ratio("cold / pgbench", "cold", "pgbench", 1.6),
    Ratio("cold / pgbench, more threads", "cold", "pgbench_threads"),
    Ratio("first second, AOT cache / without", "start_aot", "start", 2.0),
    Ratio("until ready, AOT cache / without", "start_aot", "start", figure="ready"),
    Ratio("constant rate, p50 / nginx", "rate", "rate_nginx", figure="p50"),
    Ratio("constant rate, p99 / nginx", "rate", "rate_nginx", figure="p99"),
    Ratio("constant rate, p99.9 / nginx", "rate", "rate_nginx", figure="p999"),
)


@dataclass(frozen=True)
class Check:
    """Something that must hold for the figures to mean what they say."""

    claim: str
    holds: bool


def prefix_of(is_base: bool) -> str:
    """What the keys of a revision's rows begin with."""
    return "base_" if is_base else ""


def titles(hot_ids: int, threads: int, misses: int, rate: Optional[int], base: Optional[str]) -> Dict[str, str]:
    """Names of the rows in the order in which they are printed."""
    given = "half of hot" if rate is None else f"{rate:,}/s"
    controls = {"nginx": "nginx, the same reply", "nginx_many": f"nginx, {hot_ids:,} ids"}
    service = {
        "hot_one": "hot, one id",
        "hot_many": f"hot, {hot_ids:,} ids",
        "near_one": "near, one id",
        "near_many": f"near, {hot_ids:,} ids",
        "zipf": f"Zipf, {100 - misses} % cached",
        "absent": f"absent, {ABSENT_IDS:,} ids, 404",
        "cold": "cold, distinct ids",
        "rate": f"constant rate, {given}",
        "start": "first second after start",
        "start_aot": "the same with AOT cache",
    }
    pgbench = {
        "pgbench": f"pgbench, {PGBENCH_CLIENTS} clients",
        "pgbench_threads": f"pgbench, {PGBENCH_CLIENTS} clients, {threads} threads",
    }
    names = dict(controls)
    for key, title in service.items():
        if key == "rate":
            names["rate_nginx"] = f"nginx, constant rate, {given}"
        names[key] = title
        if base:
            names[prefix_of(True) + key] = f"{title} ({base})"
    return {**names, **pgbench}


def ratios(names: Dict[str, str], base: Optional[str]) -> List[Ratio]:
    """The usual ones, and of each row to that of the other revision."""
    prefix = prefix_of(True)
    mine = [key for key in names if prefix + key in names]
    compared = [
        Ratio(f"{names[key]} / {base}{FIGURE_TITLES[figure]}", key, prefix + key, None, figure)
        for key in mine
        for figure in (("p50", "p99", "p999") if key in GIVEN_RATE else ("rate",))
    ]
    started = [Ratio(f"{names[key]} / {base}, until ready", key, prefix + key, None, "ready")
               for key in mine if key.startswith("start")]
    return [*RATIOS, *compared, *started]


def table(rounds: Rounds, names: Dict[str, str]) -> str:
    """Medians over the rounds, one row per kind of load; beside the rate how far its rounds lie apart."""
    lines: List[Sequence[str]] = [("", COLUMNS[0][0], "min to max", *(title for title, _, _ in COLUMNS[1:]), "errors")]
    for key, title in names.items():
        samples = [samples[key] for samples in rounds if key in samples]
        if samples:
            lines.append((title, *_cells(samples)))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                  for column, (cell, width) in enumerate(zip(line, widths))).rstrip()
        for line in lines
    )


def ratio_lines(rounds: Rounds, wanted: List[Ratio]) -> List[str]:
    found = [(ratio, values) for ratio in wanted for values in [ratio.of(rounds)] if values]
    width = max((len(ratio.title) for ratio, _ in found), default=0)
    lines = []
    for ratio, values in found:
        middle = median(values)
        line = f"{ratio.title:<{width}}  {middle:.2f}  ({min(values):.2f} to {max(values):.2f})"
        if ratio.target is not None:
            line += f"  target {ratio.target:.2f}: {'met' if middle >= ratio.target else 'missed'}"
        lines.append(line)
    return lines


def remarks(rounds: Rounds, names: Dict[str, str]) -> List[str]:
    """What some rows tell beside the figures of the table."""
    lines = []
    for key, title in names.items():
        figures = medians([samples[key] for samples in rounds if key in samples])
        if figures["hits"] is not None:
            lines.append(f"{title}: {figures['hits']:.1%} of the lookups without PostgreSQL")
        if figures["redis_reads"] is not None:
            lines.append(f"{title}: Redis was asked for {figures['redis_reads']:.2%} of them")
        if figures["ready"] is not None:
            spread = [samples[key].ready for samples in rounds]
            lines.append(f"{title}: first answer after {figures['ready']:,.0f} ms"
                         f" ({min(spread):,.0f} to {max(spread):,.0f})")
        if figures["late_p99"] is not None:
            lines.append(f"{title}: the generator itself late by {figures['late_p99']:.2f} ms at p99,"
                         f" {figures['late_max']:.1f} ms at worst, on {figures['generator_cores']:.2f} cores")
    return lines


def checks(rounds: Rounds, misses: int) -> List[Check]:
    """Whether the samples are what their rows say."""
    samples = [sample for measured in rounds for sample in measured.values()]
    others, sockets, timeouts = (
        sum(getattr(sample, kind) for sample in samples) for kind in ("status_errors", "socket_errors", "timeouts")
    )
    claim = "every request was answered, with 404 where there is no such user, else with 200"
    if others or sockets or timeouts:
        claim += f" ({others} with another status, {sockets} socket errors, {timeouts} later than 2 s)"
    found = [Check(claim, others + sockets + timeouts == 0)]
    prefixes = [prefix_of(is_base) for is_base in (False, True)]
    mixed = [samples[prefix + "zipf"].hits for samples in rounds for prefix in prefixes if prefix + "zipf" in samples]
    if mixed:
        wanted, tolerance = 1 - misses / 100, max(0.005, misses / 2000)
        claim = f"{wanted:.0%} of the Zipf load were hits ({min(mixed):.2%} to {max(mixed):.2%})"
        found.append(Check(claim, wanted - tolerance <= min(mixed) and max(mixed) <= wanted + tolerance))
    near = [sample.redis_reads for sample in samples if sample.redis_reads is not None]
    if near:
        claim = f"near hits were answered without Redis ({max(near):.2%} at most were not)"
        found.append(Check(claim, max(near) < 0.02))
    return found


def medians(samples: Sequence[Sample]) -> Dict[str, Optional[float]]:
    """The median of each figure over the rounds, and the sum of errors."""
    figures: Dict[str, Optional[float]] = {}
    for name in (*(figure for _, figure, _ in COLUMNS), *FURTHER_FIGURES):
        values = [getattr(sample, name) for sample in samples if getattr(sample, name) is not None]
        figures[name] = median(values) if values else None
    figures["errors"] = sum(sample.errors for sample in samples)
    return figures


def as_json(rounds: Rounds, names: Dict[str, str], wanted: List[Ratio]) -> Dict[str, object]:
    present = [key for key in names if any(key in samples for samples in rounds)]
    return {
        "titles": {key: names[key] for key in present},
        "medians": {key: medians([samples[key] for samples in rounds if key in samples]) for key in present},
        "ratios": {
            ratio.title: {"median": median(values), "min": min(values), "max": max(values), "target": ratio.target}
            for ratio in wanted
            for values in [ratio.of(rounds)]
            if values
        },
        "rounds": [{key: asdict(sample) for key, sample in samples.items()} for samples in rounds],
    }


def _cells(samples: Sequence[Sample]) -> List[str]:
    figures = medians(samples)
    cells = [_number(figures[figure], digits) for _, figure, digits in COLUMNS]
    if figures["p50"] is None and figures["mean"] is not None:
        cells[1] = "mean " + _number(figures["mean"], 2)
    rates = [sample.rate for sample in samples]
    return [cells[0], f"{min(rates):,.0f} to {max(rates):,.0f}", *cells[1:], _number(figures["errors"], 0)]


def _number(value: Optional[float], digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"
