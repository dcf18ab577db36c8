"""`s3://` inside Spark, unchanged: buckets are staged as directories and mapped by Hadoop's viewfs.

In: a bucket and a client of the gateway. Out: a directory per run that holds the bucket's objects (hard links into one
mirror that is brought up to date by ETag), a Spark configuration that maps `s3://bucket/` to it, and, after the run,
what Spark wrote or deleted there, applied to the bucket. Staging happens when Spark starts: `spark-env.sh` asks the
gateway for it, so jobs without Spark pay nothing. Spark sees the objects as they were at its start.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_aws.services.java import WITHOUT_TRACE

# A job of seconds would spend half of them on optimising Java code that it runs once.
_JAVA = f"-XX:TieredStopAtLevel=1 -XX:+UseSerialGC {WITHOUT_TRACE}"
_CONF = """\
spark.master                     local[2]
spark.ui.enabled                 false
spark.driver.memory              1g
spark.driver.bindAddress         127.0.0.1
spark.driver.host                127.0.0.1
spark.sql.shuffle.partitions     4
spark.default.parallelism        2
spark.sql.session.timeZone       UTC
spark.sql.warehouse.dir          {warehouse}
spark.local.dir                  {local}
spark.hadoop.fs.s3.impl          org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme
spark.hadoop.fs.viewfs.overload.scheme.target.s3.impl org.apache.hadoop.fs.RawLocalFileSystem
spark.hadoop.fs.viewfs.mounttable.{bucket}.linkFallback file://{staged}
spark.hadoop.fs.viewfs.enable.inner.cache true
spark.driver.extraJavaOptions    -Djava.io.tmpdir={local} -Dderby.system.home={local} {java}
spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs true
"""

_STAGE_ON_START = """\
{python} -c 'import urllib.request; urllib.request.urlopen(urllib.request.Request("{url}", method="POST")).read()' \\
  || {{ echo "SparkNotStaged: the local AWS could not stage s3://{bucket}/ for Spark" >&2; exit 1; }}
"""


@dataclass(kw_only=True, eq=False)
class StagedBucket:
    """One run's view of one bucket."""

    s3: Any
    bucket: str
    mirror: Path
    view: Path
    lock: threading.Lock
    _staged: dict[str, tuple[int, int]] | None = field(init=False, default=None)

    def configure(self, conf: Path, *, stage_url: str) -> None:
        """Writes spark-defaults.conf and spark-env.sh into `conf`."""
        local = conf / "local"
        local.mkdir(parents=True, exist_ok=True)
        self.view.mkdir(parents=True, exist_ok=True)
        text = _CONF.format(
            bucket=self.bucket,
            staged=self.view.resolve(),
            local=local.resolve(),
            warehouse=(local / "w").resolve(),
            java=_JAVA,
        )
        (conf / "spark-defaults.conf").write_text(text)
        script = _STAGE_ON_START.format(python=shlex.quote(sys.executable), url=stage_url, bucket=self.bucket)
        (conf / "spark-env.sh").write_text(script)

    def stage(self) -> int:
        """Brings the mirror up to date and links the view; the number of objects."""
        with self.lock:
            listed = self._list()
            for key, etag in listed.items():
                self._mirrored(key, etag)
            self._staged = {}
            for key, etag in listed.items():
                file = self.view / key
                file.parent.mkdir(parents=True, exist_ok=True)
                file.unlink(missing_ok=True)
                os.link(self.mirror / etag, file)
                self._staged[key] = _identity(file)
            return len(listed)

    def apply(self) -> tuple[int, int]:
        """(uploaded, deleted) objects: what differs in the view from what was staged. Nothing without `stage`."""
        if self._staged is None:
            return 0, 0
        there: dict[str, tuple[int, int]] = {}
        for file in sorted(self.view.rglob("*")):
            if file.is_file() and not (file.name.startswith(".") and file.name.endswith(".crc")):
                there[file.relative_to(self.view).as_posix()] = _identity(file)
        written = [key for key, identity in there.items() if self._staged.get(key) != identity]
        for key in written:
            self.s3.upload_file(str(self.view / key), self.bucket, key)
        deleted = sorted(set(self._staged) - set(there))
        for key in deleted:
            self.s3.delete_object(Bucket=self.bucket, Key=key)
        return len(written), len(deleted)

    def discard(self) -> None:
        """Removes the view; the mirror stays for the next run."""
        shutil.rmtree(self.view, ignore_errors=True)

    def _list(self) -> dict[str, str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return {
            item["Key"]: item["ETag"].strip('"')
            for page in pages
            for item in page.get("Contents", [])
            if not item["Key"].endswith("/") and ".." not in item["Key"].split("/")
        }

    def _mirrored(self, key: str, etag: str) -> None:
        file = self.mirror / etag
        if not file.exists():
            self.mirror.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".partial")
            self.s3.download_file(self.bucket, key, str(partial))
            partial.rename(file)


def _identity(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_ino, status.st_mtime_ns
