"""SNS topics and subscriptions, SQS queues, and the policies of both."""

from __future__ import annotations

import json
from typing import Any

from local_aws.deployer.assembly.resource import Created, Kind, Request, with_parent, words
from local_aws.deployer.kinds.answers import as_text, create_or, refuse_taken, removing

_QUEUE_ATTRIBUTES = words(
    "ContentBasedDeduplication DelaySeconds FifoQueue MaximumMessageSize MessageRetentionPeriod "
    "ReceiveMessageWaitTimeSeconds RedrivePolicy RedriveAllowPolicy VisibilityTimeout"
)
_SUBSCRIPTION_ATTRIBUTES = words("RawMessageDelivery FilterPolicy RedrivePolicy")


def topic(request: Request) -> Created:
    """SNS gives the existing topic for a name that is taken, and CloudFormation does not."""
    name = request.name("TopicName", limit=256)
    attributes = {key: str(value) for key, value in request.chosen("DisplayName").items()}
    sns, arn = request.client("sns"), request.place.arn("sns", name)
    refuse_taken(request, f"topic {name}", lambda: sns.get_topic_attributes(TopicArn=arn).get("Attributes"))
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
        for name, value in request.chosen(*_SUBSCRIPTION_ATTRIBUTES).items()
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

    refuse_taken(request, f"queue {name}", lambda: sqs.get_queue_url(QueueName=name).get("QueueUrl"))
    url = create_or(request, update, lambda: sqs.create_queue(QueueName=name, Attributes=attributes))["QueueUrl"]
    arn = request.place.arn("sqs", name)
    return Created(ref=url, attributes={"Arn": arn, "QueueName": name, "QueueUrl": url})


def queue_policy(request: Request) -> Created:
    """Set on every queue it names."""
    policy = as_text(request.properties["PolicyDocument"])
    for url in request.properties["Queues"]:
        request.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return Created(ref=request.logical_id)


def _attribute(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict) else str(value)


KINDS = {
    "AWS::SNS::Topic": Kind(
        create=topic,
        delete=removing("sns", "delete_topic", "TopicArn"),
        applied=words("TopicName DisplayName"),
        ignored=words("KmsMasterKeyId Tags"),
    ),
    "AWS::SNS::TopicPolicy": Kind(create=topic_policy, delete=with_parent, applied=words("PolicyDocument Topics")),
    "AWS::SNS::Subscription": Kind(
        create=subscription,
        delete=removing("sns", "unsubscribe", "SubscriptionArn"),
        applied=_SUBSCRIPTION_ATTRIBUTES | {"TopicArn", "Protocol", "Endpoint"},
    ),
    "AWS::SQS::Queue": Kind(
        create=queue,
        delete=removing("sqs", "delete_queue", "QueueUrl"),
        applied=_QUEUE_ATTRIBUTES | {"QueueName"},
        ignored=words("KmsMasterKeyId KmsDataKeyReusePeriodSeconds SqsManagedSseEnabled Tags"),
    ),
    "AWS::SQS::QueuePolicy": Kind(create=queue_policy, delete=with_parent, applied=words("PolicyDocument Queues")),
}
