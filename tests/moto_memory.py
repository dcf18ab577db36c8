"""moto's backends belong to the process, so a gateway that starts in a test would find what its predecessor left."""

from moto.backends import get_backend

from local_aws.services.moto_backend import WHOLE_SERVICES


def forget() -> None:
    """As in a new process."""
    for service in sorted({*WHOLE_SERVICES, "glue"}):
        get_backend(service).reset()  # type: ignore[call-overload]
