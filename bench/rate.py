"""The load generator with a constant rate, ConstantRate.java, built anew for each run of the benchmark."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from backends import Target
from load import HERE, Sample, Usage, sample_of
from process import Failure, call
from tools import Tools

RUN_IN_SECONDS = 1  # in which its JVM compiles what it runs

# A small heap that is never collected, and the compiler that is done at once.
JVM_OPTIONS = ("-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class ConstantRate:
    """Requests at a constant rate, each measured from the moment it was due."""

    def __init__(self, tools: Tools, directory: Path, connections: int):
        self._classes = directory / "generator"
        self._java = tools["java"]
        self._connections = connections
        call([tools["javac"], "-d", str(self._classes), str(HERE / "ConstantRate.java")], 60)

    def one(self, target: Target, path: str, rate: int, seconds: int) -> Sample:
        """The same request over and over, so many times a second."""
        argv = [self._java, *JVM_OPTIONS, "-cp", str(self._classes), "ConstantRate"]
        argv += [str(target.port), path, str(rate), str(self._connections), str(RUN_IN_SECONDS), str(seconds)]
        before = Usage.before(target)
        figures = json.loads(call(argv, seconds + 30))
        after = Usage.after(target)
        if figures["answered"] == 0:
            raise Failure(f"{target.server.name} answered no request of {path}")
        used = after.since(before, figures["answered"])
        sample = sample_of(figures, figures["requests"], figures["duration"] / 1e6, used)
        return replace(
            sample,
            late_p99=figures["late_p99"] / 1e3,
            late_max=figures["late_max"] / 1e3,
            generator_cores=figures["cpu"] / 1e6 / (seconds + RUN_IN_SECONDS),
        )
