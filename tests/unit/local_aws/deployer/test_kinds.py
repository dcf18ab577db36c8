"""Handlers call the services as their models want it, and a second deploy updates what is there.

The recorder below calls nobody: it validates parameters against botocore's models and remembers them.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.session import get_session
from botocore.validate import ParamValidator

from local_aws.deployer.assembly.assembly import read_assembly
from local_aws.deployer.assembly.assets import zipped
from local_aws.deployer.assembly.resource import Created, DeployFailed, Place, Request
from local_aws.deployer.executor import Executor
from local_aws.deployer.kinds import KINDS
from local_aws.deployer.kinds.answers import AlreadyThere
from local_aws.deployer.plan import make_plan
from tests.unit.local_aws.deployer.memory_records import MemoryRecords

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def refused(code: str, *, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}, code)


class Recorder:
    """`calls` are (service, operation, parameters); `answers` give replies or raise, by "service.Operation"."""

    def __init__(self, answers: dict[str, Answer] | None = None) -> None:
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.answers = answers or {}
        self._session = get_session()

    def __call__(self, service: str) -> "RecordingClient":
        return RecordingClient(self, service, self._session.get_service_model(service))

    def of(self, operation: str) -> list[dict[str, Any]]:
        return [parameters for service, name, parameters in self.calls if f"{service}.{name}" == operation]


class RecordingClient:
    def __init__(self, recorder: Recorder, service: str, model: Any) -> None:
        self._recorder, self._service, self._model = recorder, service, model
        self._operations = {xform_name(name): name for name in model.operation_names}

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        name = self._operations[method]

        def call(**parameters: Any) -> dict[str, Any]:
            shape = self._model.operation_model(name).input_shape
            if shape is not None:
                report = ParamValidator().validate(parameters, shape)
                assert not report.has_errors(), report.generate_report()
            self._recorder.calls.append((self._service, name, parameters))
            answer = self._recorder.answers.get(f"{self._service}.{name}")
            return answer(parameters) if answer else {}

        return call

    def get_paginator(self, method: str) -> "RecordingClient":
        paged = RecordingClient(self._recorder, self._service, self._model)
        paged.__dict__["paginate"] = lambda **parameters: [getattr(self, method)(**parameters)]
        return paged


NOW = Place(account="123456789012", region="us-east-1")


def request(
    recorder: Recorder,
    properties: dict[str, Any],
    kind: str = "AWS::SNS::Topic",
    *,
    existing: str | None = None,
    before: dict[str, Any] | None = None,
) -> Request:
    return Request(
        stack="Stack",
        logical_id="Thing",
        type=kind,
        properties=properties,
        place=NOW,
        client=recorder,
        existing=Created(ref=existing) if existing else None,
        before=before or {},
    )


def create(
    kind: str,
    properties: dict[str, Any],
    answers: dict[str, Answer] | None = None,
    *,
    existing: str | None = None,
    before: dict[str, Any] | None = None,
) -> tuple[Created, Recorder]:
    """The handler's result on properties that planning would accept."""
    assert properties.keys() <= KINDS[kind].applied | KINDS[kind].ignored
    recorder = Recorder(answers)
    return KINDS[kind].create(request(recorder, properties, kind, existing=existing, before=before)), recorder


def raising(code: str, *, status: int = 400) -> Answer:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        raise refused(code, status=status)

    return answer


def test_a_new_bucket_is_created_versioned_and_tells_eventbridge() -> None:
    properties = {
        "BucketName": "b",
        "VersioningConfiguration": {"Status": "Enabled"},
        "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
    }
    made, recorder = create("AWS::S3::Bucket", properties, {"s3.HeadBucket": raising("404", status=404)})
    assert recorder.of("s3.CreateBucket") == [{"Bucket": "b"}]
    assert recorder.of("s3.PutBucketVersioning")[0]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert len(recorder.of("s3.PutBucketNotificationConfiguration")) == 1
    assert (made.ref, made.attributes["Arn"]) == ("b", "arn:aws:s3:::b")


def test_an_existing_bucket_is_not_created_again() -> None:
    _, recorder = create("AWS::S3::Bucket", {"BucketName": "b"}, existing="b")
    assert recorder.of("s3.CreateBucket") == []


