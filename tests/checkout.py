"""The checkout under test, and the environments that its setup made: the one place where tests know where they lie.

Each environment may lie elsewhere: a variable of the environment says where.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = Path(sys.executable).parent  # of the environment that runs the tests
AIRFLOW = Path(os.environ.get("NF1_AIRFLOW_ENVIRONMENT", ROOT / ".venv-airflow"))
SPARK4 = Path(os.environ.get("NF1_SPARK4_ENVIRONMENT", ROOT / ".venv-spark4"))
CDK = ROOT / "node_modules" / ".bin" / "cdk"


def python_of(environment: Path, *, made_by: str = "make setup") -> Path:
    """Its interpreter; a test fails, and does not skip, where it was not made."""
    python = environment / "bin" / "python"
    assert python.exists(), f"{environment} is missing, run `{made_by}`"
    return python
