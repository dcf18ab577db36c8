"""The pipeline as an Airflow DAG: one task per step, plus the message of a run that failed.

Flows in: the steps of `pipeline.steps` and MWAA's configuration options `pipeline.*` (Airflow reads
them as `AIRFLOW__PIPELINE__*`). Flows out: crawls, job runs, and a call of the
lane's publisher, which sends the one message per run (and finds by itself the runs that could not call it).
Parsing calls no AWS and discovers nothing. Where data lies and what a job does is not known here.

The operators are Amazon's own, deferrable. What is added, and why:
- a deferral's timeout: Airflow 3.2.1 does not apply `execution_timeout` while a task is deferred,
  and `GlueCrawlerOperator` passes no bound of its own;
- named failures, and no retry where a retry can't help (access denied, out of time);
- a crawl counts only if it began after this attempt did: the operator's waiter takes any crawl;
- an attempt that Airflow itself lost after its job run had succeeded is repeated without a second job run: a trigger
  that fires while the first worker still ends gets the attempt failed (apache/airflow 66374, 67287, 71580, 72716).
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerOperator
from airflow.providers.amazon.aws.operators.lambda_function import LambdaInvokeFunctionOperator
from airflow.sdk import DAG, BaseOperator
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowFailException, TaskDeferralTimeout
from botocore.exceptions import ClientError

from pipeline.errors import (
    ConfigInvalid,
    CrawlFailed,
    CrawlTimedOut,
    JobFailed,
    JobTimedOut,
    PipelineError,
    TooMuchRejected,
)
from pipeline.glue_message import run_error
from pipeline.job_log import JobLog
from pipeline.names import Names
from pipeline.outcome import FAILED, SUCCEEDED, Outcome
from pipeline.steps import PIPELINE, Kind, Pipeline, Step

LANE = "airflow"
DENIED = ("AccessDeniedException", "AccessDenied", "UnauthorizedException", "UnrecognizedClientException")
# Glue stops a job at its own timeout; the task waits a little longer so that it can read the outcome.
GRACE_SECONDS = 60


def setting(option: str) -> str:
    """A value of MWAA's configuration option `pipeline.<option>`; raises ConfigInvalid if absent."""
    value = conf.get("pipeline", option, fallback=None)
    if not value:
        raise ConfigInvalid(
            f"Airflow's configuration option pipeline.{option} is missing; set it on the environment "
            f"(the Airflow lab's stack does) or as AIRFLOW__PIPELINE__{option.upper()}"
        )
    return value


class NamedFailures:
    """Mixed into an operator: bounds its deferral and gives its failures the pipeline's names."""

    failed: type[PipelineError]
    timed_out: type[PipelineError]
    deferral_seconds: int
    task_id: str

    def execute(self, context: Any) -> Any:
        try:
            return super().execute(context)  # type: ignore[misc]
        except ClientError as error:
            if error.response["Error"]["Code"] in DENIED:
                raise AirflowFailException(str(self.failed(f"step {self.task_id}: {error}"))) from error
            raise

    def defer(self, **deferral: Any) -> None:
        deferral["timeout"] = timedelta(seconds=self.deferral_seconds)
        super().defer(**deferral)  # type: ignore[misc]

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        try:
            return super().resume_execution(next_method, next_kwargs, context)  # type: ignore[misc]
        except TaskDeferralTimeout as error:
            named = self.timed_out(f"step {self.task_id} did not end within {self.deferral_seconds} seconds")
            raise AirflowFailException(str(named)) from error

    def execute_complete(self, context: Any, event: dict[str, Any] | None = None) -> Any:
        if (event or {}).get("status") != "success":
            raise self.failed(f"step {self.task_id}: {(event or {}).get('message', 'no outcome was reported')}")
        return super().execute_complete(context, event)  # type: ignore[misc]