@pytest.mark.parametrize(
    ("kind", "properties", "answers"),
    [
        ("AWS::S3::Bucket", {"BucketName": "b"}, {}),
        ("AWS::SNS::Topic", {"TopicName": "t"}, {"sns.GetTopicAttributes": lambda _: {"Attributes": {"Owner": "1"}}}),
        ("AWS::SQS::Queue", {"QueueName": "q"}, {"sqs.GetQueueUrl": lambda _: {"QueueUrl": "http://q"}}),
        ("AWS::Events::Rule", {"Name": "r"}, {"events.DescribeRule": lambda _: {"Arn": "arn:r"}}),
    ],
)
def test_a_name_that_somebody_has_is_refused_even_where_the_api_would_not(
    kind: str, properties: dict[str, Any], answers: dict[str, Answer]
) -> None:
    with pytest.raises(AlreadyThere, match="already exists"):
        create(kind, properties, answers)


def test_a_rule_loses_the_target_that_is_no_longer_said() -> None:
    def targets(*ids: str) -> dict[str, Any]:
        return {"Name": "r", "EventPattern": {}, "Targets": [{"Id": one, "Arn": f"arn:{one}"} for one in ids]}

    _, recorder = create("AWS::Events::Rule", targets("new"), existing="r", before=targets("old", "new"))
    assert recorder.of("events.RemoveTargets") == [{"Rule": "r", "Ids": ["old"]}]


def test_an_inline_policy_leaves_the_role_that_it_no_longer_names() -> None:
    policy = {"PolicyName": "p", "PolicyDocument": {}}
    before = {**policy, "Roles": ["a", "b"]}
    _, recorder = create("AWS::IAM::Policy", {**policy, "Roles": ["b"]}, existing="p", before=before)
    assert recorder.of("iam.DeleteRolePolicy") == [{"RoleName": "a", "PolicyName": "p"}]


def test_an_emptied_bucket_loses_every_version_and_marker() -> None:
    pages = {"Versions": [{"Key": "k", "VersionId": "1"}], "DeleteMarkers": [{"Key": "k", "VersionId": "2"}]}
    recorder = Recorder({"s3.ListObjectVersions": lambda _: pages})
    kind = "Custom::S3AutoDeleteObjects"
    KINDS[kind].delete(request(recorder, {"BucketName": "b"}, kind, existing="x"))
    assert [one["VersionId"] for one in recorder.of("s3.DeleteObject")] == ["1", "2"]


def test_what_is_gone_already_is_deleted_and_a_refusal_is_not() -> None:
    kind = "AWS::Glue::Job"
    KINDS[kind].delete(
        request(Recorder({"glue.DeleteJob": raising("EntityNotFoundException")}), {}, kind, existing="j")
    )
    taken = Recorder({"glue.DeleteJob": raising("ConcurrentModificationException")})
    with pytest.raises(ClientError, match="ConcurrentModificationException"):
        KINDS[kind].delete(request(taken, {}, kind, existing="j"))


JOB = {
    "Name": "j",
    "Role": "r",
    "Command": {"Name": "glueetl", "ScriptLocation": "s3://b/k", "PythonVersion": "3"},
    "NumberOfWorkers": "2",
    "MaxRetries": 0.0,
    "ExecutionProperty": {"MaxConcurrentRuns": 3},
}


def test_a_job_is_created_with_whole_numbers() -> None:
    made, recorder = create("AWS::Glue::Job", JOB)
    [call] = recorder.of("glue.CreateJob")
    assert (made.ref, call["NumberOfWorkers"], call["MaxRetries"]) == ("j", 2, 0)
    assert recorder.of("glue.UpdateJob") == []


def test_a_job_that_is_there_is_updated() -> None:
    _, recorder = create("AWS::Glue::Job", JOB, existing="j")
    [call] = recorder.of("glue.UpdateJob")
    assert call["JobName"] == "j"
    assert call["JobUpdate"]["Command"] == JOB["Command"]


def test_a_new_job_of_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        create("AWS::Glue::Job", JOB, {"glue.CreateJob": raising("AlreadyExistsException")})


def test_a_crawlers_schedule_becomes_text() -> None:
    properties = {"Name": "c", "Role": "r", "Targets": {}, "Schedule": {"ScheduleExpression": "cron(0 1 * * ? *)"}}
    _, recorder = create("AWS::Glue::Crawler", properties)
    assert recorder.of("glue.CreateCrawler")[0]["Schedule"] == "cron(0 1 * * ? *)"


