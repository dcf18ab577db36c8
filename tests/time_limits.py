"""How long one test may take, its fixtures included: about ten times what the slowest of its layer needs.

The first test that asks for the shared local AWS also waits for its boot and the deployment.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent
SECONDS = {
    "architecture": 60,
    "unit": 120,
    "infrastructure": 300,
    "docs": 300,
    "bad_inputs": 300,
    "behaviour": 480,
    "faults": 480,
}


def limit_of(file: Path) -> int:
    """Seconds for a test of `file`, by its layer; raises KeyError for a layer without a limit."""
    return SECONDS[file.relative_to(ROOT).parts[0]]
