"""The same local AWS as the behaviour suite, and the lanes that every fault is put to."""

from __future__ import annotations

import pytest

from pipeline.steps import LANES
from tests.local_pipeline import Stage, staged


@pytest.fixture(scope="session")
def stage(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return staged(pytestconfig, tmp_path_factory.mktemp("stage"))


@pytest.fixture(params=LANES)
def lane(request: pytest.FixtureRequest) -> str:
    return request.param
