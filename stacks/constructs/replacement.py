"""What becomes of a resource with messages or data when an update replaces it."""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
from constructs import IConstruct

from stacks.constructs.project_stack import RETAIN, ProjectStack


def keep_when_replaced(construct: IConstruct) -> None:
    """Outside dev the replaced resource stays, with what is in it; its own deletion is decided elsewhere."""
    if cast(ProjectStack, cdk.Stack.of(construct)).removal == RETAIN:
        resource = cast(cdk.CfnResource, construct.node.default_child)
        resource.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.RETAIN
