"""The servers of a benchmark put together, its measurements, and the checks that they measured what they say."""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import sys
import time
from pathlib import Path
from typing import List, Optional

import backends
import client
import load
import report
import tools
from process import Failure

PROJECT = Path(__file__).resolve().parent.parent
HOT_IDS = 20_000


def say(text: str) -> None:
    """Progress, apart from the results."""
    print(text, file=sys.stderr, flush=True)


class Rig:
    """All servers of the benchmark, started and ready; whoever closes the stack stops them."""

    def __init__(self, options: argparse.Namespace, found: tools.Tools, directory: Path, stack: contextlib.ExitStack):
        self._options = options
        self._found = found
        self._directory = directory
        self._stack = stack
        self.digits = max(7, len(str(options.rows)))
        self.hot_ids = [f"u{number:0{self.digits}d}" for number in range(1, min(HOT_IDS, options.rows) + 1)]
        self.cold_walk = load.Walk(options.rows, self.digits)
        self._misses = 0  # answers that must have come from PostgreSQL
        self._pgbench_rows = 0
        self._samples_missed = 0
        self.service: Optional[backends.Service] = None
        self.wrk = load.Wrk(found, options.connections, options.threads) if options.wrk else None
        self._start_databases()
        if options.wrk:
            self._start_servers()

    def _start_databases(self) -> None:
        say(f"PostgreSQL: loading {self._options.rows:,} users")
        self.postgres = backends.Postgres(self._found, self._directory)
        self._stack.callback(self.postgres.server.stop)
        self.postgres.await_ready()
        self.postgres.load_users(PROJECT / "migrations" / "001_users.sql", self._options.rows, self.digits)
        self._select = self._directory / "select.sql"
        load.write_select(self._select, self.digits)

    def _start_servers(self) -> None:
        self.redis = backends.Redis(self._found, self._directory)
        self._stack.callback(self.redis.server.stop)
        self.redis.await_ready()
        say("service: starting")
        self.service = backends.Service(self._options.command, self.postgres, self.redis, self._directory)
        self._stack.callback(self.service.server.stop)
        self.service.await_ready(self.hot_ids[0])
        reply = self.service.hit(self.hot_ids[0])
        self.nginx = backends.Nginx(self._found, self._directory, reply, self._options.cores)
        self._stack.callback(self.nginx.server.stop)
        self.nginx.await_ready()

    def warm_up(self, seconds: int) -> None:
        """Lets the service compile what it will run; half of the time hot, half cold."""
        half = max(1, seconds // 2)
        if "hot" in self._options.only:
            say(f"service: warming up, hot, {half} s")
            self.hot_one(half)
        if "cold" in self._options.only:
            say(f"service: warming up, cold, {half} s")
            self.cold(half)

    def nginx_row(self, seconds: int) -> load.Sample:
        return self.wrk.one(self.nginx.server, self.nginx.port, client.path_of(self.hot_ids[0]), seconds)

    def hot_one(self, seconds: int) -> load.Sample:
        self.service.hit(self.hot_ids[0])
        sample = self.wrk.one(self.service.server, self.service.port, client.path_of(self.hot_ids[0]), seconds)
        self._expect_hits(self.hot_ids[:1])
        return sample

    def hot_many(self, seconds: int) -> load.Sample:
        self._misses += client.request_each_once(self.service.port, self.hot_ids)
        walk = load.Walk(len(self.hot_ids), self.digits)
        self._expect_hits(self.hot_ids[:: max(1, len(self.hot_ids) // 50)])
        sample = self.wrk.walk(self.service.server, self.service.port, walk, seconds, repeats=True)
        self._expect_hits(self.hot_ids[:: max(1, len(self.hot_ids) // 50)])
        return sample

    def cold(self, seconds: int) -> load.Sample:
        self.redis.empty()
        sample = self.wrk.walk(self.service.server, self.service.port, self.cold_walk, seconds, repeats=False)
        self._misses += sample.requests - sample.status_errors
        return sample

    def stampede(self, seconds: int) -> report.Stampede:
        """One id asked for at three instances while it is taken from Redis ten times a second."""
        say("service: starting two more instances")
        instances = [self.service] + [
            backends.Service(self._options.command, self.postgres, self.redis, self._directory) for _ in range(2)
        ]
        for other in instances[1:]:
            self._stack.callback(other.server.stop)
            other.await_ready(self.hot_ids[0])
        third = load.Wrk(self._found, max(2, self._options.connections // 3), 1)
        path = client.path_of(self.hot_ids[0])
        with concurrent.futures.ThreadPoolExecutor(3) as threads:
            for number in range(2):  # the first time is for warming up
                say(f"stampede: {'measuring' if number else 'warming up'}")
                asked = sum(instance.metric("hotcold_cold_batch_size_sum") for instance in instances)
                loads = [threads.submit(third.one, each.server, each.port, path, seconds) for each in instances]
                emptied = 0
                while not all(one.done() for one in loads):
                    self.redis.remove(f"user:{self.hot_ids[0]}")
                    emptied += 1
                    time.sleep(0.1)
                samples = [one.result() for one in loads]
                asked = sum(instance.metric("hotcold_cold_batch_size_sum") for instance in instances) - asked
        return report.Stampede(samples, emptied, int(asked))

    def changes(self, seconds: int) -> report.Changes:
        """Every user changed by one transaction, half of them cached, with hits at a fixed pace beside it."""
        cached = self._options.rows // 2
        say(f"changes: caching {cached:,} users")
        for piece in self.postgres.users(cached, self.digits):
            self.redis.put(piece)
        self._hits_beside_nginx(seconds)  # for warming up
        say("changes: measuring hits alone")
        quiet, nginx_quiet = self._hits_beside_nginx(seconds)
        rss = self.service.server.peak_rss_bytes()
        say(f"changes: UPDATE of {self._options.rows:,} rows")
        before = self.service.metric("hotcold_changefeed_changes_total")
        self.postgres.update_all()
        started = time.monotonic()
        meanwhile, nginx_meanwhile = self._hits_beside_nginx(seconds)
        deadline = started + 120
        while self.service.metric("hotcold_changefeed_changes_total") - before < self._options.rows:
            if time.monotonic() > deadline:
                raise Failure("the change feed did not apply all changes within two minutes")
            time.sleep(0.05)
        took = time.monotonic() - started
        peak = self.service.server.peak_rss_bytes()
        return report.Changes(
            self._options.rows, cached, took, quiet, meanwhile, nginx_quiet, nginx_meanwhile, rss, peak
        )

    def _hits_beside_nginx(self, seconds: int) -> List[load.Sample]:
        """Hits and requests to nginx at the same time, ten connections each and 5 ms between two requests of one."""
        paced = load.Wrk(self._found, 10, 1)
        path = client.path_of(self.hot_ids[0])
        with concurrent.futures.ThreadPoolExecutor(2) as threads:
            loads = [
                threads.submit(paced.paced, each.server, each.port, path, seconds, 5)
                for each in (self.service, self.nginx)
            ]
            return [one.result() for one in loads]

    def pgbench(self, seconds: int) -> load.Sample:
        """As pgbench drives its clients unless told otherwise: all from one thread."""
        return self._pgbench(1, seconds)

    def pgbench_threads(self, seconds: int) -> load.Sample:
        return self._pgbench(self._options.threads, seconds)

    def _pgbench(self, threads: int, seconds: int) -> load.Sample:
        sample = load.pgbench(self._found, self.postgres, self._select, self._options.rows, threads, seconds)
        self._pgbench_rows += sample.requests
        return sample

    def checks(self, rounds: report.Rounds) -> List[report.Check]:
        """Whether all answers were 200, hits from the cache and the rest from PostgreSQL. Ends the service."""
        samples = [sample for measured in rounds for sample in measured.values()]
        others, sockets, timeouts = (
            sum(getattr(sample, kind) for sample in samples) for kind in ("status_errors", "socket_errors", "timeouts")
        )
        claim = "every request was answered with 200"
        if others or sockets or timeouts:
            claim += f" ({others} with another status, {sockets} socket errors, {timeouts} later than 2 s)"
        checks = [report.Check(claim, others + sockets + timeouts == 0)]
        if "hot" in self._options.only:
            checks.append(report.Check("sampled hot ids were answered from Redis", self._samples_missed == 0))
        if "cold" in self._options.only:
            self.service.server.stop()  # its sessions report their counts at the latest when they end
            wanted = self._misses + self._pgbench_rows
            fetched = self.postgres.await_rows_fetched(wanted)
            claim = f"PostgreSQL read a row for every cold answer ({wanted:,} due with pgbench's, {fetched:,} read)"
            checks.append(report.Check(claim, fetched >= wanted))
        return checks

    def _expect_hits(self, user_ids: List[str]) -> None:
        replies = [client.get(self.service.port, client.path_of(user_id)) for user_id in user_ids]
        self._samples_missed += sum(reply is None or not reply.is_hit() for reply in replies)