def test_a_triggers_type_and_workflow_are_not_updated() -> None:
    properties = {
        "Name": "t",
        "Type": "CONDITIONAL",
        "WorkflowName": "w",
        "StartOnCreation": True,
        "Actions": [{"JobName": "j"}],
        "Predicate": {"Conditions": [{"LogicalOperator": "EQUALS", "JobName": "i", "State": "SUCCEEDED"}]},
    }
    _, recorder = create("AWS::Glue::Trigger", properties)
    assert recorder.of("glue.CreateTrigger")[0]["StartOnCreation"] is True
    _, recorder = create("AWS::Glue::Trigger", properties, existing="t")
    assert recorder.of("glue.CreateTrigger") == []
    assert recorder.of("glue.UpdateTrigger")[0]["TriggerUpdate"].keys() == {"Actions", "Predicate"}


def test_a_subscription_that_is_there_gets_todays_attributes() -> None:
    properties = {"TopicArn": "t", "Protocol": "sqs", "Endpoint": "q", "RawMessageDelivery": True}
    made, recorder = create("AWS::SNS::Subscription", properties, existing="s1")
    assert (made.ref, recorder.of("sns.Subscribe")) == ("s1", [])
    assert recorder.of("sns.SetSubscriptionAttributes")[0]["AttributeName"] == "RawMessageDelivery"
    made, recorder = create(
        "AWS::SNS::Subscription", properties, {"sns.Subscribe": lambda _: {"SubscriptionArn": "s2"}}
    )
    assert made.ref == "s2"
    assert recorder.of("sns.Subscribe")[0]["Attributes"] == {"RawMessageDelivery": "true"}


def test_a_queue_that_is_there_gets_todays_attributes() -> None:
    properties = {"QueueName": "q", "VisibilityTimeout": 30, "RedrivePolicy": {"maxReceiveCount": 3}}
    made, recorder = create(
        "AWS::SQS::Queue",
        properties,
        {"sqs.GetQueueUrl": lambda _: {"QueueUrl": "http://q"}},
        existing="http://q",
    )
    assert recorder.of("sqs.SetQueueAttributes")[0]["Attributes"] == {
        "VisibilityTimeout": "30",
        "RedrivePolicy": '{"maxReceiveCount": 3}',
    }
    assert (made.ref, made.attributes["Arn"]) == ("http://q", "arn:aws:sqs:us-east-1:123456789012:q")


def test_a_role_carries_its_policies_but_no_managed_ones_of_aws() -> None:
    properties = {
        "RoleName": "r",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17"},
        "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": []}}],
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/x", "arn:aws:iam::123456789012:policy/own"],
    }
    answer = {"Role": {"Arn": "arn:role", "RoleId": "id"}}
    made, recorder = create("AWS::IAM::Role", properties, {"iam.CreateRole": lambda _: answer})
    assert (made.ref, made.attributes["Arn"]) == ("r", "arn:role")
    assert recorder.of("iam.PutRolePolicy")[0]["PolicyDocument"] == '{"Statement": []}'
    assert [call["PolicyArn"][-3:] for call in recorder.of("iam.AttachRolePolicy")] == ["own"]


def test_inline_code_becomes_a_zip_and_an_existing_function_is_updated() -> None:
    properties = {
        "FunctionName": "f",
        "Role": "r",
        "Runtime": "python3.13",
        "Code": {"ZipFile": "x = 1"},
        "Timeout": "9",
    }
    _, recorder = create("AWS::Lambda::Function", properties, existing="f")
    [update] = recorder.of("lambda.UpdateFunctionCode")
    assert zipfile.ZipFile(io.BytesIO(update["ZipFile"])).read("index.py") == b"x = 1"
    assert recorder.of("lambda.UpdateFunctionConfiguration")[0]["Timeout"] == 9


def test_a_machines_definition_is_substituted() -> None:
    properties = {
        "StateMachineName": "m",
        "RoleArn": "r",
        "DefinitionString": '{"a": "${x}"}',
        "DefinitionSubstitutions": {"x": "y"},
    }
    made, recorder = create("AWS::StepFunctions::StateMachine", properties)
    assert recorder.of("stepfunctions.CreateStateMachine")[0]["definition"] == '{"a": "y"}'
    assert made.ref.endswith("stateMachine:m")


def test_a_target_that_is_refused_fails_the_rule() -> None:
    properties = {"Name": "r", "EventPattern": {"source": ["a"]}, "Targets": [{"Id": "1", "Arn": "arn"}]}
    failed = {"FailedEntryCount": 1, "FailedEntries": [{"ErrorMessage": "no such target"}]}
    with pytest.raises(KeyError, match="no such target"):
        create("AWS::Events::Rule", properties, {"events.PutTargets": lambda _: failed})
    _, recorder = create("AWS::Events::Rule", properties)
    assert recorder.of("events.PutRule")[0]["EventPattern"] == '{"source": ["a"]}'


