"""Data that outlives the local AWS: objects with their versions, the catalog's tables, messages in queues, logs.

Flows in: calls that moto has answered. Flows out: files, written before the caller has its answer, so that nothing that
was acknowledged is lost by a kill. Infrastructure (buckets' settings, databases, queues, jobs, machines) is not kept:
whoever starts the local AWS deploys it again and then calls `restore`, which puts the data back into what is there.
Until then nothing is written, so that a deploy cannot write over what is to be restored.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from moto.backends import get_backend

from local_aws.wire.request import Incoming
from local_aws.world.files import WorldFiles

_OBJECT_CALLS = frozenset(
    {"PutObject", "PostObject", "CopyObject", "CompleteMultipartUpload", "DeleteObject", "PutObjectTagging"}
)
_QUEUE_CALLS = frozenset(
    {"SendMessage", "SendMessageBatch", "DeleteMessage", "DeleteMessageBatch", "PurgeQueue", "Publish", "PublishBatch"}
)
_LOG_CALLS = frozenset({"PutLogEvents", "DeleteLogStream", "DeleteLogGroup"})
_CATALOG_VERBS = ("Create", "Update", "Delete", "BatchCreate", "BatchUpdate", "BatchDelete")
KINDS = ("objects", "tables", "messages", "logs")
# Where the deployer keeps its records: they are about resources of one start of the local AWS.
_NOT_KEPT = "local-cloudformation-"


class World:
    """`restored` is set once data is back (at once where nothing is kept) and changes are written."""

    def __init__(self, *, folder: Path, account: str, region: str) -> None:
        self._files = WorldFiles(folder=folder)
        self._account = account
        self._region = region
        self._lock = threading.Lock()
        self.restored = not any(True for kind in KINDS for _ in self._files.kept(kind))

    def keys_to_change(self, call: Incoming) -> tuple[str, ...]:
        """Keys that the S3 call is about; read before moto reads the body, which can be read once."""
        if call.service != "s3":
            return ()
        if call.operation == "DeleteObjects":
            return tuple(one["Key"] for one in call.parameters().get("Delete", {}).get("Objects", ()))
        return (call.uri_parameters["Key"],) if call.operation in _OBJECT_CALLS else ()

    def changed(self, call: Incoming, keys: tuple[str, ...], parameters: dict[str, Any]) -> None:
        """Writes what a successful call changed."""
        if not self.restored:
            return
        with self._lock:
            if keys:
                self._keep_objects(call.uri_parameters["Bucket"], keys)
            elif call.operation in _QUEUE_CALLS:
                self._keep_messages()
            elif call.service == "logs" and call.operation in _LOG_CALLS:
                self._keep_logs(parameters)
            elif call.service == "glue" and call.operation.startswith(_CATALOG_VERBS):
                self._keep_tables(parameters)

    def restore(self) -> dict[str, int]:
        """Puts the data back and begins to write; how many by kind (logs: streams). A second call does nothing."""
        with self._lock:
            if self.restored:
                return dict.fromkeys(KINDS, 0)
            counts = {
                "objects": self._restore_objects(),
                "tables": self._restore_tables(),
                "messages": self._restore_messages(),
                "logs": self._restore_logs(),
            }
            self.restored = True
            return counts

    def _keep_objects(self, bucket: str, keys: Iterable[str]) -> None:
        if bucket.startswith(_NOT_KEPT):
            return
        store = self._buckets()[bucket].keys
        for key in keys:
            versions = store.getlist(key, [])
            if versions:
                self._files.keep("objects", (bucket, key), versions)
            else:
                self._files.forget("objects", (bucket, key))

    def _restore_objects(self) -> int:
        buckets, count = self._buckets(), 0
        for (bucket, key), versions in self._files.kept("objects"):
            if bucket in buckets:
                buckets[bucket].keys.setlist(key, versions)
                count += len(versions)
        return count

    def _keep_tables(self, parameters: dict[str, Any]) -> None:
        name = parameters.get("DatabaseName") or parameters.get("Name")
        database = self._backend("glue").databases.get(name)
        if database is not None:
            self._files.keep("tables", (database.name,), dict(database.tables))
        elif name:
            self._files.forget("tables", (name,))

    def _restore_tables(self) -> int:
        databases, count = self._backend("glue").databases, 0
        for (name,), tables in self._files.kept("tables"):
            if name in databases:
                databases[name].tables.update(tables)
                count += len(tables)
        return count

    def _keep_messages(self) -> None:
        for queue in self._backend("sqs").queues.values():
            self._files.keep("messages", (queue.name,), list(queue._messages))

    def _restore_messages(self) -> int:
        queues, count = self._backend("sqs").queues, 0
        for (name,), messages in self._files.kept("messages"):
            if name in queues:
                queues[name]._messages[:0] = messages
                count += len(messages)
        return count

    def _keep_logs(self, parameters: dict[str, Any]) -> None:
        group, stream = parameters["logGroupName"], parameters.get("logStreamName")
        there = self._backend("logs").groups.get(group)
        if stream and there and stream in there.streams:
            self._files.keep("logs", (group, stream), list(there.streams[stream].events))
            return
        for name, _ in list(self._files.kept("logs")):
            if name[0] == group and stream in (None, name[1]):
                self._files.forget("logs", name)

    def _restore_logs(self) -> int:
        logs, count = self._backend("logs"), 0
        for (group, stream), events in self._files.kept("logs"):
            if group not in logs.groups:
                logs.create_log_group(group, {})
            if stream not in logs.groups[group].streams:
                logs.create_log_stream(group, stream)
            logs.groups[group].streams[stream].events[:0] = events
            count += 1
        return count

    def _buckets(self) -> dict[str, Any]:
        return self._backend("s3", region="aws-cn" if self._region.startswith("cn-") else "aws").buckets

    def _backend(self, service: str, *, region: str | None = None) -> Any:
        return get_backend(service)[self._account][region or self._region]  # type: ignore[call-overload]
