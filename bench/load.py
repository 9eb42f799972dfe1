"""The load generators, wrk and pgbench, and what one run of either measured."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Optional

from backends import Postgres, Target
from ids import Popularity, Walk
from process import Failure, call
from tools import Tools

HERE = Path(__file__).resolve().parent
PGBENCH_CLIENTS = 24


@dataclass(frozen=True)
class Sample:
    """One measurement: latencies in milliseconds, processor time in microseconds; None: not measured here."""

    requests: int
    seconds: float
    rate: float
    mean: Optional[float] = None
    p50: Optional[float] = None
    p99: Optional[float] = None
    p999: Optional[float] = None
    p9999: Optional[float] = None
    max: Optional[float] = None
    cpu_micros: Optional[float] = None  # processor time of the server per request, user and system
    allocated: Optional[float] = None  # bytes of the heap that the service took per request
    rss_mib: Optional[float] = None  # what of the server is in memory after it
    hits: Optional[float] = None  # share of lookups that PostgreSQL had no part in
    redis_reads: Optional[float] = None  # keys that Redis was asked for per request
    ready: Optional[float] = None  # milliseconds from the start of the service to its first answer
    late_p99: Optional[float] = None  # how much later than it could have the generator sent
    late_max: Optional[float] = None
    generator_cores: Optional[float] = None  # processor time of the generator per time
    status_errors: int = 0
    socket_errors: int = 0
    timeouts: int = 0

    @property
    def errors(self) -> int:
        return self.status_errors + self.socket_errors + self.timeouts

    def all_refused(self) -> Sample:
        """As it is when any status but an error would have been wrong."""
        return replace(self, status_errors=self.requests - self.status_errors)


class Usage(NamedTuple):
    """What a server had used at a moment; None: not known."""

    cpu_seconds: Optional[float]
    allocated_bytes: Optional[float]
    rss_bytes: Optional[int]

    @staticmethod
    def before(target: Target) -> Usage:
        allocated = target.allocated_bytes()  # first: asking costs processor time
        return Usage(target.server.cpu_seconds(), allocated, None)

    @staticmethod
    def after(target: Target) -> Usage:
        cpu = target.server.cpu_seconds()
        return Usage(cpu, target.allocated_bytes(), target.server.rss_bytes())

    def since(self, earlier: Usage, requests: int) -> Usage:
        """What each of the requests has used, and the memory that is in use."""

        def each(now: Optional[float], before: Optional[float]) -> Optional[float]:
            return None if now is None or before is None else (now - before) / requests

        cpu = each(self.cpu_seconds, earlier.cpu_seconds)
        return Usage(cpu, each(self.allocated_bytes, earlier.allocated_bytes), self.rss_bytes)


class Wrk:
    """wrk with the same connections and threads for every run."""

    def __init__(self, tools: Tools, connections: int, threads: int):
        self._tools = tools
        self._connections = connections
        self._threads = threads

    def one(self, target: Target, path: str, seconds: int) -> Sample:
        """The same request over and over."""
        return self._measure(target, path, seconds, "figures.lua")[0]

    def paced(self, target: Target, path: str, seconds: int, pause: int) -> Sample:
        """The same request over and over, each connection with a pause of so many milliseconds in between."""
        return self._measure(target, path, seconds, "paced.lua", pause)[0]

    def walk(self, target: Target, walk: Walk, seconds: int, repeats: bool) -> Sample:
        """Ids in the order of the walk, on from where it stands; `repeats`: the run may go round it."""
        arguments = (self._threads, walk.position, walk.size, walk.stride, walk.digits)
        sample, drawn = self._measure(target, "/", seconds, "walk.lua", *arguments)
        if not repeats:
            walk.advance(drawn * self._threads)
        return sample

    def each(self, target: Target, file: Path, seconds: int) -> Sample:
        """The ids of a file round and round."""
        return self._measure(target, "/", seconds, "mixed.lua", self._threads, file, file, 0)[0]

    def mixed(self, target: Target, popularity: Popularity, seconds: int) -> Sample:
        """Ids that were drawn, and now and then one that never is."""
        arguments = (self._threads, popularity.drawn_file, popularity.missed_file, popularity.misses)
        sample, drawn = self._measure(target, "/", seconds, "mixed.lua", *arguments)
        if drawn * self._threads > popularity.missed:
            raise Failure(f"one run took more misses than the {popularity.missed} there are: use more --rows")
        return sample

    def _measure(self, target: Target, path: str, seconds: int, script: str, *arguments: object) -> tuple:
        argv = [self._tools["wrk"], "-t", str(self._threads), "-c", str(self._connections), "-d", f"{seconds}s"]
        argv += ["-s", script, f"http://127.0.0.1:{target.port}{path}", "--", *map(str, arguments)]
        before = Usage.before(target)
        output = call(argv, seconds + 30, cwd=HERE)
        after = Usage.after(target)
        figures = json.loads(output.strip().splitlines()[-1])
        requests, duration = figures["requests"], figures["duration"] / 1e6
        if requests == 0:
            raise Failure(f"{target.server.name} answered no request of {path}:\n{output}")
        return sample_of(figures, requests, duration, after.since(before, requests)), figures["drawn"]


def sample_of(figures: dict, requests: int, seconds: float, used: Usage) -> Sample:
    """From what a generator printed."""
    percentiles = {name: figures[name] / 1e3 for name in ("p50", "p99", "p999", "p9999", "max")}
    return Sample(
        requests=requests,
        seconds=seconds,
        rate=requests / seconds,
        cpu_micros=None if used.cpu_seconds is None else used.cpu_seconds * 1e6,
        allocated=used.allocated_bytes,
        rss_mib=None if used.rss_bytes is None else used.rss_bytes / (1 << 20),
        status_errors=figures["status"],
        socket_errors=figures["socket"],
        timeouts=figures["timeout"],
        **percentiles,
    )


def pgbench(tools: Tools, postgres: Postgres, script: Path, rows: int, threads: int, seconds: int) -> Sample:
    """Prepared single-row SELECTs of random ids, each client on its own connection, over TCP as the service's."""
    argv = [tools["pgbench"], "-n", "-M", "prepared", "-c", str(PGBENCH_CLIENTS), "-j", str(threads)]
    argv += ["-T", str(seconds), "-D", f"rows={rows}", "-f", str(script), postgres.url]
    output = call(argv, seconds + 30)
    rate = float(_found(r"^tps = ([\d.]+)", output))
    requests = int(_found(r"^number of transactions actually processed: (\d+)", output))
    mean = float(_found(r"^latency average = ([\d.]+) ms", output))
    failed = re.search(r"^number of failed transactions: (\d+)", output, re.MULTILINE)
    return Sample(requests, requests / rate, rate, mean=mean, status_errors=int(failed.group(1)) if failed else 0)


def write_select(script: Path, digits: int) -> None:
    """The statement that pgbench sends: what a lookup of one id needs, and no more."""
    script.write_text(
        "\\set id random(1, :rows)\n"
        "SELECT user_id, deeplink, promo_message FROM users"
        f" WHERE user_id = 'u' || lpad(:id::text, {digits}, '0');\n"
    )


def _found(pattern: str, output: str) -> str:
    match = re.search(pattern, output, re.MULTILINE)
    if match is None:
        raise Failure(f"pgbench printed nothing like {pattern}:\n{output}")
    return match.group(1)
