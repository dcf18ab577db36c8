"""How a job ends: by returning, or by raising an error whose last traceback line is `Name: what happened`.

Flows in: a job's main function. Flows out: nothing, or that error; never SystemExit, of any code, since Glue's Spark
runner reports each as FAILED by the name "SystemExit". The error's class is made here without a module: the
traceback, and so Glue's message, would put a module's path before the name of any other.
"""

from __future__ import annotations

from collections.abc import Callable

from botocore.exceptions import ClientError

from lake.named_failures import NAMED_FAILURES
from pipeline.errors import PipelineError

LONGEST = 1_000  # characters of a message: ours, Glue documents no limit


class JobExited(Exception):
    """The job's code called `sys.exit` where it should have returned or raised."""


def end_by_name(main: Callable[[list[str]], None], argv: list[str]) -> None:
    """Runs `main`; raises what failed under its own name. What nobody foresaw keeps its class and traceback."""
    try:
        main(argv)
    except NAMED_FAILURES as failure:
        raise named(failure.name, failure.message) from None
    except ClientError as failure:
        error = failure.response.get("Error", {})
        message = f"{failure.operation_name} was refused: {error.get('Message', 'no message')}"
        raise named(error.get("Code", "ClientError"), message) from None
    except SystemExit as failure:
        # Whatever its code says: the work was left in the middle, and Glue takes it for a failure.
        message = f"the job ended by SystemExit {failure.code!r}; it must return or raise a named error"
        raise named(JobExited.__name__, message) from failure


def named(name: str, message: str) -> PipelineError:
    """An error that a traceback shows as exactly `name: message`, in one line of bounded length."""
    text = " ".join(message.split())[: LONGEST - len(name)]
    return type(name, (PipelineError,), {"__module__": "builtins", "__str__": lambda self: self.message})(text)
