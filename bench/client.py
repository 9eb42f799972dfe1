"""The benchmark's own requests: outside every measurement, for filling the cache and for checks."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Dict, Iterable, List, NamedTuple, Optional

from process import Failure

FILL_CONNECTIONS = 32


class Reply(NamedTuple):
    status: int
    headers: Dict[str, str]
    body: bytes

    def is_hit(self) -> bool:
        """Whether the cache answered, as the body says."""
        return self.status == 200 and json.loads(self.body).get("cache_hit") is True


def path_of(user_id: str) -> str:
    return f"/v1/users?user_id={user_id}"


def get(port: int, path: str) -> Optional[Reply]:
    """One request to the loopback address; None when there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return Reply(response.status, dict(response.getheaders()), response.read())
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def request_each_once(port: int, user_ids: Iterable[str], status: int = 200) -> int:
    """Requests every id, 32 at a time, and returns how many were misses. Fails with Failure at another status."""
    misses = 0
    waiting = list(user_ids)
    connections: List[socket.socket] = []
    try:
        for _ in range(min(FILL_CONNECTIONS, len(waiting))):
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connections.append(connection)
        for start in range(0, len(waiting), FILL_CONNECTIONS):
            batch = list(zip(connections, waiting[start : start + FILL_CONNECTIONS]))
            for connection, user_id in batch:
                connection.sendall(f"GET {path_of(user_id)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            for connection, user_id in batch:
                body = _body(connection, user_id, status)
                misses += json.loads(body).get("cache_hit") is not True
    except OSError as error:
        raise Failure(f"filling the cache: {error}") from error
    finally:
        for connection in connections:
            connection.close()
    return misses


def _body(connection: socket.socket, user_id: str, status: int) -> bytes:
    """Reads one response of that status and with a Content-Length, whole."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    if head.split(b" ", 2)[1] != str(status).encode():
        raise Failure(f"{user_id} was answered with: {head.splitlines()[0].decode()}")
    lengths = [line for line in head.lower().splitlines() if line.startswith(b"content-length:")]
    if not lengths:
        raise Failure(f"{user_id} was answered without Content-Length")
    length = int(lengths[0].partition(b":")[2])
    while len(body) < length:
        body += _some(connection)
    return body


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise Failure("the service closed the connection in the middle of a response")
    return data
