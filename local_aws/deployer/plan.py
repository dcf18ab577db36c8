"""Decides a whole deploy without a call: which resources, in which order, by which handler.

Flows in: stacks. Flows out: a `Plan`, or DeployRefused listing every unknown type, property,
function and reference at once, each with stack, logical id, type and remedy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from local_aws.deployer.assembly.assembly import Stack
from local_aws.deployer.assembly.resource import DeployRefused, Kind, Place
from local_aws.deployer.intrinsics import Scope
from local_aws.deployer.not_emulated import NOT_EMULATED
from local_aws.deployer.references import references


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """One resource that is to be there; `kind` is None for what is not emulated."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    kind: Kind | None
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"


@dataclass(frozen=True, kw_only=True)
class StackPlan:
    """A stack's instructions in an order in which every reference points back."""

    stack: Stack
    instructions: tuple[Instruction, ...]
    outputs: tuple[str, ...]


Plan = tuple[StackPlan, ...]


def make_plan(stacks: tuple[Stack, ...], *, kinds: Mapping[str, Kind], place: Place) -> Plan:
    """The plan of all stacks, or DeployRefused."""
    problems: list[str] = []
    outputs: dict[str, set[str]] = {}
    plan = []
    for stack in stacks:
        scope = Scope(stack=stack.name, place=place, template=stack.template, outputs={}, exports={})
        resources = {
            logical_id: resource
            for logical_id, resource in stack.section("Resources").items()
            if "Condition" not in resource or scope.holds(resource["Condition"])
        }
        kept = {
            name: output
            for name, output in stack.section("Outputs").items()
            if "Condition" not in output or scope.holds(output["Condition"])
        }
        problems += [f"{stack.name}/{problem}" for problem in _problems(stack, resources, kept, kinds, outputs)]
        outputs[stack.name] = set(kept)
        try:
            order = list(_order(resources))
        except CycleError as error:
            problems.append(f"{stack.name}: resources wait for each other: {' -> '.join(error.args[1])}")
            continue
        # The deployer carries custom resources out itself, so nobody would ever call their functions.
        providers = {
            argument
            for resource in resources.values()
            for function, argument in references(resource.get("Properties", {}).get("ServiceToken"))
            if function == "Fn::GetAtt"
        }
        instructions = tuple(
            _instruction(logical_id, resources[logical_id], {} if logical_id in providers else kinds)
            for logical_id in order
        )
        plan.append(StackPlan(stack=stack, instructions=instructions, outputs=tuple(kept)))
    if problems:
        raise DeployRefused("nothing was deployed:\n" + "\n".join(f"  - {problem}" for problem in problems))
    return tuple(plan)


def _instruction(logical_id: str, resource: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Instruction:
    return Instruction(
        logical_id=logical_id,
        type=resource["Type"],
        properties=resource.get("Properties", {}),
        kind=kinds.get(resource["Type"]),
        deletion_policy=resource.get("DeletionPolicy", "Delete"),
        update_replace_policy=resource.get("UpdateReplacePolicy", "Delete"),
    )


def _order(resources: Mapping[str, Any]) -> Iterator[str]:
    waits = {}
    for logical_id, resource in resources.items():
        depends = resource.get("DependsOn", [])
        before = {depends} if isinstance(depends, str) else set(depends)
        before |= {
            argument
            for function, argument in references(resource.get("Properties", {}))
            if function in ("Ref", "Fn::GetAtt")
        }
        waits[logical_id] = before & resources.keys()
    return iter(TopologicalSorter(waits).static_order())


def _problems(
    stack: Stack,
    resources: Mapping[str, Any],
    outputs: Mapping[str, Any],
    kinds: Mapping[str, Kind],
    earlier: Mapping[str, set[str]],
) -> Iterator[str]:
    for logical_id, resource in resources.items():
        place = f"{logical_id} ({resource['Type']})"
        yield from _type_problems(place, resource, kinds)
        for problem in _reference_problems(stack, resources, resource.get("Properties", {}), earlier):
            yield f"{place}: {problem}"
    for name, output in outputs.items():
        for problem in _reference_problems(stack, resources, output["Value"], earlier):
            yield f"output {name}: {problem}"


def _type_problems(place: str, resource: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Iterator[str]:
    kind = kinds.get(resource["Type"])
    if kind is None:
        if resource["Type"] not in NOT_EMULATED:
            yield (
                f"{place}: the type is unknown to the local AWS; write a handler in local_aws/deployer/kinds or give "
                "its reason in not_emulated.py"
            )
        return
    for name in sorted(resource.get("Properties", {}).keys() - kind.applied - kind.ignored):
        yield f"{place}: the property {name} would be lost; apply it in its handler or list it as ignored"


def _reference_problems(
    stack: Stack, resources: Mapping[str, Any], value: Any, earlier: Mapping[str, set[str]]
) -> Iterator[str]:
    parameters, conditions = stack.section("Parameters"), stack.section("Conditions")
    for function, argument in references(value):
        match function:
            case "Ref":
                known = (
                    argument in resources or argument.startswith("AWS::") or "Default" in parameters.get(argument, {})
                )
            case "Fn::GetAtt":
                known = argument in resources
            case "Condition":
                known = argument in conditions
            case "Fn::FindInMap":
                known = not isinstance(argument, str) or argument in stack.section("Mappings")
            case "Fn::GetStackOutput":
                known = argument[1] in earlier.get(argument[0], ())
            case _:
                known = False
        if not known:
            yield f"{function} {argument!r} can't be resolved; name a part of the template or of a stack it depends on"
