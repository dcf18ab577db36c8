"""pyarrow for Glue's workers, from the account's own asset bucket instead of the package index at each start.

pip takes a wheel only under a wheel's name, and an asset's key is its hash: so the hash names a folder, and the file in
it keeps its name. The file is staged by reference: synth neither hashes nor copies its 45 MB (decision 25).
"""

from __future__ import annotations

import os

import aws_cdk as cdk
from constructs import Construct

from stacks.access.grants import Grant
from stacks.guards.built import built_wheel


class PyarrowWheel(Construct):
    """`s3_url` for `--additional-python-modules`, and the `grant` that a job's role needs for it."""

    def __init__(self, scope: Construct, id: str, *, glue_version: str) -> None:
        """Raises NotBuilt."""
        super().__init__(scope, id)
        wheel, stack = built_wheel(glue_version), cdk.Stack.of(self)
        place = stack.synthesizer.add_file_asset(
            # Relative to the assembly: the same in every checkout.
            file_name=os.path.relpath(wheel.file, cdk.Stage.of(self).outdir),  # type: ignore[union-attr]
            packaging=cdk.FileAssetPackaging.FILE,
            # Key: <sha256>/<name>.whl; the CDK adds the file's extension.
            source_hash=f"{wheel.sha256}/{wheel.file.stem}",
            display_name=f"{id} for Glue {glue_version}",
        )
        self.s3_url = place.s3_object_url
        self.grant = Grant(
            actions=("s3:GetObject",),
            resources=(f"arn:{stack.partition}:s3:::{place.bucket_name}/{place.object_key}",),
        )
