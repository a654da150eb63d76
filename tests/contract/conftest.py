"""One side for every file of the suite; the sandbox is started once for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.sides import SIDES, Side, running_side


@pytest.fixture(scope="module", params=SIDES)
def side(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    """The sandbox, and Stripe's test mode where its key is given."""
    yield from running_side(request.param, tmp_path_factory.mktemp("sandbox"))
