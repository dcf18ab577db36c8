"""A fixture `local_aws` for pytest: `pytest_plugins = ["local_aws.pytest_fixture"]` in a conftest.py.

In: a test that asks for `local_aws`. Out: one started local AWS for the session, with clients of it; it ends, and
leaves nothing, with the session.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import boto3
import pytest
from botocore.config import Config

from local_aws.composition import REGION, LocalAws, started


@dataclass(frozen=True, kw_only=True)
class Running:
    """A local AWS that listens at `endpoint`. SDK retries are off, so that an error is seen at once."""

    local: LocalAws

    @property
    def endpoint(self) -> str:
        return self.local.endpoint

    def client(self, service: str) -> Any:
        """A boto3 client, as the operator."""
        return boto3.client(
            cast(Any, service),
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="anybody",
            aws_secret_access_key="anything",  # noqa: S106 - signatures are not checked
            config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False),
        )


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for the session."""
    with started(state=tmp_path_factory.mktemp("local_aws")) as local:
        yield Running(local=local)
