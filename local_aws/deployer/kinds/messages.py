"""SNS topics and subscriptions, SQS queues, and the policies of both."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from local_aws.deployer.assembly.resource import Created, Kind, Request, with_parent
from local_aws.deployer.kinds.answers import as_text, create_or, gone, is_gone, refuse_taken

_QUEUE_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DelaySeconds",
    "FifoQueue",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "RedriveAllowPolicy",
    "VisibilityTimeout",
)


def topic(request: Request) -> Created:
    """SNS gives the existing topic for a name that is taken, and CloudFormation does not."""
    name = request.name("TopicName", limit=256)
    attributes = {key: str(value) for key, value in request.chosen("DisplayName").items()}
    sns, arn = request.client("sns"), request.place.arn("sns", name)
    refuse_taken(request, f"topic {name}", taken=not request.existing and _is_topic(sns, arn))
    arn = sns.create_topic(Name=name, Attributes=attributes)["TopicArn"]
    if request.existing:
        sns.set_topic_attributes(
            TopicArn=arn, AttributeName="DisplayName", AttributeValue=attributes.get("DisplayName", "")
        )
    return Created(ref=arn, attributes={"TopicArn": arn, "TopicName": name})


def topic_policy(request: Request) -> Created:
    """Set on every topic it names."""
    policy = as_text(request.properties["PolicyDocument"])
    for arn in request.properties["Topics"]:
        request.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return Created(ref=request.logical_id)


def subscription(request: Request) -> Created:
    """Topic, protocol and endpoint are create-only; the rest is set again."""
    sns, properties = request.client("sns"), request.properties
    attributes = {
        name: as_text(value) if isinstance(value, dict) else str(value).lower()
        for name, value in request.chosen("RawMessageDelivery", "FilterPolicy", "RedrivePolicy").items()
    }
    if request.existing:
        for name, value in attributes.items():
            sns.set_subscription_attributes(
                SubscriptionArn=request.existing.ref, AttributeName=name, AttributeValue=value
            )
        return request.existing
    arn = sns.subscribe(
        TopicArn=properties["TopicArn"],
        Protocol=properties["Protocol"],
        Endpoint=properties["Endpoint"],
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return Created(ref=arn, attributes={"Arn": arn})


def queue(request: Request) -> Created:
    """An existing queue gets the attributes of now."""
    sqs = request.client("sqs")
    name = request.name("QueueName", limit=80)
    attributes = {key: _attribute(value) for key, value in request.chosen(*_QUEUE_ATTRIBUTES).items()}

    def update() -> dict[str, str]:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        changeable = {key: value for key, value in attributes.items() if key != "FifoQueue"}
        sqs.set_queue_attributes(QueueUrl=url, Attributes=changeable)
        return {"QueueUrl": url}

    refuse_taken(request, f"queue {name}", taken=not request.existing and _is_queue(sqs, name))
    url = create_or(request, update, lambda: sqs.create_queue(QueueName=name, Attributes=attributes))["QueueUrl"]
    arn = request.place.arn("sqs", name)
    return Created(ref=url, attributes={"Arn": arn, "QueueName": name, "QueueUrl": url})


def queue_policy(request: Request) -> Created:
    """Set on every queue it names."""
    policy = as_text(request.properties["PolicyDocument"])
    for url in request.properties["Queues"]:
        request.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return Created(ref=request.logical_id)


def remove_topic(request: Request) -> None:
    """With its subscriptions."""
    arn = request.existing.ref if request.existing else ""
    gone(lambda: request.client("sns").delete_topic(TopicArn=arn))


def remove_subscription(request: Request) -> None:
    """By its ARN."""
    arn = request.existing.ref if request.existing else ""
    gone(lambda: request.client("sns").unsubscribe(SubscriptionArn=arn))


def remove_queue(request: Request) -> None:
    """With its messages."""
    url = request.existing.ref if request.existing else ""
    gone(lambda: request.client("sqs").delete_queue(QueueUrl=url))


def _is_topic(sns: Any, arn: str) -> bool:
    try:
        return bool(sns.get_topic_attributes(TopicArn=arn).get("Attributes"))
    except ClientError as error:
        if not is_gone(error):
            raise
        return False


def _is_queue(sqs: Any, name: str) -> bool:
    try:
        return bool(sqs.get_queue_url(QueueName=name).get("QueueUrl"))
    except ClientError as error:
        if not is_gone(error):
            raise
        return False


def _attribute(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict) else str(value)


_ENCRYPTION = {"KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled", "Tags"}

KINDS = {
    "AWS::SNS::Topic": Kind(
        create=topic,
        delete=remove_topic,
        applied=frozenset({"TopicName", "DisplayName"}),
        ignored=frozenset({"KmsMasterKeyId", "Tags"}),
    ),
    "AWS::SNS::TopicPolicy": Kind(
        create=topic_policy, delete=with_parent, applied=frozenset({"PolicyDocument", "Topics"})
    ),
    "AWS::SNS::Subscription": Kind(
        create=subscription,
        delete=remove_subscription,
        applied=frozenset({"TopicArn", "Protocol", "Endpoint", "RawMessageDelivery", "FilterPolicy", "RedrivePolicy"}),
    ),
    "AWS::SQS::Queue": Kind(
        create=queue,
        delete=remove_queue,
        applied=frozenset({"QueueName", *_QUEUE_ATTRIBUTES}),
        ignored=frozenset(_ENCRYPTION),
    ),
    "AWS::SQS::QueuePolicy": Kind(
        create=queue_policy, delete=with_parent, applied=frozenset({"PolicyDocument", "Queues"})
    ),
}
