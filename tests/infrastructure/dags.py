"""The DAG file as Airflow's own interpreter loads it: of the project's pipeline, or of others that are given."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.checkout import AIRFLOW, ROOT, python_of


def read_dags(home: Path, pipelines: Path | None = None, *, root: Path = ROOT) -> list[dict[str, Any]]:
    """`dag`, `edges` and `starts` of the DAG of `root`, or of each of the pickled pipelines."""
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__PIPELINE__SLUG": "nf1-dev",
        "AIRFLOW__PIPELINE__PUBLISHER": "nf1-dev-publish_outcome-airflow",
    }
    script, dag = (root / path for path in ("tests/infrastructure/dag_edges.py", "dags/csv_to_parquet.py"))
    done = subprocess.run(
        [str(python_of(AIRFLOW)), str(script), str(dag), *([str(pipelines)] if pipelines else [])],
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])
