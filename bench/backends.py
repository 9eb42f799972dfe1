"""The servers of a benchmark, all on the loopback address: Redis, PostgreSQL with its table, the service, nginx."""

from __future__ import annotations

import json
import os
import re
import socket
import time
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Protocol

# Long: one short class for each server, and nothing else.
import client
from ids import Ids
from process import Failure, Server, call, free_port, unprivileged_account
from tools import Tools

ROLE = "bench"

# A benchmark of reads: what makes commits durable costs only loading time, and autovacuum would only add noise.
POSTGRES_OPTIONS = {
    "shared_buffers": "256MB",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "4GB",
    "wal_level": "logical",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}


class Target(Protocol):
    """A server that a load is put on."""

    server: Server
    port: int

    def allocated_bytes(self) -> Optional[float]:
        """Bytes of its heap that it has taken so far; None: it has no heap, or does not tell."""


class Redis:
    """A redis-server that keeps nothing on disk."""

    def __init__(self, tools: Tools, directory: Path):
        self.port = free_port()
        argv = [tools["redis-server"], "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(directory)]
        argv += ["--save", "", "--appendonly", "no", "--protected-mode", "no"]
        self.server = Server("redis-server", argv, directory, cwd=directory)

    def await_ready(self) -> None:
        self.server.await_ready(lambda: self._answers(b"PING", b"+PONG"), 10)

    def empty(self) -> None:
        """Removes all users. Not FLUSHALL: the change feed would find its own key gone, and empty Redis once more."""
        script = (
            "local cursor = '0' "
            "repeat "
            "local page = redis.call('SCAN', cursor, 'MATCH', '*user:*', 'COUNT', 4000) "
            "cursor = page[1] "
            "if #page[2] > 0 then redis.call('DEL', unpack(page[2])) end "
            "until cursor == '0'"
        )
        if not self._answers(f'EVAL "{script}" 0'.encode(), b"$-1"):
            raise Failure("Redis did not remove the users")

    def remove(self, key: str) -> None:
        if not self._answers(f"DEL {key}".encode(), b":"):
            raise Failure(f"Redis did not remove {key}")

    def put(self, values: Dict[str, str]) -> None:
        """Stores many values."""
        commands = bytearray()
        for key, value in values.items():
            words = [b"SET", key.encode(), value.encode()]
            commands += b"*3\r\n" + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(commands)
            expected = len(values) * len(b"+OK\r\n")
            while expected > 0:
                received = len(connection.recv(1 << 20))
                if received == 0:
                    raise Failure("Redis closed the connection while it was filled")
                expected -= received

    def _answers(self, command: bytes, expected: bytes) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
                connection.sendall(command + b"\r\n")
                return connection.recv(64).startswith(expected)
        except OSError:
            return False


class Postgres:
    """A cluster of its own; of postgres or nobody when the benchmark runs as root."""

    def __init__(self, tools: Tools, directory: Path):
        self.port = free_port()
        self._tools = tools
        account = unprivileged_account()
        data = directory / "postgres"
        data.mkdir(mode=0o700)
        if account is not None:
            os.chown(data, account.pw_uid, account.pw_gid)
        initdb = [tools["initdb"], "-D", str(data), "-U", ROLE, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        call(initdb, 60, account, cwd=directory)
        argv = [tools["postgres"], "-D", str(data), "-p", str(self.port)]
        for name, value in POSTGRES_OPTIONS.items():
            argv += ["-c", f"{name}={value}"]
        self.server = Server("postgres", argv, directory, cwd=directory, account=account)

    @property
    def url(self) -> str:
        return f"postgres://{ROLE}@127.0.0.1:{self.port}/postgres?sslmode=disable"

    def await_ready(self) -> None:
        self.server.await_ready(self._accepts, 30)

    def load_users(self, migration: Path, ids: Ids) -> None:
        """The users u…1 to u…rows in the table of the migration, vacuumed and in shared buffers."""
        self._psql("-f", str(migration))
        self._psql(
            "-c",
            "INSERT INTO users SELECT user_id, 'https://app.example.com/offers/' || user_id || '/w',"
            f" 'Welcome back! Take 25 percent off until Sunday, code ' || user_id || '.' || repeat('x', {ids.padding})"
            f" FROM (SELECT 'u' || lpad(n::text, {ids.digits}, '0') AS user_id FROM generate_series(1, {ids.rows}) n) ids",
        )
        self._psql("-c", "VACUUM (ANALYZE) users", "-c", "CHECKPOINT")
        self._warm()

    def update_all(self) -> None:
        """Changes every user in one transaction."""
        self._psql("-c", "UPDATE users SET promo_message = promo_message || '.'")

    def rows_fetched(self) -> int:
        """How many rows indexes of the table have led to so far, as far as sessions have reported."""
        return int(self._psql("-c", "SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'users'") or 0)

    def await_rows_fetched(self, wanted: int) -> int:
        """Waits until `rows_fetched` is at least `wanted`, at most 10 s, and returns it."""
        deadline = time.monotonic() + 10
        fetched = self.rows_fetched()
        while fetched < wanted and time.monotonic() < deadline:
            time.sleep(0.1)
            fetched = self.rows_fetched()
        return fetched

    def _warm(self) -> None:
        # From the contrib modules, which some packagings leave out; the first round is then a little slower.
        if self._psql("-c", "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_prewarm'"):
            self._psql("-c", "CREATE EXTENSION pg_prewarm")
            self._psql("-c", "SELECT pg_prewarm('users'), pg_prewarm('users_pkey')")

    def _psql(self, *arguments: str) -> str:
        psql = [self._tools["psql"], self.url, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        return call(psql + list(arguments), 600).strip()

    def _accepts(self) -> bool:
        try:
            call([self._tools["pg_isready"], "-q", "-t", "1", "-d", self.url], 5)
            return True
        except Failure:
            return False


def stored(user_ids: Iterable[str], padding: int) -> Iterator[Dict[str, str]]:
    """What the service caches for users of the table, in pieces."""
    piece: Dict[str, str] = {}
    for user_id in user_ids:
        piece[f"user:{user_id}"] = json.dumps(
            {
                "user_id": user_id,
                "deeplink": f"https://app.example.com/offers/{user_id}/w",
                "promo_message": f"Welcome back! Take 25 percent off until Sunday, code {user_id}.{'x' * padding}",
            },
            separators=(",", ":"),
        )
        if len(piece) == 10_000:
            yield piece
            piece = {}
    if piece:
        yield piece


class Lookups(NamedTuple):
    """How many lookups the service has answered, by what it had to ask."""

    total: float
    cold: float  # PostgreSQL

    def hits_since(self, earlier: Lookups) -> float:
        """The share of the lookups since then that PostgreSQL had no part in."""
        return 1 - (self.cold - earlier.cold) / max(1.0, self.total - earlier.total)


class Service:
    """The service under test, on the given Redis and PostgreSQL."""

    def __init__(
        self, name: str, command: List[str], postgres: Postgres, redis: Redis, directory: Path, **settings: str
    ):
        self.port = free_port()
        self.management_port = free_port()
        environment = dict(
            os.environ,
            PORT=str(self.port),
            MANAGEMENT_PORT=str(self.management_port),
            DATABASE_URL=postgres.url,
            REDIS_ADDR=f"127.0.0.1:{redis.port}",
            **settings,
        )
        self.server = Server(name, command, directory, env=environment)

    def await_ready(self, user_id: str, pause: float = 0.05) -> None:
        """Asks for the user, with pauses of so many seconds, until it is found."""
        self.server.await_ready(lambda: self._answers(user_id), 60, pause)

    def metric(self, name: str) -> float:
        """One line of the service's metrics; 0 when there is no such line."""
        return self._metrics().get(name, 0.0)

    def lookups(self) -> Lookups:
        counts = {
            name: value for name, value in self._metrics().items() if name.startswith("hotcold_lookups_seconds_count{")
        }
        return Lookups(sum(counts.values()), sum(counts[name] for name in counts if 'layer="cold"' in name))

    def allocated_bytes(self) -> Optional[float]:
        """What collections have counted, and what was taken since the last one; None: a collector without an Eden."""
        metrics = self._metrics()
        counted = metrics.get("jvm_gc_memory_allocated_bytes_total")
        eden = [
            value for name, value in metrics.items() if name.startswith("jvm_memory_used_bytes{") and "Eden" in name
        ]
        return None if counted is None or not eden else counted + sum(eden)

    def hit(self, user_id: str) -> client.Reply:
        """The reply for an id that is cached, which it is after it was asked for."""
        for _ in range(20):
            reply = client.get(self.port, client.path_of(user_id))
            if reply is not None and reply.is_hit():
                return reply
            time.sleep(0.05)
        raise Failure(f"{user_id} is not answered from the cache, however often it is asked for; last: {reply}")

    def _metrics(self) -> Dict[str, float]:
        """The value of each line of the service's metrics; none when it does not answer."""
        reply = client.get(self.management_port, "/metrics")
        lines = (reply.body.decode() if reply else "").splitlines()
        figures = [line.rpartition(" ") for line in lines if not line.startswith("#")]
        return {name: float(value) for name, _, value in figures}

    def _answers(self, user_id: str) -> bool:
        reply = client.get(self.port, client.path_of(user_id))
        return reply is not None and reply.status == 200


class Nginx:
    """nginx answering every request with one reply of the service, from memory."""

    # What nginx adds itself.
    _OWN_HEADERS = frozenset(("connection", "content-length", "content-type", "date", "keep-alive", "server"))

    def __init__(self, tools: Tools, directory: Path, reply: client.Reply, cores: int):
        self.port = free_port()
        self._reply = reply
        prefix = directory / "nginx"
        prefix.mkdir()
        configuration = prefix / "nginx.conf"
        configuration.write_text(self._configuration(cores))
        self.server = Server("nginx", [tools["nginx"], "-p", str(prefix), "-c", str(configuration)], directory)

    def allocated_bytes(self) -> Optional[float]:
        return None

    def await_ready(self) -> None:
        self.server.await_ready(lambda: client.get(self.port, "/") is not None, 10)
        mine = client.get(self.port, "/")
        if mine is None or (mine.status, mine.body) != (self._reply.status, self._reply.body):
            raise Failure(f"nginx does not return the reply of the service: {mine}")

    def _configuration(self, cores: int) -> str:
        headers = {name.lower(): value for name, value in self._reply.headers.items()}
        added = [
            f"add_header {_quoted(name)} {_quoted(value)};"
            for name, value in self._reply.headers.items()
            if name.lower() not in self._OWN_HEADERS
        ]
        # One listening socket per worker spreads the connections evenly; only Linux does so.
        reuseport = " reuseport" if os.uname().sysname == "Linux" else ""
        return f"""
daemon off;
worker_processes {cores};
pid nginx.pid;
error_log stderr;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  server_tokens off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  default_type {_quoted(headers.get("content-type", "application/json"))};
  server {{
    listen 127.0.0.1:{self.port} backlog=4096{reuseport};
    {" ".join(added)}
    location / {{ return {self._reply.status} {_quoted(self._reply.body.decode())}; }}
  }}
}}
"""


def _quoted(text: str) -> str:
    """A string of nginx's configuration language, which has no way to write a dollar sign."""
    if "$" in text:
        raise Failure(f"cannot be written in nginx.conf because of the dollar sign: {text}")
    return "'" + re.sub(r"(['\\])", r"\\\1", text) + "'"