class Crawl(NamedFailures, GlueCrawlerOperator):
    """A crawl that began in this attempt and ended SUCCEEDED; a busy crawler is waited for, then tried again."""

    failed = CrawlFailed
    timed_out = CrawlTimedOut

    def __init__(self, *, deferral_seconds: int, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.deferral_seconds = deferral_seconds

    def execute(self, context: Any) -> Any:
        # Kept with the deferral: a resumed task's own start_date is that of its resumption. Glue's clock
        # may cut off what is below a second.
        self.began = datetime.now(UTC).replace(microsecond=0)
        return super().execute(context)

    def defer(self, **deferral: Any) -> None:
        super().defer(kwargs={"began": self.began.isoformat()}, **deferral)

    def execute_complete(self, context: Any, event: dict[str, Any] | None = None, began: str = "") -> str:
        name = super().execute_complete(context, event)
        last = self.hook.get_crawler(name).get("LastCrawl", {})
        if last.get("Status") != "SUCCEEDED" or last["StartTime"] < datetime.fromisoformat(began):
            raise CrawlFailed(
                f"step {self.task_id}: crawler {name} is ready, but its last crawl ({last.get('Status', 'none')}, "
                f"began {last.get('StartTime', 'never')}) is not a success of this attempt, begun {began}"
            )
        return name


class RepeatedJob(GlueJobOperator):
    """Starts no second job run where an earlier attempt's succeeded; the stock operator takes up a running one."""

    FIRST_TRY_ARG = "--airflow_first_try"

    def execute(self, context: Any) -> Any:
        ti = context["ti"]
        # Clearing a task asks for its work again, and gives it as many retries anew.
        first_try = str(max(1, ti.max_tries - self.retries + 1))
        self.script_args = {**self.script_args, self.FIRST_TRY_ARG: first_try}
        run = self._succeeded_run(context, first_try) if ti.try_number > int(first_try) else None
        if run is None:
            return super().execute(context)
        self.log.warning(
            "AttemptLost: Airflow ended an earlier attempt of step %s although its job run %s succeeded; "
            "its outcome is taken and no second run is started (apache/airflow 71580)",
            self.task_id,
            run,
        )
        ti.xcom_push(key="glue_job_run_id", value=run)
        return run

    def _succeeded_run(self, context: Any, first_try: str) -> str | None:
        """The task's latest job run, if it succeeded and was started since the task was last cleared."""
        latest = self._find_job_run_id_by_task_uuid(self._get_task_uuid(context))
        if latest is None or latest[1] != "SUCCEEDED":
            return None
        found = self.hook.conn.get_job_run(JobName=self.job_name, RunId=latest[0])["JobRun"]
        return latest[0] if found.get("Arguments", {}).get(self.FIRST_TRY_ARG) == first_try else None


class JobOperator(NamedFailures, RepeatedJob):
    """A job run that ended SUCCEEDED, of this attempt or of one that Airflow lost."""

    failed = JobFailed
    timed_out = JobTimedOut

    def __init__(self, *, deferral_seconds: int, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.deferral_seconds = deferral_seconds

    def execute_complete(self, context: Any, event: dict[str, Any] | None = None) -> Any:
        try:
            return super().execute_complete(context, event)
        except JobFailed as failure:
            reason = (job_error(job_run(context["ti"], self.task_id)) if "ti" in context else None) or str(failure)
            if TooMuchRejected.__name__ in reason:  # what is refused stays so, however often it is asked
                raise AirflowFailException(f"step {self.task_id}: {reason}") from failure
            raise


def succeeded(run_id: str) -> Outcome:
    """What `notify` says."""
    return Outcome(pipeline=PIPELINE.name, lane=LANE, run_id=run_id, status=SUCCEEDED)


def failure(ti: Any, run_id: str) -> Outcome:
    """What `notify_failure` says: the first step that failed and, if a job, its error line and its log."""
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[run_id]).get(run_id, {})
    step = next((step.name for step in PIPELINE.steps if states.get(step.name) == "failed"), None)
    run = job_run(ti, step)
    return Outcome(
        pipeline=PIPELINE.name,
        lane=LANE,
        run_id=run_id,
        status=FAILED,
        failed_step=step,
        error=job_error(run),
        log=JobLog.of_failure(run),
    )


def job_run(ti: Any, step: str | None) -> dict[str, Any]:
    """The job run behind `step` as Glue describes it; empty for a crawl, or where no run was started."""
    run = ti.xcom_pull(task_ids=step, key="glue_job_run_id") if step else None
    if not run:
        return {}
    operator = ti.task.dag.get_task(step)
    return operator.hook.conn.get_job_run(JobName=operator.job_name, RunId=run)["JobRun"]


def job_error(run: dict[str, Any]) -> str | None:
    """The error line of a job run; None where there is none."""
    if run.get("JobRunState") == "SUCCEEDED":
        return f"AttemptLost: job run {run['Id']} succeeded, but Airflow ended every attempt that waited for it"
    return run_error(run)


def notice(outcome: Outcome, dag_run: Any) -> str:
    """The call of the publisher, JSON; a cleared run begins anew, and its end is another one."""
    call = {
        "run_id": outcome.run_id,
        "start": dag_run.start_date.isoformat(),
        "status": outcome.status,
        "failed_step": outcome.failed_step,
        "error": outcome.error,
        "log": asdict(outcome.log) if outcome.log else None,
    }
    return json.dumps({"notify": call})


def task_of(step: Step, *, names: Names, publisher: str) -> BaseOperator:
    """The task that carries out `step`; its id is the step's name."""
    poll_seconds = conf.getint("pipeline", "poll_seconds", fallback=step.poll_seconds)
    shared: dict[str, Any] = {
        "task_id": step.name,
        "aws_conn_id": None,  # boto3's own chain: no look-up of a connection per hook
        "retries": step.retry.attempts,
        "retry_delay": timedelta(seconds=step.retry.interval_seconds),
        "retry_exponential_backoff": step.retry.backoff,
        "max_retry_delay": timedelta(seconds=step.retry.max_interval_seconds),
    }
    deferral_seconds = step.timeout_seconds + GRACE_SECONDS
    if step.kind is Kind.CRAWL:
        return Crawl(
            config={"Name": names.resource(step, LANE)},
            deferrable=True,
            fail_on_already_running=False,
            poll_interval=poll_seconds,
            deferral_seconds=deferral_seconds,
            execution_timeout=timedelta(seconds=300),
            **shared,
        )
    if step.kind is Kind.JOB:
        return JobOperator(
            job_name=names.resource(step, LANE),
            script_args={"--lane": LANE, "--run_id": "{{ run_id }}"},
            deferrable=True,
            resume_glue_job_on_retry=True,
            waiter_delay=poll_seconds,
            # The deferral's timeout is the bound; this must only never be shorter, at any delay from 1 s.
            waiter_max_attempts=deferral_seconds,
            deferral_seconds=deferral_seconds,
            execution_timeout=timedelta(seconds=300),
            **shared,
        )
    return LambdaInvokeFunctionOperator(
        function_name=publisher,
        payload="{{ notice(succeeded(run_id), dag_run) }}",
        execution_timeout=timedelta(seconds=step.timeout_seconds),
        **shared,
    )


def dag_of(pipeline: Pipeline, *, publisher: str, names: Names) -> DAG:
    """The pipeline, and the message of a run that failed."""
    with DAG(
        dag_id=pipeline.name,
        description="CSV in landing to Parquet, catalog, aggregates and warehouse",
        schedule=None,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,  # a run of a paused DAG would stay queued for ever
        user_defined_macros={"succeeded": succeeded, "failure": failure, "notice": notice},
        tags=["pipeline"],
    ) as dag:
        tasks = {step.name: task_of(step, names=names, publisher=publisher) for step in pipeline.steps}
        for before, after in sorted(pipeline.edges):
            tasks[before].set_downstream(tasks[after])

        # The run still ends FAILED: `notify` is a leaf too, and is upstream_failed then.
        notify_failure = LambdaInvokeFunctionOperator(
            task_id="notify_failure",
            trigger_rule="one_failed",
            function_name=publisher,
            payload="{{ notice(failure(ti, run_id), dag_run) }}",
            aws_conn_id=None,
            retries=2,
            retry_delay=timedelta(seconds=10),
            execution_timeout=timedelta(seconds=60),
        )
        notify_failure.set_upstream([tasks[step.name] for step in pipeline.working])
    return dag


dag = dag_of(PIPELINE, publisher=setting("publisher"), names=Names.of_slug(setting("slug")))
