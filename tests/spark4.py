"""The environment of Glue 6.0 (Spark 4.1.1): where tests find it, and what they do without a Java for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from local_aws.services.glue.runtimes import VECTOR
from local_aws.services.java import java_home
from tests.checkout import SPARK4, python_of


def java_of_spark4() -> Path:
    """JAVA_HOME; skips on a machine without such a Java, fails in CI."""
    found = java_home(module=VECTOR)
    if found is None:
        lacking = f"no Java 17 or 21 with {VECTOR} here; Debian's openjdk-17-jre-headless has it"
        if os.environ.get("CI"):
            pytest.fail(lacking)
        pytest.skip(lacking)
    return found


def python_of_spark4() -> Path:
    """The interpreter; fails where `make test` has not made it."""
    return python_of(SPARK4, made_by="python3 tools/setup.py --tests")
