"""Crawlers: definitions, their one running crawl, and how the last one ended.

In: crawler operations, and starts by triggers. Out: states READY, RUNNING, STOPPING and a LastCrawl that says
SUCCEEDED, CANCELLED or FAILED; listeners hear of every end before the event bus does. Schedules are kept, not fired.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws.clocks.clock import Clocks
from local_aws.services.bus import Bus
from local_aws.services.clients import Clients
from local_aws.services.engine import Caller, Resources, serves
from local_aws.services.faults import Fault, Faults
from local_aws.services.glue.crawl import CrawlCancelled, crawl
from local_aws.wire.errors import AwsError, ReplyLost

_LOG_GROUP = "/aws-glue/crawlers"
_SHOWN = (
    "Name", "Role", "DatabaseName", "Description", "Targets", "Classifiers", "TablePrefix", "SchemaChangePolicy",
    "RecrawlPolicy", "LineageConfiguration", "LakeFormationConfiguration", "Configuration",
    "CrawlerSecurityConfiguration",
)  # fmt: skip


@dataclass
class Crawl:
    """One run of a crawler; `state` as in a workflow's graph: RUNNING, CANCELLING, CANCELLED, SUCCEEDED, FAILED."""

    crawler: str
    id: str
    started_on: datetime
    state: str = "RUNNING"
    completed_on: datetime | None = None
    error: str | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)


@dataclass
class Crawler:
    """A definition and its crawls, newest last."""

    definition: dict[str, Any]
    created: datetime
    updated: datetime
    version: int = 1
    crawls: list[Crawl] = field(default_factory=list)

    @property
    def running(self) -> Crawl | None:
        """The crawl that has not ended, if any."""
        return self.crawls[-1] if self.crawls and self.crawls[-1].completed_on is None else None


