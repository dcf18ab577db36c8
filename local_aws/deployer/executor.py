"""Performs a plan, resource by resource, and waits for those that take their time.

Flows in: a `Plan` and clients. Flows out: what `Deployment` reports. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.deployer.assets import publish
from local_aws.deployer.errors import DeployFailed, DeployRefused
from local_aws.deployer.intrinsics import Scope
from local_aws.deployer.not_emulated import stand_in
from local_aws.deployer.plan import Instruction, Plan, StackPlan
from local_aws.deployer.resource import Created, Place, Request

_WAIT_SECONDS = 0.5


@dataclass(kw_only=True)
class Executor:
    """`clock` gives seconds, `sleep` waits; `settle_seconds` bounds the wait for slow resources."""

    place: Place
    client: Callable[[str], Any]
    progress: Callable[[str], None]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    settle_seconds: float = 300.0
    created: list[tuple[str, str, str]] = field(default_factory=list)
    not_emulated: list[tuple[str, str]] = field(default_factory=list)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    _exports: dict[str, str] = field(default_factory=dict)
    _slow: list[tuple[Instruction, Request]] = field(default_factory=list)

    def perform(self, plan: Plan) -> None:
        """Everything in order; DeployFailed names the first resource that did not come up."""
        for stack_plan in plan:
            self.progress(f"{stack_plan.stack.name}: {len(stack_plan.instructions)} resources")
            publish(stack_plan.stack.assets, s3=self.client("s3"), place=self.place)
            self._perform_stack(stack_plan)
        for instruction, request in self._slow:
            self._settle(instruction, request)

    def _perform_stack(self, plan: StackPlan) -> None:
        name = plan.stack.name
        scope = Scope(
            stack=name,
            place=self.place,
            template=plan.stack.template,
            outputs=self.outputs,
            exports=self._exports,
        )
        for instruction in plan.instructions:
            scope.created[instruction.logical_id] = self._create(name, instruction, scope)
        declared: Mapping[str, Any] = plan.stack.section("Outputs")
        self.outputs[name] = {output: scope.resolve(declared[output]["Value"]) for output in plan.outputs}
        for output in plan.outputs:
            if export := declared[output].get("Export"):
                self._exports[scope.resolve(export["Name"])] = self.outputs[name][output]

    def _create(self, stack: str, instruction: Instruction, scope: Scope) -> Created:
        if instruction.kind is None:
            self.not_emulated.append((f"{stack}/{instruction.logical_id}", instruction.type))
            return stand_in(stack=stack, logical_id=instruction.logical_id, kind=instruction.type, place=self.place)
        place = f"{stack}/{instruction.logical_id} ({instruction.type})"
        try:
            request = Request(
                stack=stack,
                logical_id=instruction.logical_id,
                type=instruction.type,
                properties=scope.resolve(instruction.properties),
                place=self.place,
                client=self.client,
            )
            created = instruction.kind.create(request)
        except (ClientError, BotoCoreError, DeployRefused, KeyError) as error:
            said = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise DeployFailed(f"{place}: {said}; mend it and deploy again, what is there is kept") from error
        self.created.append((f"{stack}/{instruction.logical_id}", instruction.type, created.ref))
        if instruction.kind.settled is not None:
            self._slow.append((instruction, request))
        return created

    def _settle(self, instruction: Instruction, request: Request) -> None:
        place = f"{request.stack}/{request.logical_id} ({request.type})"
        settled = instruction.kind.settled if instruction.kind else None
        if settled is None:
            return
        self.progress(f"waiting for {place}")
        end = self.clock() + self.settle_seconds
        while (answer := settled(request)) is None:
            if self.clock() >= end:
                raise DeployFailed(f"{place}: not ready after {self.settle_seconds:.0f} s; look at the local AWS's log")
            self.sleep(_WAIT_SECONDS)
        if answer:
            raise DeployFailed(f"{place}: {answer}")
