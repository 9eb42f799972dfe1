"""The load generators, wrk and pgbench, and what one run of either measured."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from backends import Postgres
from process import Failure, Server, call
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
    cpu_micros: Optional[float] = None  # processor time of the server per request, user and system
    status_errors: int = 0
    socket_errors: int = 0
    timeouts: int = 0

    @property
    def errors(self) -> int:
        return self.status_errors + self.socket_errors + self.timeouts


class Walk:
    """An endless walk over ids 1 to `size`, scattered: any `size` positions in a row are different ids."""

    def __init__(self, size: int, digits: int):
        self.size = size
        self.digits = digits
        self.position = 0
        self.stride = max(1, int(size * 0.618))
        while math.gcd(self.stride, size) != 1:
            self.stride += 1

    def advance(self, positions: int) -> None:
        """Leaves behind what a run has taken. Fails with Failure when that run has met an id twice."""
        if positions > self.size:
            raise Failure(f"one run took {positions} ids of {self.size}: use more --rows or fewer --seconds")
        self.position += positions


class Wrk:
    """wrk with the same connections and threads for every run."""

    def __init__(self, tools: Tools, connections: int, threads: int):
        self._tools = tools
        self._connections = connections
        self._threads = threads

    def one(self, server: Server, port: int, path: str, seconds: int) -> Sample:
        """The same request over and over."""
        return self._measure(server, f"http://127.0.0.1:{port}{path}", seconds, "figures.lua")[0]

    def paced(self, server: Server, port: int, path: str, seconds: int, pause: int) -> Sample:
        """The same request over and over, each connection with a pause of so many milliseconds in between."""
        return self._measure(server, f"http://127.0.0.1:{port}{path}", seconds, "paced.lua", pause)[0]

    def walk(self, server: Server, port: int, walk: Walk, seconds: int, repeats: bool) -> Sample:
        """Ids in the order of the walk, on from where it stands; `repeats`: the run may go round it."""
        arguments = (self._threads, walk.position, walk.size, walk.stride, walk.digits)
        sample, drawn = self._measure(server, f"http://127.0.0.1:{port}/", seconds, "walk.lua", *arguments)
        if not repeats:
            walk.advance(drawn * self._threads)
        return sample

    def _measure(self, server: Server, url: str, seconds: int, script: str, *arguments: object) -> tuple:
        argv = [self._tools["wrk"], "-t", str(self._threads), "-c", str(self._connections), "-d", f"{seconds}s"]
        argv += ["-s", script, url, "--", *map(str, arguments)]
        before = server.cpu_seconds()
        output = call(argv, seconds + 30, cwd=HERE)
        after = server.cpu_seconds()
        figures = json.loads(output.strip().splitlines()[-1])
        requests, duration = figures["requests"], figures["duration"] / 1e6
        if requests == 0:
            raise Failure(f"{server.name} answered no request of {url}:\n{output}")
        sample = Sample(
            requests=requests,
            seconds=duration,
            rate=requests / duration,
            p50=figures["p50"] / 1e3,
            p99=figures["p99"] / 1e3,
            p999=figures["p999"] / 1e3,
            cpu_micros=None if before is None or after is None else (after - before) / requests * 1e6,
            status_errors=figures["status"],
            socket_errors=figures["socket"],
            timeouts=figures["timeout"],
        )
        return sample, figures["drawn"]


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
