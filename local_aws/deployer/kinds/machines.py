"""Step Functions state machines."""

from __future__ import annotations

import json
from typing import Any

from local_aws.deployer.assembly.resource import Created, Kind, Request, words
from local_aws.deployer.kinds.answers import create_or, removing


def state_machine(request: Request) -> Created:
    """An existing machine gets definition and role of now."""
    client, name = request.client("stepfunctions"), request.name("StateMachineName", limit=80)
    arn = request.place.arn("states", f"stateMachine:{name}")
    settings = {"definition": _definition(request), "roleArn": request.properties["RoleArn"]}
    kind = request.properties.get("StateMachineType", "STANDARD")
    create_or(
        request,
        lambda: client.update_state_machine(stateMachineArn=arn, **settings),
        lambda: client.create_state_machine(name=name, type=kind, **settings),
    )
    return Created(ref=arn, attributes={"Arn": arn, "Name": name})


def _definition(request: Request) -> str:
    properties = request.properties
    if location := properties.get("DefinitionS3Location"):
        answer = request.client("s3").get_object(Bucket=location["Bucket"], Key=location["Key"])
        text = answer["Body"].read().decode()
    else:
        text = properties.get("DefinitionString") or json.dumps(properties["Definition"])
    substitutions: dict[str, Any] = properties.get("DefinitionSubstitutions", {})
    for name, value in substitutions.items():
        text = text.replace("${" + name + "}", str(value))
    return text


KINDS = {
    "AWS::StepFunctions::StateMachine": Kind(
        create=state_machine,
        delete=removing("stepfunctions", "delete_state_machine", "stateMachineArn"),
        applied=words(
            "StateMachineName StateMachineType RoleArn Definition DefinitionString DefinitionS3Location "
            "DefinitionSubstitutions"
        ),
        ignored=words("LoggingConfiguration TracingConfiguration EncryptionConfiguration Tags"),
    )
}
