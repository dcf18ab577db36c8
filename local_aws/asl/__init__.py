"""An interpreter of the Amazon States Language, JSONPath only, checked against answers recorded from AWS.

In: a definition, an input, a seam to the services, a clock. Out: an outcome and a history.
Anything it does not support is refused by name when the definition is parsed, never ignored.
"""

from local_aws.asl.definition import StateMachine, parse
from local_aws.asl.execution import Execution
from local_aws.asl.runtime.branch import TaskRunner
from local_aws.asl.runtime.errors import InvalidDefinition, NotRedrivable, TaskError
from local_aws.asl.runtime.outcome import Aborted, Failed, Outcome, Succeeded, TimedOut

__all__ = [
    "Aborted",
    "Execution",
    "Failed",
    "InvalidDefinition",
    "NotRedrivable",
    "Outcome",
    "StateMachine",
    "Succeeded",
    "TaskError",
    "TaskRunner",
    "TimedOut",
    "parse",
]
