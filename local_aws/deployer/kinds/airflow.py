"""MWAA environments. Airflow boots for half a minute, so a deploy goes on and waits at its end."""

from __future__ import annotations

from local_aws.deployer.assembly.resource import Created, Kind, Request, words
from local_aws.deployer.kinds.answers import removing, whole

_NUMBERS = words("MaxWebservers MaxWorkers MinWebservers MinWorkers Schedulers")
_ENVIRONMENT = _NUMBERS | words(
    "AirflowConfigurationOptions AirflowVersion DagS3Path EndpointManagement EnvironmentClass ExecutionRoleArn KmsKey "
    "LoggingConfiguration NetworkConfiguration PluginsS3Path RequirementsS3Path SourceBucketArn StartupScriptS3Path "
    "WebserverAccessMode WeeklyMaintenanceWindowStart"
)
# UpdateEnvironment takes neither.
_FIXED = ("KmsKey", "EndpointManagement")


def environment(request: Request) -> Created:
    """Starts creation or update; `ready` tells when it is over."""
    mwaa, name = request.client("mwaa"), request.properties["Name"]
    settings = whole(request.chosen(*_ENVIRONMENT), _NUMBERS)
    if options := settings.get("AirflowConfigurationOptions"):
        settings["AirflowConfigurationOptions"] = {key: str(value) for key, value in options.items()}
    settings["LoggingConfiguration"] = {
        part: {key: value for key, value in group.items() if key != "CloudWatchLogGroupArn"}
        for part, group in settings.get("LoggingConfiguration", {}).items()
    }
    if request.existing:
        network = settings.get("NetworkConfiguration", {})
        settings["NetworkConfiguration"] = {"SecurityGroupIds": network.get("SecurityGroupIds", [])}
        mwaa.update_environment(Name=name, **{key: value for key, value in settings.items() if key not in _FIXED})
    else:
        mwaa.create_environment(Name=name, **settings)
    arn = request.place.arn("airflow", f"environment/{name}")
    return Created(ref=name, attributes={"Arn": arn, "WebserverUrl": f"{name}.local"})


def ready(request: Request) -> str | None:
    """None while Airflow boots, "" once it is available, else why it is not."""
    answer = request.client("mwaa").get_environment(Name=request.properties["Name"])["Environment"]
    status = answer["Status"]
    if status == "AVAILABLE":
        return ""
    if status in ("CREATE_FAILED", "UPDATE_FAILED", "UNAVAILABLE", "DELETED"):
        said = answer.get("LastUpdate", {}).get("Error", {}).get("ErrorMessage", "")
        return f"ended {status}: {said or 'no reason given'}; look at Airflow's log"
    return None


KINDS = {
    "AWS::MWAA::Environment": Kind(
        create=environment,
        delete=removing("mwaa", "delete_environment", "Name"),
        applied=_ENVIRONMENT | {"Name"},
        ignored=words(
            "PluginsS3ObjectVersion RequirementsS3ObjectVersion StartupScriptS3ObjectVersion Tags "
            "WorkerReplacementStrategy"
        ),
        settled=ready,
    )
}
