"""NF1-Glue-Lab: the pipeline as a Glue workflow, its lane, and the functions that start it and publish its outcomes."""

from __future__ import annotations

from constructs import Construct

from config.settings import Settings
from stacks.constructs.etl_workflow import EtlWorkflow
from stacks.constructs.project_stack import ProjectStack
from stacks.labs.lane import Lane
from stacks.labs.outcome_publisher import GlueOutcomes
from stacks.labs.workflow_starter import WorkflowStarter
from stacks.zones.data_zone import DataZone


class GlueLab(ProjectStack):
    """Needs the data zone only."""

    def __init__(self, scope: Construct, *, settings: Settings, data: DataZone) -> None:
        super().__init__(scope, "Glue-Lab", settings=settings, description="The pipeline as a Glue workflow")
        names = self.names
        lane = Lane(self, name="glue", data=data)
        etl = EtlWorkflow(self, "Etl", pipeline=data.pipeline, names=names, lane=lane.lane)
        etl.node.add_dependency(lane)
        GlueOutcomes(self, "Outcomes", data=data, lane=lane.lane)
        WorkflowStarter(self, "Start", data=data)
