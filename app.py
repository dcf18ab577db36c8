"""Composition root: load the settings, build the stacks, add the checks, synthesise. Calls nothing of AWS."""

from __future__ import annotations

import sys

from config.loading import load_settings
from pipeline.errors import ConfigInvalid
from stacks.cli_context import chosen_environment, only_looks


def main() -> int:
    """Writes the cloud assembly; returns 2 if the settings are refused, or what `make setup` builds is not there."""
    try:
        settings = load_settings(environment=chosen_environment())
    except ConfigInvalid as error:
        sys.stderr.write(f"{error}\n")
        return 2
    # Only now: aws_cdk takes longer to load than the settings to be refused.
    from stacks.app import make_app
    from stacks.guards.built import NotBuilt

    try:
        make_app(settings, validate=False if only_looks() else None).synth()
    except NotBuilt as error:
        sys.stderr.write(f"NotBuilt: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
