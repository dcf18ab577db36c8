"""boto3 clients of the gateway, on behalf of a role: engines and their subprocesses meet AWS the way real ones do.

In: the gateway's endpoint and a key. Out: cached clients and the environment for a subprocess. Every call goes over the
wire, so it is recorded and fault rules apply.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, cast

import boto3
from botocore.config import Config

from local_aws.wire.keys import MACHINERY_KEY, Keys


@dataclass(kw_only=True, eq=False)
class Clients:
    """`endpoint` is set once the server listens."""

    keys: Keys
    region: str
    account: str
    endpoint: str = field(init=False, default="")
    _cached: dict[tuple[str, str], Any] = field(init=False, default_factory=dict)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def machinery(self, service: str) -> Any:
        """The emulator's own client; its calls are not recorded."""
        return self.with_key(service, MACHINERY_KEY)

    def for_role(self, service: str, role: str, *, run_id: str | None = None) -> Any:
        """A client with a fresh key of the role."""
        return self.with_key(service, self.keys.mint(role, run_id=run_id))

    def with_key(self, service: str, access_key: str) -> Any:
        """A client that signs with the key; cached."""
        with self._lock:
            if (service, access_key) not in self._cached:
                self._cached[(service, access_key)] = boto3.Session().client(
                    cast(Any, service),
                    endpoint_url=self.endpoint,
                    region_name=self.region,
                    aws_access_key_id=access_key,
                    aws_secret_access_key="not-a-secret",  # noqa: S106 - signatures are not checked
                    config=Config(
                        retries={"mode": "standard"},
                        inject_host_prefix=False,
                        s3={"addressing_style": "path"},
                        max_pool_connections=20,
                    ),
                )
            return self._cached[(service, access_key)]

    def environment(self, access_key: str) -> dict[str, str]:
        """What a subprocess needs to reach the gateway as the key's holder."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": "not-a-secret",
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }
