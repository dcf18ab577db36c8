"""NF1-StepFunctions-Lab: the pipeline as a state machine, its lane, and the function that publishes its outcomes."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

from aws_cdk import aws_events_targets as targets
from constructs import Construct

from config.settings import Settings
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.project_stack import ProjectStack
from stacks.constructs.run_trigger import RunTrigger
from stacks.constructs.service_role import ServiceRole
from stacks.labs.etl_state_machine import EtlStateMachine
from stacks.labs.lane import Lane
from stacks.labs.outcome_publisher import ExecutionOutcomes
from stacks.zones.data_zone import DataZone


class StepFunctionsLab(ProjectStack):
    """Needs the data zone only."""

    def __init__(self, scope: Construct, *, settings: Settings, data: DataZone) -> None:
        super().__init__(scope, "StepFunctions-Lab", settings=settings, description="The pipeline as a state machine")
        lane = Lane(self, name="stepfunctions", data=data)
        outcomes = ExecutionOutcomes(self, "Outcomes", data=data, lane=lane.lane)
        machine = EtlStateMachine(self, "Machine", lane=lane, data=data)
        outcomes.may_be_called_by(machine.own_role)
        RunTrigger(
            self,
            "Start",
            trigger=settings.trigger,
            bucket_name=self.names.data_bucket,
            target=targets.SfnStateMachine(
                machine,
                role=ServiceRole(self, "StartRole", services=("events",), description="Starts the state machine"),
                dead_letter_queue=DeadLetters(self, "UnstartedRuns"),
            ),
        )
