"""A TCP proxy that keeps every byte of both directions in files, for evidence. Standard library alone.

It interprets nothing: what it keeps is what came over the wire. Its directory will hold whatever was sent, so it
belongs in a run whose numbers are made up, and is removed afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

_WINDOW = 64 << 10
_START_TIMEOUT_S = 10.0


class Recorder:
    """Listens on `listen` (port 0: any free one), passes everything on to `upstream` and back.

    A context manager that runs in a thread of its own. Connection number n leaves `n.request` and `n.response` in
    `directory`: each byte before it is passed on; what is still open when the block is left is cut off. Raises
    OSError when the port is taken. An upstream that refuses ends the client's connection.
    """

    def __init__(self, listen: tuple[str, int], upstream: tuple[str, int], directory: Path) -> None:
        self._listen, self._upstream, self._directory = listen, upstream, directory
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="recorder", daemon=True)
        self.port = listen[1]

    def __enter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        try:
            starting = asyncio.run_coroutine_threadsafe(self._start(), self._loop)
            self._server = starting.result(_START_TIMEOUT_S)
        except BaseException:
            self._end_loop()
            raise
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(_START_TIMEOUT_S)
        self._end_loop()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, *self._listen, backlog=1024)

    async def _stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._count += 1
        task = self._loop.create_task(self._carry(self._count, reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until both sides have said all they had to say."""
        stem = self._directory / f"{number:06}"
        with (
            stem.with_suffix(".request").open("wb") as request,
            stem.with_suffix(".response").open("wb") as response,
        ):
            ends = [writer]
            try:
                far_reader, far_writer = await asyncio.open_connection(*self._upstream)
                ends.append(far_writer)
                # A side that breaks off ends its own direction alone: the other may still have something to say,
                # and what is not recorded can't be searched.
                await asyncio.gather(
                    _pass_on(reader, far_writer, request),
                    _pass_on(far_reader, writer, response),
                    return_exceptions=True,
                )
            except OSError:
                pass  # nobody listens upstream; what was sent until then is kept
            finally:
                await _close(ends)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, record: BinaryIO) -> None:
    """Until `reader` ends; then only this direction is closed, for the other side may still be answering."""
    while data := await reader.read(_WINDOW):
        record.write(data)
        record.flush()  # a kept-alive connection may be looked at before it ends
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def _close(writers: list[asyncio.StreamWriter]) -> None:
    for writer in writers:
        writer.close()
    for writer in writers:
        with contextlib.suppress(OSError):
            await writer.wait_closed()
