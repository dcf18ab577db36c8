"""What the CDK CLI was told on its command line, read before the CDK is loaded."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping


def chosen_environment(environ: Mapping[str, str] = os.environ) -> str | None:
    """The value of `cdk ... -c environment=prod`, or None; the CLI hands its context over in a variable, as JSON."""
    return json.loads(environ.get("CDK_CONTEXT_JSON", "{}")).get("environment")