def test_a_namespace_gives_its_secret() -> None:
    answer = {
        "namespace": {"namespaceName": "warehouse", "adminPasswordSecretArn": "arn:secret", "namespaceArn": "arn:n"}
    }
    properties = {"NamespaceName": "warehouse", "DbName": "d", "ManageAdminPassword": True, "IamRoles": ["arn:role"]}
    made, recorder = create(
        "AWS::RedshiftServerless::Namespace", properties, {"redshift-serverless.CreateNamespace": lambda _: answer}
    )
    assert made.attributes["Namespace.AdminPasswordSecretArn"] == "arn:secret"
    assert recorder.of("redshift-serverless.CreateNamespace")[0]["manageAdminPassword"] is True


def test_a_key_that_is_there_keeps_its_id_and_gets_todays_policy() -> None:
    metadata = {"KeyMetadata": {"KeyId": "k", "Arn": "arn:k"}}
    made, recorder = create("AWS::KMS::Key", {"KeyPolicy": {}}, {"kms.DescribeKey": lambda _: metadata}, existing="k")
    assert (made.ref, recorder.of("kms.CreateKey")) == ("k", [])
    assert recorder.of("kms.PutKeyPolicy")[0]["KeyId"] == "k"
    made, recorder = create("AWS::KMS::Key", {}, {"kms.CreateKey": lambda _: metadata})
    assert made.ref == "k"


