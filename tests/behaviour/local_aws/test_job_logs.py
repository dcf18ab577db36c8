"""What a job wrote is in CloudWatch Logs when the run has ended, under Glue's names."""

from __future__ import annotations

from lab.logs import logs_of
from lab.measure.job_runs import JOBS, JobRuns, logged_runs
from tests.behaviour.local_aws.conftest import Gateway

SCRIPT = "import sys\nprint('to output')\nprint('to error', file=sys.stderr)\nraise KeyError('gone')\n"


def test_a_failed_run_s_log_is_there_with_its_end(gateway: Gateway) -> None:
    run = gateway.run_job(gateway.job("convert", SCRIPT))
    assert (run["JobRunState"], run["LogGroupName"]) == ("FAILED", "/aws-glue/jobs")

    def lines(group: str) -> list[str]:
        stream = f"{run['Id']}-driver"
        logs = gateway.client("logs")
        found = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)
        return [event["message"] for event in found["events"]]

    output = lines("/aws-glue/jobs/output")
    assert output[:2] == ["to output", "to error"]
    assert output[-1] == "KeyError: 'gone'", "the traceback is the script's own standard error"
    assert lines("/aws-glue/jobs/error") == [run["ErrorMessage"]]


def test_the_lab_finds_the_log_by_the_run_s_id(gateway: Gateway) -> None:
    job = gateway.job("convert", "print('mine')\n")
    gateway.run_job(job, run_id="another")
    run = gateway.run_job(job, run_id="lab-1")
    jobs = dict.fromkeys(JOBS, gateway.job("verify", "")) | {"convert": job}
    runs = logged_runs("lab-1", JobRuns(glue=gateway.client("glue"), jobs=jobs))
    found = list(logs_of(runs, logs=gateway.client("logs")))
    assert [(one.job_run, one.group, one.lines) for one in found] == [
        (run["Id"], "/aws-glue/jobs/output", ["mine"]),
        (run["Id"], "/aws-glue/jobs/error", None),
    ]
