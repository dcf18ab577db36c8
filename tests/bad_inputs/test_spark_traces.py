"""What the local Spark leaves outside the checkout: nothing."""

from __future__ import annotations

from pathlib import Path

from lake.convert.local_spark import local_session


def test_java_writes_no_performance_file() -> None:
    """It would go to /tmp whatever TMPDIR is, and a Java that is killed leaves it there."""
    machine = local_session().sparkContext._jvm
    assert machine is not None
    java = machine.java.lang.ProcessHandle.current().pid()
    assert Path(f"/proc/{java}").exists()
    assert list(Path("/tmp").glob(f"hsperfdata_*/{java}")) == []
