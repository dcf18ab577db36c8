"""However a run ends (interrupted, out of sight, unmeasurable), it is stopped where it must be, and on record."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError, EndpointConnectionError

from lab import cli
from lab.console import Console
from lab.control import Control
from lab.experiment import Experiment, RunInterrupted, Scene
from lab.failures import is_absent, named
from lab.local_home import LocalHome
from lab.orchestrators.run_state import RunState, StepRun
from lab.records import RunRecord
from lab.run import compare, conclude
from pipeline.errors import ConfigInvalid, RowsNotConserved
from pipeline.steps import PIPELINE
from tests.unit.lab.fake_pipeline import FakeOrchestrator, FakeTime, Nothing, said

LOST = EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
RUNNING = RunState(status="running", steps=(StepRun(name="convert", status="running"),))
STOPPED = RunState(status="stopped", steps=(StepRun(name="convert", status="stopped"),))


def refused(code: str, operation: str = "GetWorkflowRun") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


class Stoppable(FakeOrchestrator):
    """Runs until it is stopped; `sight` is raised by the first look, `obeys` whether a stop ends it."""

    def __init__(self, *, sight: Exception | None = None, start: Exception | None = None, obeys: bool = True) -> None:
        super().__init__(looks=None, end=STOPPED, error=start)
        self.sight, self.obeys = sight, obeys

    def poll(self, run_id: str) -> RunState:
        if self.sight is not None and not self.stopped:
            raise self.sight
        return STOPPED if self.stopped and self.obeys else RUNNING


class Interrupting:
    """Progress that is interrupted at the first look, as by Ctrl-C."""

    def __call__(self, _lane: str, _state: RunState) -> None:
        raise KeyboardInterrupt


class Unmeasurable(Nothing):
    """A place where one kind of reading fails."""

    def __init__(self, *, error: Exception | type[KeyboardInterrupt], at: str) -> None:
        super().__init__((said("succeeded"),))
        self.error, self.at = error, at
        self.asked: list[str] = []

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what == self.at:
            raise self.error

    def rows(self, **_: Any) -> int:
        self._ask("warehouse")
        return 0

    def api_calls(self, **_: Any) -> dict[str, int]:
        self._ask("api_calls")
        return {}

    def get_job_runs(self, **_: Any) -> dict[str, Any]:
        self._ask("cost")
        return {"JobRuns": []}

    def wait_for(self, _run_id: str, *, seconds: float) -> Any:
        assert seconds > 0
        self._ask("notifications")
        return self.notifications


def scene_of(place: Nothing, **other: Any) -> Scene:
    fields: dict[str, Any] = {
        "on": "local",
        "bucket": "data",
        "datasets": ("planes",),
        "resources": lambda _lane: {step.name: step.name for step in PIPELINE.steps},
        "schema": lambda lane: lane,
        "rpu": 8,
        "mwaa_class": "mw1.small",
        **dict.fromkeys(("s3", "glue", "warehouse", "mailbox", "meter"), place),
    }
    return Scene(**{**fields, **other})


def run(
    orchestrator: FakeOrchestrator,
    *,
    place: Nothing | None = None,
    progress: Callable[[str, RunState], None] = lambda *_: None,
) -> RunRecord:
    experiment = Experiment(
        scene=scene_of(place or Nothing()),
        pipeline=PIPELINE,
        clock=FakeTime().clock(),
        poll_seconds=10.0,
        progress=progress,
    )
    return experiment.run(orchestrator, ())


def test_interrupted_run_is_stopped_and_on_record() -> None:
    going = Stoppable()
    with pytest.raises(RunInterrupted) as stop:
        run(going, progress=Interrupting(), place=Nothing((said("stopped"),)))
    record = stop.value.record
    assert going.stopped == ["run"]
    assert (record.status, record.run_id) == ("stopped", "run")
    assert record.error == "RunStopped: interrupted by the user; the run was stopped"
    assert [step.status for step in record.steps if step.name == "convert"] == ["stopped"]
    assert record.cost_usd is not None
    assert [one.status for one in record.notifications] == ["stopped"]


def test_run_that_does_not_obey_its_stop_is_not_called_stopped_for_good() -> None:
    with pytest.raises(RunInterrupted) as stop:
        run(Stoppable(obeys=False), progress=Interrupting())
    assert "was asked to stop and goes on" in (stop.value.record.error or "")


def test_interruption_while_measuring_keeps_the_record_and_no_success() -> None:
    ended = FakeOrchestrator(looks=1, end=RunState(status="succeeded"))
    with pytest.raises(RunInterrupted) as stop:
        run(ended, place=Unmeasurable(error=KeyboardInterrupt, at="warehouse"))
    record = stop.value.record
    assert (record.status, record.run_id, ended.stopped) == ("stopped", "run", [])
    assert "while the run was measured" in (record.error or "")


def test_run_out_of_sight_is_stopped_and_failed_by_name() -> None:
    hidden = Stoppable(sight=refused("AccessDeniedException"))
    found = run(hidden)
    assert (found.status, hidden.stopped) == ("failed", ["run"])
    assert "ClientError" in (found.error or "")
    assert "the run was stopped" in (found.error or "")


def test_lost_connection_fails_the_run_by_name_and_says_what_may_go_on() -> None:
    hidden = Stoppable(sight=LOST)
    found = run(hidden)
    assert (found.status, hidden.stopped) == ("failed", [])
    assert (found.error or "").startswith("ConnectionLost: ")
    assert "may still be going on" in (found.error or "")


def test_orchestrator_that_is_not_deployed_is_configuration() -> None:
    with pytest.raises(ConfigInvalid, match="glue is not deployed"):
        run(Stoppable(start=refused("EntityNotFoundException", "StartWorkflowRun")))


@pytest.mark.parametrize("at", ["warehouse", "api_calls", "cost", "notifications"])
def test_failed_measurement_fails_the_run_by_name(at: str) -> None:
    place = Unmeasurable(error=RowsNotConserved("flights"), at=at)
    found = run(FakeOrchestrator(looks=1, end=RunState(status="succeeded")), place=place)
    assert (found.status, found.run_id) == ("failed", "run")
    assert (found.error or "").startswith("MeasurementFailed: ")
    assert "RowsNotConserved: flights" in (found.error or "")


def test_failed_measurement_does_not_hide_why_the_run_failed() -> None:
    place = Unmeasurable(error=ValueError("odd"), at="warehouse")
    found = run(FakeOrchestrator(looks=1, end=RunState(status="timed_out", error="Boom")), place=place)
    assert (found.status, found.error) == ("timed_out", "Boom; MeasurementFailed: warehouse: ValueError: odd")


def test_nothing_more_is_asked_once_the_connection_is_lost() -> None:
    place = Unmeasurable(error=LOST, at="notifications")
    found = run(FakeOrchestrator(looks=1, end=RunState(status="succeeded")), place=place)
    assert place.asked == ["notifications"]
    assert (found.status, found.api_calls, found.cost_usd) == ("failed", None, None)


class Bucket(Nothing):
    """Takes every file."""

    def head_object(self, **_: Any) -> dict[str, Any]:
        raise refused("404", "HeadObject")

    def upload_file(self, *_: Any, **__: Any) -> None:
        return


class Deaf(Control):
    """A local AWS that goes away after some rules were set."""

    def __init__(self, *, answers: int) -> None:
        super().__init__(endpoint="http://127.0.0.1:9")
        self.answers = answers

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        self.answers -= 1
        return None if self.answers >= 0 else super()._call(method, path, body)


def compared(tmp_path: Path, lanes: dict[str, FakeOrchestrator], **target: Any) -> Any:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/planes.csv").write_text("a\n1\n")
    bucket = Bucket((said("stopped"),))
    fake = SimpleNamespace(
        **{
            "on": "local",
            "control": None,
            "settings": SimpleNamespace(datasets=["planes"]),
            "scene": lambda _clock: scene_of(bucket),
            "orchestrator": lanes.__getitem__,
            **target,
        }
    )
    return compare(
        fake,  # type: ignore[arg-type]
        lanes=tuple(lanes),
        input_folder=tmp_path / "in",
        rules=[],
        console=Console(out=StringIO(), err=StringIO()),
        home=LocalHome(root=tmp_path),
        clock=FakeTime().clock(),
    )


class InterruptedAtOnce(Stoppable):
    """The user presses Ctrl-C while it is looked at."""

    def poll(self, run_id: str) -> RunState:
        if not self.stopped:
            raise KeyboardInterrupt
        return super().poll(run_id)


def test_interrupted_command_writes_its_runs_and_begins_no_other(tmp_path: Path) -> None:
    never = Stoppable()
    done = compared(tmp_path, {"glue": InterruptedAtOnce(), "airflow": never})
    home = LocalHome(root=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        conclude(done, json_file=tmp_path / "j.json", console=Console(out=StringIO(), err=StringIO()), home=home)
    for path in (home.runs, tmp_path / "j.json"):
        assert [run["status"] for run in json.loads(path.read_text())["runs"]] == ["stopped"]
    assert never.stopped == []


def test_local_aws_that_goes_away_between_runs_costs_no_record(tmp_path: Path) -> None:
    done = compared(
        tmp_path,
        {"glue": FakeOrchestrator(looks=1, end=RunState(status="failed", error="Boom")), "airflow": Stoppable()},
        control=Deaf(answers=1),
    )
    first, second = done.runs
    assert first.error == "Boom"
    assert (second.error or "").startswith("LocalAwsUnreachable: ")
    code = conclude(
        done, json_file=None, console=Console(out=StringIO(), err=StringIO()), home=LocalHome(root=tmp_path)
    )
    assert code == 1


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (refused("AWS.SimpleQueueService.NonExistentQueue", "GetQueueUrl"), ConfigInvalid),
        (refused("AccessDenied", "GetQueueUrl"), ClientError),
        (LOST, EndpointConnectionError),
    ],
)
def test_only_what_is_not_there_is_called_not_deployed(
    tmp_path: Path, refusal: Exception, kind: type[Exception]
) -> None:
    def absent(_clock: Any) -> Scene:
        raise refusal

    with pytest.raises(kind):
        compared(tmp_path, {"glue": Stoppable()}, scene=absent)


def test_upload_into_a_bucket_that_is_not_there_is_not_deployed() -> None:
    wrapped = S3UploadFailedError("Failed to upload")
    wrapped.__context__ = refused("NoSuchBucket", "PutObject")  # as boto3 leaves it
    assert is_absent(wrapped)
    assert not is_absent(S3UploadFailedError("disk"))


def test_any_service_failure_ends_the_command_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for failure, text in [
        (refused("ThrottlingException"), "ClientError: "),
        (LOST, "ConnectionLost: "),
        (S3UploadFailedError("no"), "S3UploadFailedError: no"),
    ]:
        assert named(failure).startswith(text)

        def failing(*_: Any, failure: Exception = failure) -> int:
            raise failure

        monkeypatch.setattr("lab.status.command", failing)
        assert cli.main(["status"]) == 1
