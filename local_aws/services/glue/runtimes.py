"""Glue versions that jobs run on here, each with its interpreter and Java.

In: a job's GlueVersion. Out: the Python whose Spark and boto3 are that version's, and what its Spark asks of Java; a
version that nobody serves is refused by name. 5.1 is the application's own environment; 6.0 (Spark 4.1.1, ANSI
SQL) has one of its own, which `make test` makes. Both run on the checkout's Python, AWS's 6.0 on 3.13.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.services.java import java_home
from local_aws.wire.errors import AwsError

VECTOR = "jdk.incubator.vector"
"""Spark 4.1 starts Java with this module, which some builds of Java lack."""
SPARK4_REMEDY = "`python3 tools/setup.py --tests` makes it"


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """`python` runs the script; Spark's Java must have `java_module`, if any."""

    version: str
    python: Path
    java_module: str | None = None


class Runtimes:
    """`spark4_venv` is the virtual environment of Glue 6.0."""

    def __init__(self, *, spark4_venv: Path) -> None:
        known = (
            Runtime(version="5.1", python=Path(sys.executable)),
            Runtime(version="6.0", python=spark4_venv.absolute() / "bin" / "python", java_module=VECTOR),
        )
        self._known = {runtime.version: runtime for runtime in known}
        self._java: dict[str | None, Path | None] = {}

    def of(self, definition: dict[str, Any]) -> Runtime:
        """The definition's runtime; raises NotImplementedLocally where there is none here, with the remedy."""
        version = definition.get("GlueVersion")
        runtime = self._known.get(version or "")
        if runtime is None:
            # AWS would choose one; which one changes with time, and with it Spark, Python and the price.
            said = f"GlueVersion {version}" if version else "a job without GlueVersion"
            raise AwsError("NotImplementedLocally", f"{said} is not served by the local AWS; say 5.1 or 6.0")
        if not runtime.python.exists():
            raise AwsError(
                "NotImplementedLocally",
                f"Glue {version} runs in an environment that is not there ({runtime.python}); {SPARK4_REMEDY}",
            )
        if runtime.java_module and self.java_of(runtime) is None:
            raise AwsError(
                "NotImplementedLocally",
                f"Glue {version} needs a Java 17 or 21 with {runtime.java_module}; install one (Debian and Ubuntu: "
                "`apt-get install openjdk-17-jre-headless`) or name it with JAVA_HOME",
            )
        return runtime

    def java_of(self, runtime: Runtime) -> Path | None:
        """JAVA_HOME for the runtime's Spark, looked for once."""
        if runtime.java_module not in self._java:
            self._java[runtime.java_module] = java_home(module=runtime.java_module)
        return self._java[runtime.java_module]
