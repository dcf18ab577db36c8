"""Delivery of one event to one target.

In: a target and an event that matched its rule. Out: a Lambda invocation, an execution, a message, or a started
workflow; what cannot be delivered goes to the target's dead-letter queue and to the log. Locally nothing is retried:
a target that refuses once refuses again.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws.services.clients import Clients

_PLACEHOLDER = re.compile(r"<([\w.-]+)>")


@dataclass(kw_only=True, eq=False)
class Delivery:
    """Targets by the service in their ARN."""

    clients: Clients
    invoke_function: Callable[[str, Any], None]
    notify_workflow: Callable[[str, dict[str, Any]], None]

    def deliver(self, target: dict[str, Any], event: dict[str, Any], rule_arn: str) -> None:
        """Never raises."""
        try:
            self._send(target, event)
        except Exception as error:  # whatever the target's refusal is, it must be seen and must not stop others
            sys.stderr.write(f"EventNotDelivered: {rule_arn} to {target['Arn']}: {error}\n")
            self._dead_letter(target, event, rule_arn, error)

    def _send(self, target: dict[str, Any], event: dict[str, Any]) -> None:
        arn = target["Arn"]
        service = arn.split(":")[2]
        text = target_input(target, event)
        role = target.get("RoleArn", "events.amazonaws.com")
        if service == "lambda":
            self.invoke_function(arn, json.loads(text))
        elif service == "states":
            self.clients.for_role("stepfunctions", role).start_execution(stateMachineArn=arn, input=text)
        elif service == "sqs":
            sqs = self.clients.for_role("sqs", role)
            url = sqs.get_queue_url(QueueName=arn.split(":")[-1])["QueueUrl"]
            group = target.get("SqsParameters", {}).get("MessageGroupId")
            sqs.send_message(QueueUrl=url, MessageBody=text, **({"MessageGroupId": group} if group else {}))
        elif service == "sns":
            self.clients.for_role("sns", role).publish(TopicArn=arn, Message=text)
        elif service == "glue":
            self.notify_workflow(arn.split("/")[-1], event)
        else:
            raise ValueError(f"the local AWS delivers to lambda, states, sqs, sns and glue workflows, not to {service}")

    def _dead_letter(self, target: dict[str, Any], event: dict[str, Any], rule_arn: str, error: Exception) -> None:
        queue = target.get("DeadLetterConfig", {}).get("Arn")
        if not queue:
            return
        attributes = {"RULE_ARN": rule_arn, "TARGET_ARN": target["Arn"], "ERROR_MESSAGE": str(error)[:1000]}
        try:
            sqs = self.clients.machinery("sqs")
            sqs.send_message(
                QueueUrl=sqs.get_queue_url(QueueName=queue.split(":")[-1])["QueueUrl"],
                MessageBody=json.dumps(event),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                },
            )
        except Exception as lost:  # the log is then the only place left
            sys.stderr.write(f"DeadLetterNotDelivered: {queue}: {lost}\n")


def target_input(target: dict[str, Any], event: dict[str, Any]) -> str:
    """The text a target receives: the event, a constant, a part, or a template filled with parts."""
    if target.get("Input") is not None:
        return target["Input"]
    if target.get("InputPath"):
        return json.dumps(_at(event, target["InputPath"]))
    if target.get("InputTransformer"):
        transformer = target["InputTransformer"]
        values = {name: _at(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
        return _filled(transformer["InputTemplate"], values, event)
    return json.dumps(event)


def _filled(template: str, values: dict[str, Any], event: dict[str, Any]) -> str:
    def replaced(found: re.Match[str]) -> str:
        name = found[1]
        value = event if name == "aws.events.event.json" else values.get(name)
        is_in_text = template[: found.start()].replace('\\"', "").count('"') % 2 == 1
        if not is_in_text:
            return json.dumps(value)
        return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]

    return _PLACEHOLDER.sub(replaced, template)


def _at(event: Any, path: str) -> Any:
    for name in path.removeprefix("$").strip(".").split("."):
        if name:
            event = event.get(name) if isinstance(event, dict) else None
    return event
