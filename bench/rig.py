"""The servers of a benchmark put together, its rows, and the checks that they measured what they say."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional

import backends
import client
import load
import rate
import report
import tools
from ids import Ids, Popularity, Walk
from revision import PROJECT, Revision
from subject import Subject

Measure = Callable[[int], load.Sample]


def say(text: str) -> None:
    """Progress, apart from the results."""
    print(text, file=sys.stderr, flush=True)


class Row(NamedTuple):
    """One kind of load on one server: a key of the samples, and how to take one in so many seconds."""

    key: str
    measure: Measure


class Rig:
    """All servers of the benchmark, started and ready; whoever closes the stack stops them."""

    def __init__(
        self,
        options: argparse.Namespace,
        revisions: List[Revision],
        found: tools.Tools,
        directory: Path,
        stack: contextlib.ExitStack,
    ):
        self._options = options
        self._found = found
        self._directory = directory
        self._stack = stack
        self.ids = Ids(options.rows, options.padding)
        self.subjects: List[Subject] = []
        self.notes: List[str] = []
        self.rate: Optional[int] = options.rate  # of the rows at a constant rate, once it is known
        self._pgbench_rows = 0
        self.wrk = load.Wrk(found, options.connections, options.threads) if options.wrk else None
        self._start_databases()
        if options.wrk:
            self._start_servers(revisions)
            self._prepare()

    def _start_databases(self) -> None:
        say(f"PostgreSQL: loading {self._options.rows:,} users")
        self.postgres = backends.Postgres(self._found, self._directory)
        self._stack.callback(self.postgres.server.stop)
        self.postgres.await_ready()
        self.postgres.load_users(PROJECT / "migrations" / "001_users.sql", self.ids)
        self._select = self._directory / "select.sql"
        load.write_select(self._select, self.ids.digits)

    def _start_servers(self, revisions: List[Revision]) -> None:
        for revision in revisions:
            say(f"service: starting {revision.name}")
            subject = Subject(revision, self._found, self.ids, self.postgres, self._directory, self._stack)
            self.subjects.append(subject)
        reply = self.subjects[0].service.hit(self.ids.hot[0])
        self.nginx = backends.Nginx(self._found, self._directory, reply, self._options.cores)
        self._stack.callback(self.nginx.server.stop)
        self.nginx.await_ready()

    def _prepare(self) -> None:
        """What only some of the rows need, and what has to be left out."""
        only = self._options.only
        if "rate" in only:
            self._generator = rate.ConstantRate(self._found, self._directory, self._options.connections)
        if "zipf" in only:
            self._popularity = Popularity(self.ids, self._options.misses, self._directory)
        if "absent" in only:
            self._absent_file = self._directory / "absent.ids"
            self._absent_file.write_text("\n".join(self.ids.absent) + "\n")
        for subject in self.subjects:
            if "near" in only and not subject.start_near():
                self.notes.append(f"near: left out, {subject.revision.name} does not know NEAR_CACHE_ENTRIES")
            if "start" in only and not subject.revision.aot_cache:
                self.notes.append(f"start: without AOT cache only, {subject.revision.name} was built without one")

    def warm_up(self, seconds: int) -> None:
        if not set(self._options.only) - {"nginx", "pgbench"}:
            return
        for subject in self.subjects:
            say(f"service: warming up {subject.revision.name}, {seconds} s")
            subject.warm_up(self.wrk, seconds, cold=bool({"cold", "zipf"} & set(self._options.only)))

    def groups(self) -> List[List[Row]]:
        """All rows in the order of rounds, those together that are compared most closely."""
        groups: Dict[str, List[Row]] = {}
        if "nginx" in self._options.only:
            groups["nginx"] = [Row("nginx", self._nginx_one)]
            groups["nginx_many"] = [Row("nginx_many", self._nginx_many)]
        if "rate" in self._options.only:
            groups["rate"] = [Row("rate_nginx", self._nginx_rate)]
        for subject in self.subjects:
            prefix = report.prefix_of(subject is not self.subjects[0])
            for key, measure in self._rows_of(subject).items():
                groups.setdefault(key, []).append(Row(prefix + key, measure))
        if "rate" in groups:
            groups["rate"] = groups.pop("rate")  # behind the hot row, whose half it is
        if "pgbench" in self._options.only:
            groups["pgbench"] = [Row("pgbench", lambda seconds: self._pgbench(1, seconds))]
            threads = self._options.threads
            groups["pgbench_threads"] = [Row("pgbench_threads", lambda seconds: self._pgbench(threads, seconds))]
        return list(groups.values())

    def leave_alone(self, subject: Subject) -> None:
        """Ends all services but this one's first instance, so that none takes a part in what is measured of it."""
        for other in self.subjects:
            if other.near:
                other.near.server.stop()
            if other is not subject:
                other.service.server.stop()

    def _rows_of(self, subject: Subject) -> Dict[str, Measure]:
        wrk = self.wrk
        rows: Dict[str, Dict[str, Measure]] = {
            "hot": {
                "hot_one": lambda seconds: self._remember_half(subject.hot_one(wrk, seconds)),
                "hot_many": lambda seconds: subject.hot_many(wrk, seconds),
            },
            "zipf": {"zipf": lambda seconds: subject.zipf(wrk, self._popularity, seconds)},
            "absent": {"absent": lambda seconds: subject.absent(wrk, self._absent_file, seconds)},
            "cold": {"cold": lambda seconds: subject.cold(wrk, seconds)},
            "rate": {"rate": lambda seconds: subject.rate(self._generator, self._half_of_hot(), seconds)},
            "start": {"start": lambda seconds: subject.start(wrk, aot_cache=False)},
        }
        if subject.near:
            rows["near"] = {
                "near_one": lambda seconds: subject.near_one(wrk, seconds),
                "near_many": lambda seconds: subject.near_many(wrk, seconds),
            }
        if subject.revision.aot_cache:
            rows["start"]["start_aot"] = lambda seconds: subject.start(wrk, aot_cache=True)
        return {key: row for load_name in self._options.only for key, row in rows.get(load_name, {}).items()}

    def _remember_half(self, sample: load.Sample) -> load.Sample:
        self.rate = self.rate or max(1, int(sample.rate / 2))
        return sample

    def _half_of_hot(self) -> int:
        """Half of what was measured first with one id, the same in all rounds."""
        if self.rate is None:
            self._remember_half(self.subjects[0].hot_one(self.wrk, self._options.seconds))
        return self.rate

    def _nginx_one(self, seconds: int) -> load.Sample:
        return self.wrk.one(self.nginx, client.path_of(self.ids.hot[0]), seconds)

    def _nginx_many(self, seconds: int) -> load.Sample:
        return self.wrk.walk(self.nginx, Walk(len(self.ids.hot), self.ids.digits), seconds, repeats=True)

    def _nginx_rate(self, seconds: int) -> load.Sample:
        return self._generator.one(self.nginx, client.path_of(self.ids.hot[0]), self._half_of_hot(), seconds)

    def _pgbench(self, threads: int, seconds: int) -> load.Sample:
        sample = load.pgbench(self._found, self.postgres, self._select, self._options.rows, threads, seconds)
        self._pgbench_rows += sample.requests
        return sample

    def checks(self, rounds: report.Rounds) -> List[report.Check]:
        """Whether all answers were what they should be, and came from where they should. Ends the services."""
        checks = report.checks(rounds, self._options.misses)
        only = set(self._options.only)
        if {"hot", "rate"} & only:
            missed = sum(subject.samples_missed for subject in self.subjects)
            checks.append(report.Check("sampled hot ids were answered from Redis", missed == 0))
        if "cold" in only:
            self.leave_alone(self.subjects[0])
            self.subjects[0].service.server.stop()  # its sessions report their counts at the latest when they end
            wanted = sum(subject.misses for subject in self.subjects) + self._pgbench_rows
            fetched = self.postgres.await_rows_fetched(wanted)
            claim = f"PostgreSQL read a row for every cold answer ({wanted:,} due with pgbench's, {fetched:,} read)"
            checks.append(report.Check(claim, fetched >= wanted))
        return checks
