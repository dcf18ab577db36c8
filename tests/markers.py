"""Which marks a test gets: `fast`, `spark`, `airflow` and `slow`, to choose by (`pytest -m fast`, `-m "not airflow"`).

A mark follows from where a test lies and what it is given, and is not written at each test. That a `fast` test starts
no process is held by conftest.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

WAITING = ("behaviour", "faults")  # for servers, jobs and runs
SPARK = (
    "tests/bad_inputs/test_spark_traces.py",
    "tests/behaviour/test_aggregate_report.py",
    "tests/behaviour/test_glue_6.py",
    "tests/faults/test_spark_attempts.py",
    "tests/unit/lake/convert/test_spark_engine.py",
)
AIRFLOW = (
    "tests/behaviour/local_aws/test_gateway_mwaa.py",
    "tests/behaviour/local_aws/test_mwaa_killed.py",
    "tests/behaviour/local_aws/test_mwaa_race.py",
    "tests/infrastructure/test_one_graph.py",
    "tests/unit/dags/test_csv_to_parquet.py",
)
PROCESSES = (  # what they test is a command, a compiler, a server or what git tracks
    "tests/architecture/test_bans.py",
    "tests/unit/benchmarks/",
    "tests/unit/config/test_loading.py::test_the_settings_load_without_the_cdk",
    "tests/unit/dags/",
    "tests/unit/local_aws/test_naming.py::test_a_java",
    "tests/unit/local_aws/mwaa/test_metadata_database.py",
    "tests/unit/strict_csv/test_alone.py",
    "tests/unit/test_markers.py",
    "tests/unit/test_time_limits.py",
    "tests/unit/tools/",
)


def marks_of(node: str, *, fixtures: Collection[str], values: Collection[str]) -> Iterator[str]:
    """`node` is pytest's name of a test; `fixtures` it is given, and the `values` of its parameters."""
    file, layer = node.split("::")[0], node.split("/")[1]
    spark = file in SPARK or "spark" in values or "stage" in fixtures
    airflow = file in AIRFLOW or ("stage" in fixtures and ("airflow" in values or "lane" not in fixtures))
    if spark:
        yield "spark"
    if airflow:
        yield "airflow"
    if layer in WAITING:
        yield "slow"
    if layer in ("unit", "architecture") and not (spark or airflow or node.startswith(PROCESSES)):
        yield "fast"
