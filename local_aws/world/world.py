"""Data that outlives the local AWS: objects with their versions, the catalog's tables, messages in queues, logs.

Flows in: calls that moto has answered. Flows out: files, written before the caller has its answer, so that nothing that
was acknowledged is lost by a kill. Infrastructure (buckets' settings, databases, queues, jobs, machines) is not kept:
whoever starts the local AWS deploys it again and then calls `restore`, which puts the data back into what is there.
Until a bucket, database or queue has its data back, nothing that is done to it is kept, so that a deploy cannot write
over what is to be restored; and nobody but a deploy may change it, so that no change is lost without a word.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from moto.backends import get_backend

from local_aws.wire.errors import AwsError
from local_aws.wire.keys import DEPLOYER_KEY, MACHINERY_KEY
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
_HOLDERS = {"objects": "bucket", "tables": "database", "messages": "queue"}
# Where the deployer keeps its records: they are about resources of one start of the local AWS.
_NOT_KEPT = "local-cloudformation-"

Holder = tuple[str, str]
"""The kind of data, and the name of the bucket, database or queue that holds it."""


class World:
    """`waiting`: what has data that is not back yet."""

    def __init__(self, *, folder: Path, account: str, region: str) -> None:
        self._files = WorldFiles(folder=folder)
        self._account = account
        self._region = region
        self._lock = threading.Lock()
        self.waiting: frozenset[Holder] = frozenset(
            (kind, name[0]) for kind in _HOLDERS for name, _ in self._files.kept(kind)
        )
        self._logs_are_back = False

    def keys_to_change(self, call: Incoming) -> tuple[str, ...]:
        """Keys that the S3 call is about; read before moto reads the body, which can be read once."""
        if call.service != "s3":
            return ()
        if call.operation == "DeleteObjects":
            return tuple(one["Key"] for one in call.parameters().get("Delete", {}).get("Objects", ()))
        return (call.uri_parameters["Key"],) if call.operation in _OBJECT_CALLS else ()

    def check(self, call: Incoming, keys: tuple[str, ...], parameters: dict[str, Any]) -> None:
        """Raises AwsError NotRestored for a change of what is there without its data, unless a deploy makes it."""
        if not self.waiting or call.credential.access_key in (DEPLOYER_KEY, MACHINERY_KEY):
            return
        for kind, name in sorted(self._concerned(call, keys, parameters) & self._restorable()):
            raise AwsError(
                "NotRestored",
                f"this world keeps {kind} of the {_HOLDERS[kind]} {name} that are not back yet, and a change now would "
                "be lost when they are; `lab deploy` puts them back, `lab down` and `lab up --fresh` delete them",
                status=409,
            )

    def changed(self, call: Incoming, keys: tuple[str, ...], parameters: dict[str, Any]) -> None:
        """Writes what a successful call changed."""
        with self._lock:
            for kind, name in self._concerned(call, keys, parameters) - self.waiting:
                match kind:
                    case "objects":
                        self._keep_objects(name, keys)
                    case "tables":
                        self._keep_whole("tables", name, lambda database: dict(database.tables))
                    case "messages":
                        self._keep_whole("messages", name, lambda queue: list(queue._messages))
            if call.service == "logs" and call.operation in _LOG_CALLS:
                self._keep_logs(parameters)

    def restore(self) -> dict[str, int]:
        """Puts data back into what is there and begins to keep changes of it; how many by kind (logs: streams).

        What is not there, because it was made by hand or its stack is not deployed, waits for a later call.
        """
        with self._lock:
            there = self._restorable()
            counts = {kind: self._put_back(kind, [name for one, name in there if one == kind]) for kind in _HOLDERS}
            self.waiting -= there
            counts["logs"] = 0 if self._logs_are_back else self._restore_logs()
            self._logs_are_back = True
            return counts

    def _restorable(self) -> frozenset[Holder]:
        return frozenset((kind, name) for kind, name in self.waiting if name in self._holders(kind))

    def _concerned(self, call: Incoming, keys: tuple[str, ...], parameters: dict[str, Any]) -> frozenset[Holder]:
        """What the call may change the data of."""
        names: Iterable[str] = ()
        kind = "objects"
        if keys:
            names = [call.uri_parameters["Bucket"]]
        elif call.operation in _QUEUE_CALLS:
            # Whichever queues subscribe to the topic; a message that was received long ago may be visible again, too.
            kind, names = "messages", self._holders("messages")
        elif call.operation == "DeleteQueue":
            kind, names = "messages", [name for (name,), _ in self._files.kept("messages")]
        elif call.service == "glue" and call.operation.startswith(_CATALOG_VERBS):
            kind, names = "tables", filter(None, [parameters.get("DatabaseName") or parameters.get("Name")])
        return frozenset((kind, name) for name in names if not name.startswith(_NOT_KEPT))

    def _put_back(self, kind: str, names: list[str]) -> int:
        """The number of versions, tables or messages."""
        if not names:
            return 0
        holders, count = self._holders(kind), 0
        for (name, *key), value in self._files.kept(kind):
            if name not in names:
                continue
            match kind:
                case "objects":
                    holders[name].keys.setlist(key[0], value)
                case "tables":
                    holders[name].tables.update(value)
                case "messages":
                    holders[name]._messages[:0] = value
            count += len(value)
        return count

    def _keep_objects(self, bucket: str, keys: Iterable[str]) -> None:
        for key in keys:
            versions = self._holders("objects")[bucket].keys.getlist(key, [])
            if versions:
                self._files.keep("objects", (bucket, key), versions)
            else:
                self._files.forget("objects", (bucket, key))

    def _keep_whole(self, kind: str, name: str, content: Callable[[Any], Any]) -> None:
        holder = self._holders(kind).get(name)
        if holder is not None:
            self._files.keep(kind, (name,), content(holder))
        else:
            self._files.forget(kind, (name,))

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

    def _holders(self, kind: str) -> dict[str, Any]:
        """moto's buckets, databases or queues, by name."""
        match kind:
            case "objects":
                return self._backend("s3", region="aws-cn" if self._region.startswith("cn-") else "aws").buckets
            case "tables":
                return self._backend("glue").databases
            case _:
                return self._backend("sqs").queues

    def _backend(self, service: str, *, region: str | None = None) -> Any:
        return get_backend(service)[self._account][region or self._region]  # type: ignore[call-overload]
