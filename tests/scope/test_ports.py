"""A port for a server that is about to start is nobody else's meanwhile: many start at once, in many processes."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from payments.sandbox import embedded
from shop.scope.processes import free_port

MANY = 600
"""Of some 14,000 that a system gives away by chance: two of so many would be the same all but certainly."""


@pytest.mark.parametrize("ask", [free_port, embedded._free_port], ids=["verifier", "sandbox"])
def test_a_port_that_was_given_is_given_to_nobody_else_and_its_server_gets_it(ask: Callable[[], int]) -> None:
    given = [ask() for _time in range(MANY)]
    assert len(set(given)) == MANY
    with socket.create_server(("127.0.0.1", given[0])) as server:
        assert server.getsockname()[1] == given[0]


def test_nor_to_who_asks_for_any_port() -> None:
    given = {free_port() for _time in range(MANY)}
    theirs = set()
    for _time in range(MANY):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            theirs.add(other.getsockname()[1])
    assert not given & theirs
