"""Airflow's PostgreSQL: it runs for root too, below a private folder with a blank, and leaves no process."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from lab.processes import living
from local_aws.services.mwaa.metadata_database import DatabaseFailed, MetadataDatabase
from local_aws.services.processes import Processes
from tests.checkout import AIRFLOW

ASK = "import psycopg2, sys; print(psycopg2.connect(sys.argv[1]).server_version)"


def answer(url: str) -> subprocess.CompletedProcess[str]:
    address = url.replace("postgresql+psycopg2", "postgresql")
    return subprocess.run([AIRFLOW / "bin/python", "-c", ASK, address], capture_output=True, text=True, timeout=30)


def test_it_takes_connections_by_password_and_leaves_nothing(tmp_path: Path) -> None:
    private = tmp_path / "a private folder"
    private.mkdir(mode=0o700)
    database = MetadataDatabase(venv=AIRFLOW, folder=private / "postgres", processes=Processes())
    database.start()
    try:
        assert database.process is not None
        pid = database.process.pid
        assert pid in living(tmp_path), "`lab down` finds it"
        asked = answer(database.url)
        assert (asked.returncode, asked.stdout[:2]) == (0, "16"), asked.stderr
        strange = answer(database.url.replace("airflow:", "airflow:x"))
        assert "password authentication failed" in strange.stderr
    finally:
        database.stop()
    with pytest.raises(ProcessLookupError):
        os.killpg(pid, 0)
    assert not (private / "postgres/data").exists()


def test_missing_server_is_named_with_its_remedy(tmp_path: Path) -> None:
    database = MetadataDatabase(venv=tmp_path, folder=tmp_path / "postgres", processes=Processes())
    with pytest.raises(DatabaseFailed, match="make setup"):
        database.start()
    database.stop()
