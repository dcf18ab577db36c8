"""What a deploy can end with, besides success."""


class DeployRefused(Exception):
    """The assembly can't be deployed as it is; nothing was called. Lists every problem."""


class DeployFailed(Exception):
    """A resource could not be created; names stack, logical id, type, the service's answer."""
