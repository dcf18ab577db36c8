"""What matters in the three labs: each owns its lane, bounds its waits, and can be started as configured."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from config.settings import Settings
from config.trigger import TriggerSettings
from stacks.app import make_app
from tests.infrastructure.graph import definition_of, resources

LANES = {"NF1-Glue-Lab": "glue", "NF1-StepFunctions-Lab": "stepfunctions", "NF1-Airflow-Lab": "airflow"}

Templates = Callable[..., dict[str, Any]]


def with_trigger(dev: Settings, outdir: Path, **trigger: Any) -> Callable[[str], dict[str, Any]]:
    changed = dev.model_copy(update={"trigger": TriggerSettings(**trigger)})
    make_app(changed, outdir=outdir, validate=False).synth()
    return lambda stack: json.loads((outdir / f"{stack}.template.json").read_text())


@pytest.mark.parametrize(("stack", "lane"), LANES.items())
def test_a_lab_owns_its_lane_and_no_other(template: Templates, stack: str, lane: str) -> None:
    [crawler] = resources(template(stack), "AWS::Glue::Crawler")
    assert crawler["Name"] == f"nf1-dev-crawl_curated-{lane}"
    assert crawler["DatabaseName"] == f"nf1_dev_curated_{lane}"
    assert all(f"/curated/{lane}/" in target["Path"] for target in crawler["Targets"]["S3Targets"])
    output = json.loads(crawler["Configuration"])["CrawlerOutput"]
    assert output["Tables"] == {"AddOrUpdateBehavior": "MergeNewColumns"}, "a contract that grows keeps old columns"
    assert output["Partitions"] == {"AddOrUpdateBehavior": "InheritFromTable"}
    text = json.dumps(template(stack))
    assert not [other for other in LANES.values() if other != lane and f"curated/{other}/" in text]


def test_the_workflow_has_one_start_and_changes_one_trigger_at_a_time(template: Templates) -> None:
    found = template("NF1-Glue-Lab")["Resources"]
    triggers = {name: value for name, value in found.items() if value["Type"] == "AWS::Glue::Trigger"}
    starts = [t["Properties"]["Name"] for t in triggers.values() if "Predicate" not in t["Properties"]]
    assert starts == ["nf1-dev-start"]
    assert {t["Properties"]["Name"] for t in triggers.values()} == {
        "nf1-dev-start",
        "nf1-dev-after-crawl_raw",
        "nf1-dev-after-convert",
        "nf1-dev-after-crawl_curated-verify",
        "nf1-dev-after-aggregate",
    }
    waited_for = [name for t in triggers.values() for name in t["DependsOn"] if name in triggers]
    assert sorted(waited_for) == sorted(set(waited_for)), "two triggers wait for the same one: they change at once"
    assert len(waited_for) == len(triggers) - 1
    for trigger in triggers.values():
        conditional = trigger["Properties"]["Type"] == "CONDITIONAL"
        assert trigger["Properties"].get("StartOnCreation") == (True if conditional else None)


@pytest.mark.parametrize(
    ("trigger", "state", "schedule"),
    [
        ({"on_upload": False}, "DISABLED", None),
        ({"on_upload": True}, "ENABLED", None),
        ({"on_upload": False, "schedule": "cron(0 3 * * ? *)"}, "ENABLED", "cron(0 3 * * ? *)"),
    ],
)
def test_a_trigger_is_a_setting_of_a_rule_and_the_workflow_stays_as_it_is(
    template: Templates, dev: Settings, tmp_path: Path, trigger: dict[str, Any], state: str, schedule: str | None
) -> None:
    before, after = (
        template("NF1-Glue-Lab")["Resources"],
        with_trigger(dev, tmp_path, **trigger)("NF1-Glue-Lab")["Resources"],
    )
    [rule] = [name for name, one in after.items() if "StartRule" in name and one["Type"] == "AWS::Events::Rule"]
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} <= {rule}
    properties = after[rule]["Properties"]
    assert (properties["State"], properties.get("ScheduleExpression")) == (state, schedule)
    assert ("EventPattern" in properties) == (schedule is None)


def test_uploads_wait_in_a_queue_while_the_workflow_is_busy_and_are_not_given_up_within_two_days(
    template: Templates,
) -> None:
    lab = template("NF1-Glue-Lab")
    [source] = resources(lab, "AWS::Lambda::EventSourceMapping")
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    [queue] = [one for one in resources(lab, "AWS::SQS::Queue") if "RedrivePolicy" in one]
    [function] = [
        one for one in resources(lab, "AWS::Lambda::Function") if one["FunctionName"].endswith("start_workflow")
    ]
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"] + source["MaximumBatchingWindowInSeconds"]
    assert queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"] >= 2 * 24 * 3600


@pytest.mark.parametrize("stack", ["NF1-Glue-Lab", "NF1-StepFunctions-Lab", "NF1-Airflow-Lab"])
def test_uploads_start_nothing_in_dev_and_a_run_where_configured(
    template: Templates, dev: Settings, tmp_path: Path, stack: str
) -> None:
    [rule] = upload_rules(template(stack))
    assert rule["State"] == "DISABLED"
    assert rule["EventPattern"]["detail"]["object"] == {"key": [{"prefix": "landing/"}]}
    [rule] = upload_rules(with_trigger(dev, tmp_path, on_upload=True)(stack))
    assert rule["State"] == "ENABLED"


def upload_rules(template: dict[str, Any]) -> list[dict[str, Any]]:
    rules = resources(template, "AWS::Events::Rule")
    return [rule for rule in rules if rule["EventPattern"]["source"] == ["aws.s3"]]


def test_the_outcome_function_is_told_of_every_end_and_keeps_what_it_could_not_do(template: Templates) -> None:
    lab = template("NF1-Glue-Lab")
    rules = {rule["EventPattern"]["detail-type"][0]: rule for rule in resources(lab, "AWS::Events::Rule")}
    jobs = rules["Glue Job State Change"]["EventPattern"]["detail"]
    assert jobs["jobName"] == [f"nf1-dev-{name}" for name in ("convert", "verify", "aggregate", "load_warehouse")]
    assert jobs["state"] == ["SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED"]
    crawls = rules["Glue Crawler State Change"]["EventPattern"]["detail"]
    assert crawls["crawlerName"] == ["nf1-dev-crawl_raw", "nf1-dev-crawl_curated-glue"]
    for rule in rules.values():
        assert all("DeadLetterConfig" in target for target in rule["Targets"])
    template_ = Template.from_json(lab)
    template_.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "FunctionName": "nf1-dev-notify_outcome",
            "Handler": "lambdas.notify_outcome.handler.handle",
            "DeadLetterConfig": Match.any_value(),
            "Timeout": 60,
        },
    )
    template_.has_resource_properties("AWS::Lambda::EventInvokeConfig", {"MaximumRetryAttempts": 2})


def test_executions_that_cannot_tell_their_end_are_told_of_and_no_others(template: Templates) -> None:
    lab = template("NF1-StepFunctions-Lab")
    [rule] = [one for one in resources(lab, "AWS::Events::Rule") if one["EventPattern"]["source"] == ["aws.states"]]
    pattern = rule["EventPattern"]
    assert pattern["detail-type"] == ["Step Functions Execution Status Change"]
    assert pattern["detail"]["status"] == ["ABORTED", "TIMED_OUT"], "one that is FAILED told so itself"
    assert "stateMachine:nf1-dev-csv_to_parquet" in json.dumps(pattern["detail"]["stateMachineArn"])
    assert all("DeadLetterConfig" in target for target in rule["Targets"])
    found = Template.from_json(lab)
    found.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "FunctionName": "nf1-dev-notify_stopped",
            "Handler": "lambdas.notify_stopped.handler.handle",
            "DeadLetterConfig": Match.any_value(),
            "Timeout": 60,
        },
    )
    found.has_resource_properties(
        "AWS::Logs::LogGroup", {"LogGroupName": "/aws/lambda/nf1-dev-notify_stopped", "RetentionInDays": 14}
    )
    found.has_resource_properties("AWS::Lambda::EventInvokeConfig", {"MaximumRetryAttempts": 2})


def test_the_teller_of_stopped_executions_may_do_no_more_than_that(template: Templates) -> None:
    policies = resources(template("NF1-StepFunctions-Lab"), "AWS::IAM::Policy")
    [policy] = [one for one in policies if "states:GetExecutionHistory" in json.dumps(one)]
    allowed = {}
    for statement in policy["PolicyDocument"]["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        allowed.update(dict.fromkeys(actions, json.dumps(statement["Resource"])))
    writes = {"s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"}
    assert writes | {"states:GetExecutionHistory", "sns:Publish"} <= set(allowed)
    assert {action.split(":")[0] for action in allowed} <= {"s3", "states", "sns", "kms", "logs", "sqs"}
    assert all("outcomes/stepfunctions/*" in allowed[action] for action in writes)
    assert "execution:nf1-dev-csv_to_parquet:*" in allowed["states:GetExecutionHistory"]


def test_the_state_machine_is_traced_and_logged_without_payloads(template: Templates) -> None:
    Template.from_json(template("NF1-StepFunctions-Lab")).has_resource_properties(
        "AWS::StepFunctions::StateMachine",
        {
            "StateMachineName": "nf1-dev-csv_to_parquet",
            "TracingConfiguration": {"Enabled": True},
            "LoggingConfiguration": Match.object_like({"Level": "ALL", "IncludeExecutionData": False}),
        },
    )


def test_every_task_of_the_state_machine_that_runs_a_job_is_bounded(template: Templates) -> None:
    definition = definition_of(template("NF1-StepFunctions-Lab"))
    assert definition["TimeoutSeconds"] > 0
    jobs = [s for s in all_states(definition) if s.get("Resource", "").endswith("startJobRun.sync")]
    assert len(jobs) == 4
    assert all(job["TimeoutSeconds"] > 0 for job in jobs)


def all_states(machine: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [branch for state in machine["States"].values() for branch in state.get("Branches", [])]
    return [*machine["States"].values(), *(state for branch in inner for state in all_states(branch))]


def test_china_calls_its_own_partitions_services(template: Templates) -> None:
    definition = definition_of(template("NF1-StepFunctions-Lab", "cn-north-1"))
    called = {state["Resource"] for state in all_states(definition) if "Resource" in state}
    assert called
    assert all(resource.startswith("arn:aws-cn:states:::") for resource in called)


def test_airflow_is_sized_placed_and_told_as_configured(template: Templates) -> None:
    [environment] = resources(template("NF1-Airflow-Lab"), "AWS::MWAA::Environment")
    assert environment["Name"] == "nf1-dev-airflow"
    assert environment["AirflowVersion"] == "3.2.1"
    assert (environment["MinWorkers"], environment["MaxWorkers"]) == (1, 2)
    assert len(environment["NetworkConfiguration"]["SubnetIds"]) == 2
    assert environment["DagS3Path"] == "dags"
    assert "RequirementsS3Path" not in environment
    options = environment["AirflowConfigurationOptions"]
    assert options["pipeline.slug"] == "nf1-dev"
    assert options["pipeline.poll_seconds"] == "15"
    assert set(options) == {"pipeline.slug", "pipeline.bucket", "pipeline.topic_arn", "pipeline.poll_seconds"}


def test_airflows_five_log_groups_exist_with_retention(template: Templates) -> None:
    groups = {group["LogGroupName"]: group for group in resources(template("NF1-Airflow-Lab"), "AWS::Logs::LogGroup")}
    names = {
        f"airflow-nf1-dev-airflow-{suffix}" for suffix in ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")
    }
    assert names <= set(groups)
    assert {group["RetentionInDays"] for group in groups.values()} == {14}


def test_dags_and_the_domain_are_uploaded_before_airflow_starts(template: Templates) -> None:
    found = template("NF1-Airflow-Lab")["Resources"]
    [(upload, copied)] = [(n, r) for n, r in found.items() if r["Type"] == "Custom::CDKBucketDeployment"]
    assert copied["Properties"]["DestinationBucketKeyPrefix"] == "dags"
    assert len(copied["Properties"]["SourceObjectKeys"]) == 2
    [environment] = [r for r in found.values() if r["Type"] == "AWS::MWAA::Environment"]
    assert upload in environment["DependsOn"]


def test_production_keeps_its_data(template: Templates) -> None:
    found = template("NF1-DataZone", "cn-north-1")["Resources"].values()
    kept = {
        r["Type"]: r.get("DeletionPolicy") for r in found if r["Type"] in ("AWS::S3::Bucket", "AWS::Glue::Database")
    }
    assert kept == {"AWS::S3::Bucket": "RetainExceptOnCreate", "AWS::Glue::Database": "RetainExceptOnCreate"}
    assert not [r for r in found if r["Type"] == "Custom::S3AutoDeleteObjects"]
