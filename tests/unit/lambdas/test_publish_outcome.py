"""The publisher: never silent, one message per outcome id, at most one repeated where a publisher died."""

from __future__ import annotations

import json

import pytest

from lambdas.publish_outcome.claims import HELD
from lambdas.publish_outcome.ended import Ended
from lambdas.publish_outcome.requests import Notice
from pipeline.errors import NotificationFailed, OutcomeBeingPublished
from pipeline.job_log import JobLog
from pipeline.layout import claim_key, claims_prefix, evidence_key, outcomes_prefix
from pipeline.outcome import BODY_LIMIT, FAILED, SUCCEEDED, Outcome
from pipeline.steps import LANES
from tests.unit.lambdas.outcome_store import FakeStore, Killed, log_of


def ended(run_id: str = "run-1", *, start: str = "0", status: str = SUCCEEDED, lane: str = "glue") -> Ended:
    outcome = Outcome(pipeline="csv_to_parquet", lane=lane, run_id=run_id, status=status)
    return Ended(lane=lane, run_id=run_id, start=start, status=status, read=lambda: outcome)


def test_an_end_is_published_once_with_its_id() -> None:
    store = FakeStore()
    assert [store.publisher("glue").publish(ended()) for _ in range(3)] == [True, False, False]
    [message] = store.messages
    assert message["outcome_id"] == ended().outcome_id
    [claim] = store.claims()
    assert (claim["run_id"], claim["sent_at"]) == ("run-1", store.now().isoformat())


@pytest.mark.parametrize("other", [ended("run-2"), ended(start="1"), ended(status=FAILED), ended(lane="airflow")])
def test_another_run_start_status_or_lane_is_another_end(other: Ended) -> None:
    assert other.outcome_id != ended().outcome_id
    store = FakeStore()
    assert store.publisher("glue").publish(ended())
    assert store.publisher("glue").publish(other)
    assert len({message["outcome_id"] for message in store.messages}) == 2


def test_an_unsent_message_gives_its_claim_back_and_is_sent_by_the_next_call() -> None:
    store = FakeStore(publishing_fails=1)
    with pytest.raises(NotificationFailed, match="run-1 succeeded"):
        store.publisher("glue").publish(ended())
    assert store.publisher("glue").publish(ended()), "at once, nobody has to wait for a claim that was given back"
    assert len(store.messages) == 1


def test_a_claim_of_a_publisher_that_died_is_taken_again_when_it_must_be_dead() -> None:
    store = FakeStore(dies_before_sending=1)
    with pytest.raises(Killed):
        store.publisher("glue").publish(ended())
    store.later(HELD.total_seconds() - 1)
    with pytest.raises(OutcomeBeingPublished, match="run-1"):
        store.publisher("glue").publish(ended())
    assert store.messages == []
    store.later(1)
    assert store.publisher("glue").publish(ended())
    assert [message["outcome_id"] for message in store.messages] == [ended().outcome_id]


def test_a_publisher_that_dies_after_sending_costs_one_repeated_message_of_the_same_id() -> None:
    store = FakeStore(dies_after_sending=1)
    with pytest.raises(Killed):
        store.publisher("glue").publish(ended())
    store.later(HELD.total_seconds())
    assert [store.publisher("glue").publish(ended()) for _ in range(3)] == [True, False, False]
    assert [message["outcome_id"] for message in store.messages] == [ended().outcome_id] * 2


def test_two_publishers_at_once_send_one_message() -> None:
    """The second looks while the first is between its claim and its message."""
    store = FakeStore()
    second: list[BaseException] = []

    class Interrupted(FakeStore):
        def publish(self, **message: str) -> None:
            with pytest.raises(OutcomeBeingPublished) as held:
                self.publisher("glue").publish(ended())
            second.append(held.value)
            super().publish(**message)

    store = Interrupted()
    assert store.publisher("glue").publish(ended())
    assert (len(second), len(store.messages)) == (1, 1)