ENVIRONMENT = {
    "Name": "e",
    "ExecutionRoleArn": "arn:role",
    "SourceBucketArn": "arn:aws:s3:::b",
    "DagS3Path": "dags",
    "NetworkConfiguration": {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
    "AirflowConfigurationOptions": {"pipeline.poll_seconds": 15},
    "MaxWorkers": "2",
}


def test_an_environment_is_created_once_and_then_updated() -> None:
    _, recorder = create("AWS::MWAA::Environment", ENVIRONMENT)
    assert recorder.of("mwaa.CreateEnvironment")[0]["AirflowConfigurationOptions"] == {"pipeline.poll_seconds": "15"}
    _, recorder = create("AWS::MWAA::Environment", ENVIRONMENT, existing="e")
    assert recorder.of("mwaa.CreateEnvironment") == []
    assert recorder.of("mwaa.UpdateEnvironment")[0]["NetworkConfiguration"] == {"SecurityGroupIds": ["sg-1"]}


def zip_of(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return sink.getvalue()


def test_a_deployment_unpacks_skips_what_is_the_same_and_prunes() -> None:
    asset = zip_of({"dags/a.py": b"a", "dags/b.py": b"<m>"})
    listed = [
        {"Key": "p/dags/a.py", "ETag": f'"{hashlib.md5(b"a").hexdigest()}"'},
        {"Key": "p/old.py", "ETag": '"0"'},
    ]
    properties = {
        "ServiceToken": "arn",
        "SourceBucketNames": ["assets"],
        "SourceObjectKeys": ["k.zip"],
        "SourceMarkers": [{"<m>": "marked"}],
        "DestinationBucketName": "data",
        "DestinationBucketKeyPrefix": "p",
        "Prune": True,
    }
    answers: dict[str, Answer] = {
        "s3.GetObject": lambda _: {"Body": io.BytesIO(asset)},
        "s3.ListObjectsV2": lambda _: {"Contents": listed},
    }
    _, recorder = create("Custom::CDKBucketDeployment", properties, answers)
    assert recorder.of("s3.PutObject") == [{"Bucket": "data", "Key": "p/dags/b.py", "Body": b"marked"}]
    assert recorder.of("s3.DeleteObject") == [{"Bucket": "data", "Key": "p/old.py"}]
    _, recorder = create("Custom::CDKBucketDeployment", properties | {"Prune": "false"}, answers)
    assert recorder.of("s3.DeleteObject") == []


def write_assembly(folder: Path, resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> Path:
    (folder / "asset.f").mkdir(exist_ok=True)
    (folder / "asset.f" / "code.py").write_text("x = 1")
    template = {"Resources": resources, "Outputs": outputs or {}}
    (folder / "Stack.template.json").write_text(json.dumps(template))
    destination = {"bucketName": "assets-${AWS::AccountId}-${AWS::Region}", "objectKey": "f.zip"}
    files = {"f": {"source": {"path": "asset.f", "packaging": "zip"}, "destinations": {"d": destination}}}
    (folder / "Stack.assets.json").write_text(json.dumps({"files": files}))
    artifacts = {
        "Stack.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Stack.assets.json"}},
        "Stack": {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": "Stack.template.json"},
            "dependencies": ["Stack.assets"],
        },
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return folder


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def wait(self, seconds: float) -> None:
        self.seconds += seconds


def perform(folder: Path, recorder: Recorder) -> tuple[Executor, list[str]]:
    said: list[str] = []
    clock = Clock()
    executor = Executor(
        place=NOW,
        client=recorder,
        records=MemoryRecords(),
        progress=said.append,
        clock=lambda: clock.seconds,
        sleep=clock.wait,
    )
    executor.perform(make_plan(read_assembly(folder), kinds=KINDS, place=NOW))
    return executor, said


TOPIC = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t", "DisplayName": {"Ref": "Vpc"}}},
}


def test_a_deploy_reports_what_it_made_and_what_it_passed_over(tmp_path: Path) -> None:
    folder = write_assembly(tmp_path, TOPIC, {"TopicArn": {"Value": {"Ref": "Topic"}}})
    recorder = Recorder(
        {
            "sns.CreateTopic": lambda _: {"TopicArn": "arn:t"},
            "s3.HeadObject": raising("404", status=404),
            "s3.HeadBucket": raising("404", status=404),
        }
    )
    executor, said = perform(folder, recorder)
    assert executor.resources == [("Stack/Topic", "AWS::SNS::Topic", "arn:t")]
    assert executor.not_emulated == [("Stack/Vpc", "AWS::EC2::VPC")]
    assert executor.outputs == {"Stack": {"TopicArn": "arn:t"}}
    assert recorder.of("sns.CreateTopic")[0]["Attributes"]["DisplayName"].startswith("vpc-")
    [put] = recorder.of("s3.PutObject")
    assert (put["Bucket"], put["Key"]) == ("assets-123456789012-us-east-1", "f.zip")
    assert zipfile.ZipFile(io.BytesIO(put["Body"])).read("code.py") == b"x = 1"
    assert "Stack: 2 resources" in said


def test_an_asset_that_is_there_is_not_put_again(tmp_path: Path) -> None:
    recorder = Recorder({"sns.CreateTopic": lambda _: {"TopicArn": "arn:t"}})
    perform(write_assembly(tmp_path, TOPIC), recorder)
    assert recorder.of("s3.PutObject") == []


def test_equal_folders_give_equal_zips(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text("a")
    assert zipped(tmp_path / "one") == zipped(tmp_path / "two")


def test_a_refused_resource_fails_the_deploy_by_name(tmp_path: Path) -> None:
    recorder = Recorder({"sns.CreateTopic": raising("NotImplementedLocally")})
    with pytest.raises(DeployFailed, match=r"Stack/Topic \(AWS::SNS::Topic\): .*NotImplementedLocally"):
        perform(write_assembly(tmp_path, TOPIC), recorder)


def environment_answers(statuses: list[str]) -> dict[str, Answer]:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        failed = {"LastUpdate": {"Error": {"ErrorMessage": "the DAG does not parse"}}}
        return {"Environment": {"Status": status} | (failed if status == "CREATE_FAILED" else {})}

    return {"mwaa.GetEnvironment": answer}


def test_a_slow_environment_is_waited_for(tmp_path: Path) -> None:
    folder = write_assembly(tmp_path, {"Env": {"Type": "AWS::MWAA::Environment", "Properties": ENVIRONMENT}})
    recorder = Recorder(environment_answers(["CREATING", "CREATING", "CREATING", "AVAILABLE"]))
    executor, said = perform(folder, recorder)
    assert executor.resources[0][0] == "Stack/Env"
    assert said[-1].startswith("waiting for Stack/Env")
    assert len(recorder.of("mwaa.GetEnvironment")) == 4


@pytest.mark.parametrize(
    ("statuses", "said"),
    [(["CREATING", "CREATE_FAILED"], "the DAG does not parse"), (["CREATING"], "not ready after 300 s")],
)
def test_an_environment_that_does_not_come_up_fails_the_deploy(tmp_path: Path, statuses: list[str], said: str) -> None:
    folder = write_assembly(tmp_path, {"Env": {"Type": "AWS::MWAA::Environment", "Properties": ENVIRONMENT}})
    with pytest.raises(DeployFailed, match=said):
        perform(folder, Recorder(environment_answers(statuses)))
