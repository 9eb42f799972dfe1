"""Processes the benchmark starts: each in a session of its own, each ended by the benchmark."""

from __future__ import annotations

import contextlib
import glob
import os
import pwd
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Callable, Dict, List, Optional

HAS_PROC = Path("/proc/self/stat").exists()


class Failure(Exception):
    """Something the benchmark cannot go on without; the text is for the person at the terminal."""


def free_port() -> int:
    """A TCP port of the loopback address that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def unprivileged_account() -> Optional[pwd.struct_passwd]:
    """Who PostgreSQL runs as when the benchmark runs as root, which PostgreSQL refuses; None: as whoever runs it."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Failure("PostgreSQL refuses to run as root, and there is neither an account postgres nor nobody")


def identity(account: Optional[pwd.struct_passwd]) -> Dict[str, object]:
    """Arguments for subprocess that start a program as the account; None: as whoever runs the benchmark."""
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def call(argv: List[str], seconds: float, account: Optional[pwd.struct_passwd] = None, **options) -> str:
    """Runs a program to its end and returns what it printed. Fails with Failure unless that is 0 within `seconds`."""
    name = Path(argv[0]).name
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
        **identity(account),
        **options,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Failure(f"{name} did not end within {seconds:.0f} s") from None
    finally:
        if process.poll() is None:
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode != 0:
        raise Failure(f"{name} ended with exit code {process.returncode}:\n{output.strip()[-2000:]}")
    return output


class Server:
    """A server process, the leader of its own session, with its output in a log file."""

    def __init__(
        self,
        name: str,
        argv: List[str],
        directory: Path,
        *,
        cwd: Optional[Path] = None,
        env: Optional[Dict[str, str]] = None,
        account: Optional[pwd.struct_passwd] = None,
    ):
        self.name = name
        self._stopped = False
        self._log = directory / f"{name}.log"
        self.started = time.monotonic()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=env,
                start_new_session=True,
                **identity(account),
            )

    def await_ready(self, ready: Callable[[], bool], seconds: float, pause: float = 0.05) -> None:
        """Polls until `ready`. Fails with Failure when the process ends first or `seconds` pass."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self._process.poll() is not None:
                raise Failure(f"{self.name} ended with exit code {self._process.returncode}:\n{self._log_end()}")
            if time.monotonic() > deadline:
                raise Failure(f"{self.name} was not ready within {seconds:.0f} s:\n{self._log_end()}")
            time.sleep(pause)

    def stop(self) -> None:
        """Asks the process to end, and kills what is left of its group then or after 10 s; once only."""
        if self._stopped:
            return
        self._stopped = True
        if self._process.poll() is None:
            self._process.send_signal(self._stop_signal())
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
        _signal_group(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def cpu_seconds(self) -> Optional[float]:
        """User and system time of all processes of the session so far; None where there is no /proc."""
        if not HAS_PROC:
            return None
        ticks = sum(int(fields[11]) + int(fields[12]) for _, fields in self._session())
        return ticks / os.sysconf("SC_CLK_TCK")

    def peak_rss_bytes(self) -> Optional[int]:
        """Sum of the largest resident sizes of the session's processes; None where there is no /proc."""
        return self._sum_of_bytes("VmHWM:")

    def rss_bytes(self) -> Optional[int]:
        """Sum of the resident sizes of the session's processes; None where there is no /proc."""
        return self._sum_of_bytes("VmRSS:")

    def _sum_of_bytes(self, label: str) -> Optional[int]:
        """What the status files of the session's processes give in kilobytes."""
        if not HAS_PROC:
            return None
        total = 0
        for directory, _ in self._session():
            try:
                status = (directory / "status").read_text()
            except OSError:  # the process ended meanwhile
                continue
            for line in status.splitlines():
                if line.startswith(label):
                    total += int(line.split()[1]) * 1024
        return total

    def _stop_signal(self) -> int:
        # PostgreSQL's "fast" shutdown is SIGINT; its SIGTERM waits for clients to leave.
        return signal.SIGINT if self.name == "postgres" else signal.SIGTERM

    def _session(self):
        """Each process of this session: its /proc directory and the fields of its stat file after the name."""
        for path in map(Path, glob.glob("/proc/[0-9]*/stat")):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:  # the process ended meanwhile
                continue
            if int(fields[3]) == self._process.pid:
                yield path.parent, fields

    def _log_end(self) -> str:
        return self._log.read_text(errors="replace").strip()[-2000:]


def _signal_group(leader: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # gone; macOS says the latter of zombies
        os.killpg(leader, number)
