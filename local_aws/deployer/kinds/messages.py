"""SNS topics and subscriptions, SQS queues, and the policies of both."""

from __future__ import annotations

import json
from typing import Any

from local_aws.deployer.kinds.answers import as_text, create_or
from local_aws.deployer.resource import Created, Kind, Request

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
    """Creating a topic twice gives the same one."""
    name = request.name("TopicName", limit=256)
    attributes = {key: str(value) for key, value in request.chosen("DisplayName").items()}
    arn = request.client("sns").create_topic(Name=name, Attributes=attributes)["TopicArn"]
    return Created(ref=arn, attributes={"TopicArn": arn, "TopicName": name})


def topic_policy(request: Request) -> Created:
    """Set on every topic it names."""
    policy = as_text(request.properties["PolicyDocument"])
    for arn in request.properties["Topics"]:
        request.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return Created(ref=request.logical_id)


def subscription(request: Request) -> Created:
    """One per topic, protocol and endpoint."""
    sns, properties = request.client("sns"), request.properties
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=properties["TopicArn"])
    for page in pages:
        for one in page["Subscriptions"]:
            if (one["Protocol"], one["Endpoint"]) == (properties["Protocol"], properties["Endpoint"]):
                return Created(ref=one["SubscriptionArn"], attributes={"Arn": one["SubscriptionArn"]})
    attributes = {
        name: as_text(value) if isinstance(value, dict) else str(value).lower()
        for name, value in request.chosen("RawMessageDelivery", "FilterPolicy", "RedrivePolicy").items()
    }
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

    url = create_or(update, lambda: sqs.create_queue(QueueName=name, Attributes=attributes))["QueueUrl"]
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


_ENCRYPTION = {"KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled", "Tags"}

KINDS = {
    "AWS::SNS::Topic": Kind(
        create=topic, applied=frozenset({"TopicName", "DisplayName"}), ignored=frozenset({"KmsMasterKeyId", "Tags"})
    ),
    "AWS::SNS::TopicPolicy": Kind(create=topic_policy, applied=frozenset({"PolicyDocument", "Topics"})),
    "AWS::SNS::Subscription": Kind(
        create=subscription,
        applied=frozenset({"TopicArn", "Protocol", "Endpoint", "RawMessageDelivery", "FilterPolicy", "RedrivePolicy"}),
    ),
    "AWS::SQS::Queue": Kind(
        create=queue, applied=frozenset({"QueueName", *_QUEUE_ATTRIBUTES}), ignored=frozenset(_ENCRYPTION)
    ),
    "AWS::SQS::QueuePolicy": Kind(create=queue_policy, applied=frozenset({"PolicyDocument", "Queues"})),
}
