"""Performs a plan as CloudFormation does: foresees every change, creates and updates in order, then removes.

Flows in: a `Plan`, clients and records of what was deployed before. Flows out: what `Deployment` reports. There is no
rollback: what was changed before a failure is kept and recorded, and the next deploy goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.deployer.assembly.assets import publish
from local_aws.deployer.assembly.resource import Created, DeployFailed, DeployRefused, Place, Request
from local_aws.deployer.changes import Change, Refusal, collisions, custom_name, decide, is_adoptable
from local_aws.deployer.intrinsics import Scope
from local_aws.deployer.kinds.answers import AlreadyThere, is_there
from local_aws.deployer.not_emulated import stand_in
from local_aws.deployer.plan import Instruction, Plan, StackPlan
from local_aws.deployer.records import Records, ResourceRecord, StackRecord
from local_aws.deployer.removal import Remover

_WAIT_SECONDS = 0.5


@dataclass(kw_only=True)
class Executor:
    """`clock` gives seconds, `sleep` waits; `settle_seconds` bounds the wait for slow resources.

    `adopting` takes over named resources that are there and retained, as `cdk deploy --import-existing-resources`;
    `imports` gives physical ids by logical id, as `cdk import --resource-mapping`.
    """

    place: Place
    client: Callable[[str], Any]
    records: Records
    progress: Callable[[str], None]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    settle_seconds: float = 300.0
    adopting: bool = False
    imports: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    resources: list[tuple[str, str, str]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    not_emulated: list[tuple[str, str]] = field(default_factory=list)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    _exports: dict[str, str] = field(default_factory=dict)
    _slow: list[tuple[Instruction, Request, StackRecord]] = field(default_factory=list)

    def perform(self, plan: Plan) -> None:
        """Everything in order; DeployRefused before any call, DeployFailed names the first resource that failed."""
        self._foresee(plan)
        for stack_plan in plan:
            self.progress(f"{stack_plan.stack.name}: {len(stack_plan.instructions)} resources")
            publish(stack_plan.stack.assets, s3=self.client("s3"), place=self.place)
            record = self._record(stack_plan)
            try:
                self._perform_stack(stack_plan, record)
            finally:
                self.records.write(record)
        for instruction, request, record in self._slow:
            self._settle(instruction, request)
            record.resources[instruction.logical_id] = replace(record.resources[instruction.logical_id], complete=True)
            self.records.write(record)

    def _record(self, plan: StackPlan) -> StackRecord:
        """What is there of the stack; a new one begins its next incarnation."""
        record = self.records.read(plan.stack.name)
        if not record.is_there:
            record.incarnation += 1
        return record

    def _foresee(self, plan: Plan) -> None:
        """What AWS would refuse is refused before anything is changed, where CloudFormation would roll back."""
        outputs: dict[str, dict[str, str]] = {}
        exports: dict[str, str] = {}
        problems: list[str] = []
        for stack_plan in plan:
            record = self._record(stack_plan)
            scope = self._scope(stack_plan, outputs, exports)
            problems += self._foreseen_problems(stack_plan, record, scope)
            outputs[stack_plan.stack.name], more = _outputs(stack_plan, scope)
            exports |= more
        if problems:
            raise DeployRefused("nothing was changed:\n" + "\n".join(f"  - {problem}" for problem in problems))

    def _foreseen_problems(self, plan: StackPlan, record: StackRecord, scope: Scope) -> list[str]:
        problems: list[str] = []
        made: dict[str, tuple[str, Mapping[str, Any]]] = {}
        replaced: set[str] = set()
        for instruction in plan.instructions:
            place = f"{plan.stack.name}/{instruction.logical_id} ({instruction.type})"
            old = record.resources.get(instruction.logical_id)
            properties = scope.resolve(instruction.properties)
            try:
                action, _ = decide(instruction.type, old, properties)
            except Refusal as refusal:
                problems.append(f"{place}: {refusal}")
                action = "keep"
            if action in ("keep", "update") and old is not None:
                scope.created[instruction.logical_id] = self._known(record, instruction.logical_id, old)
                continue
            made[instruction.logical_id] = instruction.type, properties
            replaced |= {instruction.logical_id} if old else set()
            scope.created[instruction.logical_id] = self._foreseen(record, instruction, properties, old)
        kept = {instruction.logical_id for instruction in plan.instructions} - replaced
        gone = {one: old for one, old in record.resources.items() if one not in kept}
        problems += [f"{plan.stack.name}/{one} ({made[one][0]}): {said}" for one, said in collisions(made, gone)]
        return problems

    def _foreseen(
        self, record: StackRecord, instruction: Instruction, properties: Mapping[str, Any], old: ResourceRecord | None
    ) -> Created:
        shape = self._stand_in(record, instruction.logical_id, instruction.type, _generation(record, old))
        name = custom_name(instruction.type, properties)
        return replace(shape, ref=name) if name else shape

    def _known(self, record: StackRecord, logical_id: str, old: ResourceRecord) -> Created:
        if not old.emulated:
            return self._stand_in(record, logical_id, old.type, old.generation)
        return Created(ref=old.ref, attributes=old.attributes)

    def _stand_in(self, record: StackRecord, logical_id: str, kind: str, generation: str) -> Created:
        return stand_in(stack=record.name, logical_id=logical_id, kind=kind, place=self.place, generation=generation)

    def _scope(self, plan: StackPlan, outputs: dict[str, dict[str, str]], exports: dict[str, str]) -> Scope:
        return Scope(
            stack=plan.stack.name,
            place=self.place,
            template=plan.stack.template,
            outputs=outputs,
            exports=exports,
        )

    def _perform_stack(self, plan: StackPlan, record: StackRecord) -> None:
        name = plan.stack.name
        scope = self._scope(plan, self.outputs, self._exports)
        record.protected, record.needs = plan.stack.protected, list(plan.stack.needs)
        for instruction in plan.instructions:
            scope.created[instruction.logical_id] = self._bring(record, instruction, scope)
        self.outputs[name], exports = _outputs(plan, scope)
        self._exports |= exports
        record.outputs = self.outputs[name]
        wanted = {instruction.logical_id for instruction in plan.instructions}
        remover = Remover(place=self.place, client=self.client, changes=self.changes, progress=self.progress)
        remover.clean_up(record, wanted)

    def _bring(self, record: StackRecord, instruction: Instruction, scope: Scope) -> Created:
        """Creates, updates, replaces or leaves one resource, and remembers it."""
        logical_id = instruction.logical_id
        place = f"{record.name}/{logical_id} ({instruction.type})"
        old = record.resources.get(logical_id)
        try:
            properties = scope.resolve(instruction.properties)
            action, why = decide(instruction.type, old, properties)
        except (Refusal, DeployRefused, KeyError) as error:
            raise DeployFailed(f"{place}: {_said(error)}") from error
        policies = {
            "deletion_policy": instruction.deletion_policy,
            "update_replace_policy": instruction.update_replace_policy,
        }
        if action == "keep" and old is not None:
            record.resources[logical_id] = replace(old, **policies)
            self._report(record, instruction, old.ref)
            return self._known(record, logical_id, old)
        generation = _generation(record, old) if action in ("create", "replace") else (old.generation if old else "")
        request = Request(
            stack=record.name,
            logical_id=logical_id,
            type=instruction.type,
            properties=properties,
            place=self.place,
            client=self.client,
            existing=self._known(record, logical_id, old) if old is not None and action == "update" else None,
            before=old.properties if old is not None and action == "update" else {},
            generation=generation,
        )
        if logical_id in self.imports and old is None:
            request = replace(request, existing=Created(ref=next(iter(self.imports[logical_id].values()))))
            action, why = "adopt", "imported by its identifier"
        if instruction.kind is None:
            created = self._stand_in(record, logical_id, instruction.type, generation)
            attributes = {}
        else:
            created, action, why = self._call(instruction, request, place, action, why)
            attributes = {key: str(value) for key, value in created.attributes.items()}
        if action == "replace" and old is not None:
            superseded = replace(old, update_replace_policy=instruction.update_replace_policy)
            record.superseded.append((logical_id, superseded))
            del record.resources[logical_id]  # the new one is the youngest
        settled = instruction.kind.settled if instruction.kind else None
        record.resources[logical_id] = ResourceRecord(
            type=instruction.type,
            properties=properties,
            ref=created.ref,
            attributes=attributes,
            generation=generation,
            complete=settled is None,
            emulated=instruction.kind is not None,
            **policies,
        )
        change = Change(resource=f"{record.name}/{logical_id}", type=instruction.type, action=action, why=why)
        self.changes.append(change)
        if action in ("replace", "adopt") or "interrupts" in why:
            self.progress(str(change))
        self._report(record, instruction, created.ref)
        if settled is not None:
            self._slow.append((instruction, request, record))
        return created

    def _call(
        self, instruction: Instruction, request: Request, place: str, action: Any, why: str
    ) -> tuple[Created, Any, str]:
        if instruction.kind is None:
            raise TypeError(f"{place} has no handler")
        try:
            return instruction.kind.create(request), action, why
        except (ClientError, BotoCoreError, DeployRefused, KeyError, AlreadyThere) as error:
            taken = is_there(error) and request.existing is None
            name = custom_name(instruction.type, request.properties)
            adoptable = name and is_adoptable(instruction.type, request.properties, instruction.deletion_policy)
            if not (taken and self.adopting and adoptable and action == "create"):
                remedy = "mend it and deploy again, what is there is kept"
                if taken and adoptable:
                    remedy = "adopt it (--import-existing-resources), or remove it"
                raise DeployFailed(f"{place}: {_said(error)}; {remedy}") from error
        try:
            adopted = replace(request, existing=Created(ref=str(name)))
            return instruction.kind.create(adopted), "adopt", "it was there"
        except (ClientError, BotoCoreError, DeployRefused, KeyError) as error:
            raise DeployFailed(f"{place}: could not be adopted: {_said(error)}") from error

    def _report(self, record: StackRecord, instruction: Instruction, ref: str) -> None:
        resource = f"{record.name}/{instruction.logical_id}"
        if instruction.kind is None:
            self.not_emulated.append((resource, instruction.type))
        else:
            self.resources.append((resource, instruction.type, ref))

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


def _outputs(plan: StackPlan, scope: Scope) -> tuple[dict[str, str], dict[str, str]]:
    """(outputs, exports) of a stack."""
    declared: Mapping[str, Any] = plan.stack.section("Outputs")
    outputs = {output: scope.resolve(declared[output]["Value"]) for output in plan.outputs}
    exports = {
        scope.resolve(declared[output]["Export"]["Name"]): outputs[output]
        for output in plan.outputs
        if declared[output].get("Export")
    }
    return outputs, exports


def _generation(record: StackRecord, old: ResourceRecord | None) -> str:
    """Of the next resource of its logical id; empty for the first one of a stack that was never there before."""
    if old is None:
        return "" if record.incarnation == 1 else f"{record.incarnation}.0"
    number = int(old.generation.split(".")[1]) if old.generation else 0
    return f"{record.incarnation}.{number + 1}"


def _said(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error)
