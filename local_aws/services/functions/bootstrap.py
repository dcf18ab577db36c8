"""Runs inside a function's subprocess: event in from standard input, result out to the file named by the argument.

Stands alone: standard library only, and nothing of this project is importable from a function.
"""

import importlib
import json
import os
import sys
import time
import traceback


class Context:
    """The handler's second argument."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self.aws_request_id = os.environ["LOCAL_REQUEST_ID"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = "$LATEST"
        self.invoked_function_arn = os.environ["LOCAL_FUNCTION_ARN"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is killed."""
        return max(0, round((self._deadline - time.monotonic()) * 1000))


def main(result_file: str) -> None:
    """Writes {"result": ...} or {"error": {errorMessage, errorType, stackTrace}}."""
    context = Context(time.monotonic() + float(os.environ["LOCAL_TIMEOUT_SECONDS"]))
    event = json.load(sys.stdin)
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    try:
        module, _, name = os.environ["_HANDLER"].rpartition(".")
        handler = getattr(importlib.import_module(module.replace("/", ".")), name)
        answer = {"result": handler(event, context)}
        text = json.dumps(answer)
    except BaseException as error:
        traceback.print_exc()
        described = {
            "errorMessage": str(error),
            "errorType": type(error).__name__,
            "stackTrace": traceback.format_tb(error.__traceback__),
        }
        text = json.dumps({"error": described})
    with open(result_file, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main(sys.argv[1])