def test_a_dead_publishers_claim_goes_to_one_of_two_that_ask_together() -> None:
    store = FakeStore(dies_before_sending=1)
    with pytest.raises(Killed):
        store.publisher("glue").publish(ended())
    store.later(HELD.total_seconds())

    class Raced(FakeStore):
        raced = False

        def put_object(self, **write: str) -> dict[str, str]:  # type: ignore[override]
            if not self.raced:
                self.raced = True
                assert self.publisher("glue").publish(ended()), "the other one, just before our write"
            return super().put_object(**write)  # type: ignore[arg-type]

    raced = Raced()
    raced.objects, raced.time = store.objects, store.time
    with pytest.raises(OutcomeBeingPublished):
        raced.publisher("glue").publish(ended())
    assert len(raced.messages) == 1


def test_one_end_that_cannot_be_told_keeps_no_other_from_being_told() -> None:
    store = FakeStore(publishing_fails=1)
    with pytest.raises(NotificationFailed, match="run-1"):
        store.publisher("glue").publish_all([ended("run-1"), ended("run-2")])
    assert [message["run_id"] for message in store.messages] == ["run-2"]


def test_a_message_carries_what_the_run_found_and_no_more_than_sns_takes() -> None:
    store = FakeStore()
    refusals = [{"dataset": "d", "key": f"landing/d/{n}.csv", "version": "v", "reason": "x" * 9000} for n in range(100)]
    found = {
        "run_id": "run-1",
        "rows": {"read": 3},
        "files": {"refused": 100},
        "rejected": refusals,
        "totals": {"d": 1},
    }
    store.objects[evidence_key("glue", "run-1")] = json.dumps(found).encode()
    store.publisher("glue").publish(ended())
    [message] = store.messages
    assert (message["rows"], message["files"], message["totals"]) == ({"read": 3}, {"refused": 100}, {"d": 1})
    assert 0 < len(message["rejected"]) < 100
    assert len(message["rejected"]) + message["rejected_left_off"] == 100
    assert len(json.dumps(message)) < BODY_LIMIT + 200


def test_a_run_that_failed_before_it_found_anything_is_told_without() -> None:
    store = FakeStore()
    store.publisher("glue").publish(ended(status=FAILED))
    assert not {"rows", "rejected"} & set(store.messages[0])


def test_a_message_names_the_failed_job_runs_log_for_people_and_for_programs() -> None:
    log = JobLog(job_run="jr_1", groups=("/aws-glue/jobs/output", "/aws-glue/jobs/error"))
    outcome = Outcome(pipeline="p", lane="glue", run_id="run-1", status=FAILED, failed_step="convert", log=log)
    store = FakeStore()
    store.publisher("glue").publish(Ended(lane="glue", run_id="run-1", start="0", status=FAILED, read=lambda: outcome))
    [message] = store.messages
    assert log_of(message) == {
        "log": log.line,
        "job_run": "jr_1",
        "log_groups": ["/aws-glue/jobs/output", "/aws-glue/jobs/error"],
        "log_stream": "jr_1-driver",
    }
    assert "\n" not in message["log"]


def test_a_run_without_a_failed_job_run_names_no_log() -> None:
    store = FakeStore()
    store.publisher("glue").publish(ended())
    store.publisher("glue").publish(ended(status=FAILED))
    assert [log_of(message) for message in store.messages] == [{}, {}]


def test_claims_and_evidence_share_no_prefix() -> None:
    for lane in LANES:
        assert not claims_prefix(lane).startswith(outcomes_prefix(lane))
        assert claim_key(lane, "x").startswith(claims_prefix(lane))
        assert evidence_key(lane, "x").startswith(outcomes_prefix(lane))


def test_a_steps_notice_is_the_end_that_others_find() -> None:
    event = {"notify": {"run_id": "run-1", "start": 0, "status": "succeeded"}}
    notice = Notice.of(event)
    assert notice
    assert notice.ended("glue").outcome_id == ended().outcome_id
    assert Notice.of({"detail-type": "Scheduled Event"}) is None


def test_a_state_machines_failure_names_its_step() -> None:
    failure = {"Error": "JobFailed", "Cause": "convert: States.TaskFailed NothingLanded: flights"}
    notice = Notice.of({"notify": {"run_id": "r", "start": 1, "status": "failed", "failure": failure}})
    assert notice
    assert (notice.failed_step, notice.start) == ("convert", "1")
    assert notice.error == "JobFailed: convert: States.TaskFailed NothingLanded: flights"
    assert notice.log is None, "a cause without a job run has no log"
