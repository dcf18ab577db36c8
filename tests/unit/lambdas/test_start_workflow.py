"""A batch of events starts one workflow run; while one goes on, every event is kept for the next."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.start_workflow.handler import Starter, StartSettings


class FakeGlue:
    """One run at a time; `refusal` is another error."""

    def __init__(self, *, refusal: str = "") -> None:
        self.started: list[str] = []
        self.running = False
        self.refusal = refusal

    def start_workflow_run(self, *, Name: str) -> dict[str, str]:
        if self.running or self.refusal:
            code = self.refusal or "ConcurrentRunsExceededException"
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "StartWorkflowRun")
        self.running = True
        self.started.append(Name)
        return {"RunId": f"wr_{len(self.started)}"}


def starter(glue: Any) -> Starter:
    return Starter(settings=StartSettings(workflow="w"), glue=glue)


def test_a_batch_is_one_run_and_nothing_is_kept() -> None:
    glue = FakeGlue()
    assert starter(glue).start([f"m{number}" for number in range(100)]) == ()
    assert glue.started == ["w"]


def test_an_event_during_a_run_is_kept_until_a_run_began_after_it() -> None:
    glue = FakeGlue()
    assert starter(glue).start(["first"]) == ()
    assert starter(glue).start(["second", "third"]) == ("second", "third")
    glue.running = False
    assert starter(glue).start(["second", "third"]) == ()
    assert glue.started == ["w", "w"]


def test_any_other_refusal_is_an_error_and_keeps_all_messages() -> None:
    with pytest.raises(ClientError, match="AccessDeniedException"):
        starter(FakeGlue(refusal="AccessDeniedException")).start(["m"])
