"""`airflow standalone` without its log servers, and ending when one of its components ends.

Runs inside Airflow's virtual environment. The log servers listen on every address of the machine; the REST API reads
logs from files, so nothing is lost. Standalone itself goes on without a component that died, which looks like a slow
start.
"""

import os
import sys

from airflow.cli.commands import standalone_command  # pyright: ignore[reportMissingImports]

_SERVES_LOGS = ("scheduler", "triggerer")


class LoopbackSubCommand(standalone_command.SubCommand):
    """A component of standalone; two of them are told not to serve logs."""

    def __init__(self, parent, name, command, env):
        more = ["--skip-serve-logs"] if name in _SERVES_LOGS else []
        super().__init__(parent, name=name, command=[*command, *more], env=env)
        self._is_stopping = False

    def run(self):
        super().run()
        code = self.process.wait()
        if not self._is_stopping:
            self.parent.update_output()
            self.parent.print_output("standalone", f"{self.name} ended with code {code}")
            sys.stdout.flush()
            os._exit(1)

    def stop(self):
        self._is_stopping = True
        super().stop()


if __name__ == "__main__":
    standalone_command.SubCommand = LoopbackSubCommand
    standalone_command.StandaloneCommand().run()
