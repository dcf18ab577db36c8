"""Access keys and whom they stand for.

In: a role to mint a key for. Out: the caller behind an access key; an unknown key is the operator "lab". Keys are
names, not secrets: nothing here verifies a signature.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass

OPERATOR = "lab"
# The emulator's own traffic (staging, uploads on a job's behalf): it would not exist on AWS, so it is not recorded.
MACHINERY = "local_aws"
MACHINERY_KEY = "LKIAMACHINERY000"
# The operator's too, but told apart: a deploy may change what still waits for its data.
DEPLOYER_KEY = "lab-deploy"


@dataclass(frozen=True, kw_only=True)
class Holder:
    """The role behind a key and, for a job run or a function, the run that was given it.

    `by_schedule`: its calls are nobody's activity, or a server with a schedule would never be idle.
    """

    role: str
    run_id: str | None = None
    by_schedule: bool = False


class Keys:
    """A registry that only grows; it ends with the server."""

    def __init__(self) -> None:
        self._holders = {MACHINERY_KEY: Holder(role=MACHINERY)}
        self._lock = threading.Lock()

    def mint(self, role: str, *, run_id: str | None = None, by_schedule: bool = False) -> str:
        """A new access key id for the role's ARN."""
        key = "LKIA" + secrets.token_hex(8).upper()
        self.bind(key, Holder(role=role, run_id=run_id, by_schedule=by_schedule))
        return key

    def bind(self, access_key: str, holder: Holder) -> None:
        """Lets a key that another service handed out (STS) stand for a role."""
        with self._lock:
            self._holders[access_key] = holder

    def holder(self, access_key: str) -> Holder:
        """The operator for a key that nobody minted."""
        return self._holders.get(access_key, Holder(role=OPERATOR))
