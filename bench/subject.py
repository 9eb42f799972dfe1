"""One revision under test with a Redis of its own, and what is measured of it in every round."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Callable, List, Optional

import backends
import client
import load
import rate
import tools
from ids import Ids, Popularity, Walk
from revision import Revision

NEAR_ENTRIES = 65_536  # more than the ids of any load on it


class Subject:
    """The service of one revision, started and ready; whoever closes the stack stops it."""

    def __init__(
        self,
        revision: Revision,
        found: tools.Tools,
        ids: Ids,
        postgres: backends.Postgres,
        directory: Path,
        stack: contextlib.ExitStack,
    ):
        self.revision = revision
        self.cold_walk = Walk(ids.rows, ids.digits)
        self.misses = 0  # answers that must have come from PostgreSQL
        self.samples_missed = 0
        self.near: Optional[backends.Service] = None
        self._found = found
        self._ids = ids
        self._postgres = postgres
        self._directory = directory / revision.name
        self._directory.mkdir()
        self._stack = stack
        self.redis = backends.Redis(found, self._directory)
        stack.callback(self.redis.server.stop)
        self.redis.await_ready()
        self.service = self.another("service")

    def another(self, name: str, **settings: str) -> backends.Service:
        """An instance more, started and ready."""
        instance = self._start(name, **settings)
        self._stack.callback(instance.server.stop)
        instance.await_ready(self._ids.hot[0])
        return instance

    def start_near(self) -> bool:
        """Starts an instance that keeps users in its own memory; False, and none, if this revision cannot do so."""
        instance = self.another("near", NEAR_CACHE_ENTRIES=str(NEAR_ENTRIES))
        for _ in range(20):
            before = instance.metric("hotcold_hot_batch_size_sum")
            for _ in range(20):
                instance.hit(self._ids.hot[0])
            if instance.metric("hotcold_hot_batch_size_sum") == before:
                self.near = instance
                return True
        instance.server.stop()
        return False

    def warm_up(self, wrk: load.Wrk, seconds: int, cold: bool) -> None:
        """Lets the service compile what it will run, half of the time hot, half cold; so the near instance."""
        half = max(1, seconds // 2)
        self.hot_one(wrk, half)
        if cold:
            self.cold(wrk, half)
        if self.near:
            self.near_one(wrk, half)

    def hot_one(self, wrk: load.Wrk, seconds: int) -> load.Sample:
        self.service.hit(self._ids.hot[0])
        sample = wrk.one(self.service, self._path, seconds)
        self._expect_hits(self._ids.hot[:1])
        return sample

    def hot_many(self, wrk: load.Wrk, seconds: int) -> load.Sample:
        self.misses += client.request_each_once(self.service.port, self._ids.hot)
        sampled = self._ids.hot[:: max(1, len(self._ids.hot) // 50)]
        self._expect_hits(sampled)
        sample = wrk.walk(self.service, self._hot_walk(), seconds, repeats=True)
        self._expect_hits(sampled)
        return sample

    def near_one(self, wrk: load.Wrk, seconds: int) -> load.Sample:
        self.near.hit(self._ids.hot[0])
        return self._run_in(seconds, lambda length: wrk.one(self.near, self._path, length))

    def near_many(self, wrk: load.Wrk, seconds: int) -> load.Sample:
        self.misses += client.request_each_once(self.near.port, self._ids.hot)
        return self._run_in(seconds, lambda length: wrk.walk(self.near, self._hot_walk(), length, repeats=True))

    def zipf(self, wrk: load.Wrk, popularity: Popularity, seconds: int) -> load.Sample:
        self.redis.empty()
        for piece in backends.stored(popularity.drawn_ids, self._ids.padding):
            self.redis.put(piece)
        before = self.service.lookups()
        sample = wrk.mixed(self.service, popularity, seconds)
        after = self.service.lookups()
        self.misses += int(after.cold - before.cold)
        return replace(sample, hits=after.hits_since(before))

    def absent(self, wrk: load.Wrk, file: Path, seconds: int) -> load.Sample:
        client.request_each_once(self.service.port, self._ids.absent, status=404)
        before = self.service.lookups()
        sample = wrk.each(self.service, file, seconds).all_refused()
        return replace(sample, hits=self.service.lookups().hits_since(before))

    def cold(self, wrk: load.Wrk, seconds: int) -> load.Sample:
        self.redis.empty()
        sample = wrk.walk(self.service, self.cold_walk, seconds, repeats=False)
        self.misses += sample.requests - sample.status_errors
        return sample

    def rate(self, generator: rate.ConstantRate, requests: int, seconds: int) -> load.Sample:
        self.service.hit(self._ids.hot[0])
        sample = generator.one(self.service, self._path, requests, seconds)
        self._expect_hits(self._ids.hot[:1])
        return sample

    def start(self, wrk: load.Wrk, aot_cache: bool) -> load.Sample:
        """Another instance, from its start to the end of the first second of load."""
        self.service.hit(self._ids.hot[0])
        options = os.environ.get("JAVA_OPTS", "")
        # Only where there is a cache that the launcher would use: another JVM may not know the option.
        off = {} if aot_cache or not self.revision.aot_cache else {"JAVA_OPTS": f"{options} -XX:AOTMode=off"}
        instance = self._start("start", **off)
        try:
            instance.await_ready(self._ids.hot[0], 0.005)
            ready = time.monotonic() - instance.server.started
            return replace(wrk.one(instance, self._path, 1), ready=ready * 1000)
        finally:
            instance.server.stop()

    @property
    def _path(self) -> str:
        return client.path_of(self._ids.hot[0])

    def _hot_walk(self) -> Walk:
        return Walk(len(self._ids.hot), self._ids.digits)

    def _start(self, name: str, **settings: str) -> backends.Service:
        slot = f"bench_{self.revision.name}"  # each revision follows the changes into its own Redis
        command = self.revision.command
        return backends.Service(
            f"{name}-{self.revision.name}",
            command,
            self._postgres,
            self.redis,
            self._directory,
            CHANGE_FEED_SLOT=slot,
            **settings,
        )

    def _run_in(self, seconds: int, measure: Callable[[int], load.Sample]) -> load.Sample:
        """A sample of the near instance, once every event loop has kept what is asked for: after 20 seconds at most."""
        for _ in range(20):
            if self._with_redis_reads(1, measure).redis_reads < 0.01:
                break
        return self._with_redis_reads(seconds, measure)

    def _with_redis_reads(self, seconds: int, measure: Callable[[int], load.Sample]) -> load.Sample:
        before = self.near.metric("hotcold_hot_batch_size_sum")
        sample = measure(seconds)
        read = self.near.metric("hotcold_hot_batch_size_sum") - before
        return replace(sample, redis_reads=read / sample.requests)

    def _expect_hits(self, user_ids: List[str]) -> None:
        replies = [client.get(self.service.port, client.path_of(user_id)) for user_id in user_ids]
        self.samples_missed += sum(reply is None or not reply.is_hit() for reply in replies)
