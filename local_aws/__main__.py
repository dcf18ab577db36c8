"""`python -m local_aws --port N`: the local AWS in the foreground, until TERM, Ctrl-C or shutdown.

In: arguments. Out: one JSON line `{"endpoint", "pid"}` on standard output once it listens; the log on standard error.
Exit code 2 where the port is taken or the world's state is of another format.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from local_aws.composition import ACCOUNT, REGION, LocalAws
from local_aws.world.files import WorldRefused


def main(arguments: list[str] | None = None) -> int:
    """Serves until told to stop or idle; returns the exit code."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="local_aws-") as folder:
        return _serve(options, options.state or Path(folder))


def _serve(options: argparse.Namespace, state: Path) -> int:
    try:
        local = LocalAws(
            state=state,
            port=options.port,
            account=options.account,
            region=options.region,
            airflow_venv=options.airflow_venv,
            world=options.world,
            spark4_venv=options.spark4_venv,
        )
    except WorldRefused as error:
        print(f"WorldRefused: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except OSError as error:
        print(f"GatewayNotOpened: 127.0.0.1:{options.port} ({error}); choose another --port", file=sys.stderr)  # noqa: T201
        return 2
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: local.stopped.set())
    local.start()
    try:
        print(json.dumps({"endpoint": local.endpoint, "pid": os.getpid()}), flush=True)  # noqa: T201
        if options.prestart_airflow:
            local.mwaa.prestart()
        wait_until_idle(
            stopped=local.stopped,
            last_call=lambda: local.application.last_call,
            limit_seconds=options.idle_minutes * 60,
        )
    finally:
        local.stop()
    return 0


def wait_until_idle(
    *,
    stopped: threading.Event,
    last_call: Callable[[], float],
    limit_seconds: float,
    monotonic: Callable[[], float] = time.monotonic,
) -> bool:
    """True if it ended by idleness, False if by `stopped`. `last_call` in seconds of the same monotonic clock."""
    while True:
        left = limit_seconds - (monotonic() - last_call())
        if left <= 0:
            return True
        if stopped.wait(timeout=left):
            return False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local_aws", description=__doc__)
    parser.add_argument("--state", type=Path, help="folder for logs, databases and scratch files (default: none stays)")
    parser.add_argument("--world", type=Path, help="folder for data that outlives this process (default: none does)")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (0: any free one)")
    parser.add_argument("--account", default=ACCOUNT)
    parser.add_argument("--region", default=REGION)
    parser.add_argument("--idle-minutes", type=float, default=60.0, help="stop when nobody called for so long")
    parser.add_argument("--airflow-venv", type=Path, default=Path(".venv-airflow"), help="Airflow's environment")
    parser.add_argument("--spark4-venv", type=Path, default=Path(".venv-spark4"), help="environment of Glue 6.0's jobs")
    parser.add_argument("--prestart-airflow", action="store_true", help="boot Airflow now; an environment adopts it")
    return parser


if __name__ == "__main__":
    sys.exit(main())
