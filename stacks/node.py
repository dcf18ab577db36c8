"""Which Node.js runs the CDK's core, decided before jsii starts it.

Does not install anything: `make setup` brings Node 24 into the virtual environment.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

CACHE = Path(__file__).resolve().parent.parent / ".cache" / "jsii"


def prefer_the_environments_node() -> None:
    """Sets what jsii reads, unless it is set: the interpreter's own Node, and a package cache inside the checkout."""
    node = Path(sys.executable).with_name("node")
    if node.exists():
        os.environ.setdefault("JSII_NODE", str(node))
    os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(CACHE))
