"""The behaviour suite's one local AWS, and the lanes that every behaviour is asked of."""

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
