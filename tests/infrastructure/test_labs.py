"""What matters in the three labs: each owns its lane, bounds its waits, and can be started as configured."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from config.settings import Settings
from config.trigger import TriggerSettings
from lambdas.publish_outcome.claims import HELD
from pipeline.steps import PIPELINE, Kind
from stacks.app import make_app
from tests.infrastructure import service_calls
from tests.infrastructure.graph import definition_of, resources
from tests.infrastructure.roles import roles_of

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
    waits = {"-".join(step.after) for step in PIPELINE.working if step.after}
    named = {t["Properties"]["Name"] for t in triggers.values()}
    assert named == {"nf1-dev-start", *(f"nf1-dev-after-{upstream}" for upstream in waits)}
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
    return [rule for rule in rules if rule.get("EventPattern", {}).get("source") == ["aws.s3"]]


def ends(lab: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Details of the patterns by which a lab's publisher hears of ends, by detail type."""
    patterns = [rule["EventPattern"] for rule in resources(lab, "AWS::Events::Rule") if "EventPattern" in rule]
    return {one["detail-type"][0]: one["detail"] for one in patterns if one["source"] != ["aws.s3"]}


@pytest.mark.parametrize(("stack", "lane"), LANES.items())
def test_a_lane_has_one_publisher_that_every_rule_calls_and_a_sweep_among_them(
    template: Templates, stack: str, lane: str
) -> None:
    lab = template(stack)
    [(publisher, function)] = [
        (name, found["Properties"])
        for name, found in lab["Resources"].items()
        if found["Type"] == "AWS::Lambda::Function" and "publish_outcome" in str(found["Properties"]["Handler"])
    ]
    assert function["FunctionName"] == f"nf1-dev-publish_outcome-{lane}"
    assert function["Handler"] == f"lambdas.publish_outcome.{lane}.handle"
    assert function["Timeout"] + 10 <= HELD.total_seconds(), "a claim is held for longer than its holder can live"
    assert "DeadLetterConfig" in function
    rules = [
        rule
        for rule in resources(lab, "AWS::Events::Rule")
        if any(publisher in json.dumps(target["Arn"]) for target in rule["Targets"])
    ]
    assert all("DeadLetterConfig" in target for rule in rules for target in rule["Targets"])
    [sweep] = [rule for rule in rules if "ScheduleExpression" in rule]
    assert (sweep["ScheduleExpression"], sweep["State"]) == ("rate(5 minutes)", "ENABLED")
    assert len(rules) == 1 + len(ends(lab))
    Template.from_json(lab).has_resource_properties(
        "AWS::Lambda::EventInvokeConfig",
        {"FunctionName": {"Ref": publisher}, "MaximumRetryAttempts": 2},
    )


def test_glues_publisher_hears_of_every_end_of_an_action(template: Templates) -> None:
    heard = ends(template("NF1-Glue-Lab"))
    jobs, crawls = heard["Glue Job State Change"], heard["Glue Crawler State Change"]
    assert jobs["jobName"] == [f"nf1-dev-{step.name}" for step in PIPELINE.of(Kind.JOB)]
    assert jobs["state"] == ["SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED"]
    assert crawls["crawlerName"] == ["nf1-dev-crawl_raw", "nf1-dev-crawl_curated-glue"]


def test_the_state_machines_publisher_hears_of_every_end_of_an_execution(template: Templates) -> None:
    [detail] = ends(template("NF1-StepFunctions-Lab")).values()
    assert detail["status"] == ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
    assert "stateMachine:nf1-dev-csv_to_parquet" in json.dumps(detail["stateMachineArn"])


@pytest.mark.parametrize(("stack", "lane"), LANES.items())
def test_a_publisher_writes_its_own_lanes_claims_and_nothing_else(template: Templates, stack: str, lane: str) -> None:
    [role] = [one for one in roles_of(stack, template(stack)) if "publish_outcome" in one.description]
    written = [one["Resource"] for one in role.statements if "s3:PutObject" in one["Action"]]
    assert written == [f"arn:aws:s3:::nf1-dev-data-123456789012-us-east-1/claims/{lane}/*"]


def test_functions_that_call_a_private_web_server_stand_in_its_vpc(dev: Settings, tmp_path: Path) -> None:
    private = dev.model_copy(update={"airflow": dev.airflow.model_copy(update={"web_server_access": "PRIVATE_ONLY"})})
    make_app(private, outdir=tmp_path, validate=False).synth()
    lab = json.loads((tmp_path / "NF1-Airflow-Lab.template.json").read_text())
    callers = [f for f in resources(lab, "AWS::Lambda::Function") if str(f["Handler"]).startswith("lambdas.")]
    assert len(callers) == 2
    [environment] = resources(lab, "AWS::MWAA::Environment")
    for function in callers:
        assert function["VpcConfig"]["SubnetIds"] == environment["NetworkConfiguration"]["SubnetIds"]
        [[group, _]] = [one["Fn::GetAtt"] for one in function["VpcConfig"]["SecurityGroupIds"]]
        ingress = [one for one in resources(lab, "AWS::EC2::SecurityGroupIngress") if one.get("FromPort") == 443]
        assert [one["SourceSecurityGroupId"]["Fn::GetAtt"][0] for one in ingress] == [group]
    for role in roles_of("NF1-Airflow-Lab", lab):
        standing = {action for action in role.actions if action.startswith("ec2:")}
        assert standing == (service_actions(service_calls.IN_VPC) if role.description.startswith("Function") else set())


def test_functions_that_call_a_public_web_server_stand_in_no_vpc(template: Templates) -> None:
    functions = resources(template("NF1-Airflow-Lab"), "AWS::Lambda::Function")
    assert functions
    assert not [function for function in functions if "VpcConfig" in function]


def service_actions(rows: tuple[service_calls.ServiceCalls, ...]) -> set[str]:
    return {action for row in rows for action in row.actions}


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
    assert len(jobs) == len(PIPELINE.of(Kind.JOB))
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
    assert set(options) == {"pipeline.slug", "pipeline.bucket", "pipeline.publisher", "pipeline.poll_seconds"}


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