@dataclass(kw_only=True, eq=False)
class Crawlers:
    """Crawls run in threads of this process and read S3 through the gateway."""

    service = "glue"

    clients: Clients
    bus: Bus
    faults: Faults
    now: Callable[[], datetime]
    clocks: Clocks
    _crawlers: Resources[Crawler] = field(
        init=False,
        default_factory=lambda: Resources("EntityNotFoundException", "Crawler entry with name {} does not exist"),
    )
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)
    on_end: list[Callable[[Crawl], None]] = field(init=False, default_factory=list)

    def names(self) -> list[str]:
        """Names of all crawlers."""
        with self._lock:
            return sorted(self._crawlers)

    @serves("CreateCrawler")
    def create(self, parameters: dict[str, Any], _caller: Caller) -> None:
        _check_definition(parameters)
        with self._lock:
            if parameters["Name"] in self._crawlers:
                raise AwsError("AlreadyExistsException", f"Crawler {parameters['Name']} already exists")
            now = self.now()
            self._crawlers[parameters["Name"]] = Crawler(definition=dict(parameters), created=now, updated=now)

    @serves("UpdateCrawler")
    def update(self, parameters: dict[str, Any], _caller: Caller) -> None:
        _check_definition(parameters)
        with self._lock:
            crawler = self._crawlers[parameters["Name"]]
            if crawler.running:
                raise AwsError("CrawlerRunningException", f"Crawler {parameters['Name']} is running")
            crawler.definition.update(parameters)
            crawler.updated = self.now()
            crawler.version += 1

    @serves("DeleteCrawler")
    def delete(self, parameters: dict[str, Any], _caller: Caller) -> None:
        with self._lock:
            if self._crawlers[parameters["Name"]].running:
                raise AwsError("CrawlerRunningException", f"Crawler {parameters['Name']} is running")
            del self._crawlers[parameters["Name"]]

    @serves("GetCrawler")
    def get(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            return {"Crawler": _described(self._crawlers[parameters["Name"]])}

    @serves("ListCrawls")
    def list_crawls(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            crawler = self._crawlers[parameters["CrawlerName"]]
            return {"Crawls": [_crawl_history(one) for one in reversed(crawler.crawls)]}

    @serves("StartCrawler")
    def start_operation(self, parameters: dict[str, Any], caller: Caller) -> None:
        fault = self.faults.strike(parameters["Name"], caller.role)
        self.start(parameters["Name"], fault=fault)
        if fault and fault.kind == "response_lost":
            raise ReplyLost

    def start_for(self, name: str, role: str) -> Crawl:
        """A trigger's start: the same faults, no reply to lose.

        Glue starts its own triggers' crawlers and is not denied that (assumption); what is denied is the crawler's
        role, so the crawl begins and ends FAILED.
        """
        return self.start(name, fault=self.faults.strike(name, role), is_asked_by_glue=True)

    def start(self, name: str, *, fault: Fault | None, is_asked_by_glue: bool = False) -> Crawl:
        """Raises EntityNotFoundException, CrawlerRunningException or what the fault refuses with."""
        with self._lock:
            crawler = self._crawlers[name]
            if fault and not (is_asked_by_glue and fault.kind == "denied"):
                fault.refuse(action="glue:StartCrawler", resource=name)
            if crawler.running:
                raise AwsError("CrawlerRunningException", f"Crawler with name {name} has already started")
            started = Crawl(crawler=name, id=str(uuid.uuid4()), started_on=self.now())
            crawler.crawls.append(started)
        if fault and fault.kind == "times_out":  # a crawl that hangs is no work
            threading.Thread(target=self._hang, args=(started,), name=f"crawl {name}", daemon=True).start()
        else:
            self.clocks.start_work(lambda: self._run(crawler, started, fault), name=f"crawl {name}")
        return started

    @serves("StopCrawler")
    def stop(self, parameters: dict[str, Any], _caller: Caller) -> None:
        with self._lock:
            running = self._crawlers[parameters["Name"]].running
            if running is None:
                raise AwsError("CrawlerNotRunningException", f"Crawler {parameters['Name']} is not running")
            if running.state == "CANCELLING":
                raise AwsError("CrawlerStoppingException", f"Crawler {parameters['Name']} is stopping")
            running.state = "CANCELLING"
            running.cancelled.set()

    def _hang(self, started: Crawl) -> None:
        started.cancelled.wait()
        with self.clocks.working():
            self._finish(started, "CANCELLED", None)

    def _run(self, crawler: Crawler, started: Crawl, fault: Fault | None) -> None:
        state, error = "SUCCEEDED", None
        try:
            if fault and fault.kind in ("fails", "killed", "denied"):
                state, error = ("CANCELLED" if fault.kind == "killed" else "FAILED"), fault.message
            else:
                self._crawl(crawler, started)
        except CrawlCancelled:
            state = "CANCELLED"
        except Exception as failed:  # any reason at all fails the crawl, with its message
            state, error = "FAILED", f"{type(failed).__name__}: {failed}"
        self._finish(started, state, error)

    def _crawl(self, crawler: Crawler, started: Crawl) -> None:
        def check_cancelled() -> None:
            if started.cancelled.is_set():
                raise CrawlCancelled

        check_cancelled()
        crawl(
            s3=self.clients.machinery("s3"),
            glue=self.clients.machinery("glue"),
            definition=crawler.definition,
            crawler=started.crawler,
            check_cancelled=check_cancelled,
        )

    def _finish(self, ended: Crawl, state: str, error: str | None) -> None:
        with self._lock:
            ended.state, ended.error, ended.completed_on = state, error, self.now()
        for listener in self.on_end:
            listener(ended)
        # EventBridge knows Started, Succeeded and Failed; a cancelled crawl is reported as Failed (assumption).
        detail = {
            "accountId": self.clients.account,
            "crawlerName": ended.crawler,
            "state": "Succeeded" if state == "SUCCEEDED" else "Failed",
            "completionDate": ended.completed_on.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "message": error or f"Crawler {ended.crawler} {state.lower()}",
            "cloudWatchLogLink": "",
            "errorMessage": error or "",
        }
        self.bus.publish(
            source="aws.glue",
            detail_type="Glue Crawler State Change",
            resources=[],
            detail=detail,
            region=self.clients.region,
        )


def _check_definition(definition: dict[str, Any]) -> None:
    if definition.get("Classifiers"):
        raise AwsError("NotImplementedLocally", "only the built-in classifiers are served by the local AWS")


def _described(crawler: Crawler) -> dict[str, Any]:
    kept = {name: crawler.definition[name] for name in _SHOWN if name in crawler.definition}
    running = crawler.running
    described = {
        "Classifiers": [],
        **kept,
        "State": "READY" if running is None else "STOPPING" if running.state == "CANCELLING" else "RUNNING",
        "CrawlElapsedTime": 0,
        "CreationTime": crawler.created,
        "LastUpdated": crawler.updated,
        "Version": crawler.version,
    }
    ended = [one for one in crawler.crawls if one.completed_on is not None]
    if ended:
        described["LastCrawl"] = {
            "Status": ended[-1].state,
            "ErrorMessage": ended[-1].error,
            "LogGroup": _LOG_GROUP,
            "LogStream": ended[-1].crawler,
            "MessagePrefix": ended[-1].id,
            "StartTime": ended[-1].started_on,
        }
    return described


def _crawl_history(one: Crawl) -> dict[str, Any]:
    # The history's states are not the graph's: COMPLETED and STOPPED instead of SUCCEEDED and CANCELLED.
    states = {"SUCCEEDED": "COMPLETED", "CANCELLED": "STOPPED", "CANCELLING": "RUNNING"}
    return {
        "CrawlId": one.id,
        "State": states.get(one.state, one.state),
        "StartTime": one.started_on,
        "EndTime": one.completed_on,
        "ErrorMessage": one.error,
        "LogGroup": _LOG_GROUP,
        "LogStream": one.crawler,
        "MessagePrefix": one.id,
    }
