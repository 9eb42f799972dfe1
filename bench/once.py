"""What is measured once, at the end: a stampede on one id, and a change of all users."""

from __future__ import annotations

import concurrent.futures
import time
from dataclasses import dataclass
from typing import Callable, List, Optional

import backends
import client
import load
import tools
from ids import Ids
from process import Failure
from subject import Subject


@dataclass(frozen=True)
class Stampede:
    """One id asked for at several instances, and how often PostgreSQL was asked for it."""

    samples: List[load.Sample]
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
    quiet: load.Sample
    meanwhile: load.Sample
    nginx_quiet: load.Sample
    nginx_meanwhile: load.Sample
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


def stampede(
    subject: Subject, ids: Ids, found: tools.Tools, connections: int, seconds: int, say: Callable[[str], None]
) -> Stampede:
    """One id asked for at three instances while it is taken from Redis ten times a second."""
    say("service: starting two more instances")
    others = [subject.another(name) for name in ("second", "third")]
    instances = [subject.service, *others]
    third = load.Wrk(found, max(2, connections // 3), 1)
    path = client.path_of(ids.hot[0])
    with concurrent.futures.ThreadPoolExecutor(3) as threads:
        for number in range(2):  # the first time is for warming up
            say(f"stampede: {'measuring' if number else 'warming up'}")
            asked = sum(instance.metric("hotcold_cold_batch_size_sum") for instance in instances)
            loads = [threads.submit(third.one, each, path, seconds) for each in instances]
            emptied = 0
            while not all(one.done() for one in loads):
                subject.redis.remove(f"user:{ids.hot[0]}")
                emptied += 1
                time.sleep(0.1)
            samples = [one.result() for one in loads]
            asked = sum(instance.metric("hotcold_cold_batch_size_sum") for instance in instances) - asked
    for other in others:
        other.server.stop()
    return Stampede(samples, emptied, int(asked))


def changes(
    subject: Subject,
    ids: Ids,
    found: tools.Tools,
    postgres: backends.Postgres,
    nginx: backends.Nginx,
    seconds: int,
    say: Callable[[str], None],
) -> Changes:
    """Every user changed by one transaction, half of them cached, with hits at a fixed pace beside it."""
    service = subject.service
    targets = (service, nginx)
    paced = load.Wrk(found, 10, 1)
    path = client.path_of(ids.hot[0])
    cached = ids.rows // 2
    say(f"changes: caching {cached:,} users")
    for piece in backends.stored((ids.of(number) for number in range(1, cached + 1)), ids.padding):
        subject.redis.put(piece)
    _side_by_side(paced, targets, path, seconds)  # for warming up
    say("changes: measuring hits alone")
    quiet, nginx_quiet = _side_by_side(paced, targets, path, seconds)
    rss = service.server.peak_rss_bytes()
    say(f"changes: UPDATE of {ids.rows:,} rows")
    before = service.metric("hotcold_changefeed_changes_total")
    postgres.update_all()
    started = time.monotonic()
    meanwhile, nginx_meanwhile = _side_by_side(paced, targets, path, seconds)
    deadline = started + 120
    while service.metric("hotcold_changefeed_changes_total") - before < ids.rows:
        if time.monotonic() > deadline:
            raise Failure("the change feed did not apply all changes within two minutes")
        time.sleep(0.05)
    took = time.monotonic() - started
    peak = service.server.peak_rss_bytes()
    return Changes(ids.rows, cached, took, quiet, meanwhile, nginx_quiet, nginx_meanwhile, rss, peak)


def _side_by_side(wrk: load.Wrk, targets: tuple, path: str, seconds: int) -> List[load.Sample]:
    """Requests to both at the same time, ten connections each and 5 ms between two requests of one."""
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        loads = [threads.submit(wrk.paced, each, path, seconds, 5) for each in targets]
        return [one.result() for one in loads]
