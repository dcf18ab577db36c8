"""Evaluates a template's Rules before anything of its stack is touched, as CloudFormation does.

Flows in: a stack and the place of the deploy. Flows out: the assertions that do not hold, and what a rule may not
contain. Only the rule functions and Ref to parameters and pseudo parameters are known there.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.deployer.assembly.assembly import Stack
from local_aws.deployer.assembly.resource import DeployRefused, Place

SSM_PARAMETER = "AWS::SSM::Parameter::Value<String>"
PUBLISHED = {"/cdk-bootstrap/hnb659fds/version": "30"}
"""Parameters of a bootstrapped account, for which the deployer stands: it publishes assets itself."""
MOST_CONDITIONS = 10


class RuleInvalid(Exception):
    """CloudFormation would refuse the template for what its rule holds."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """One stack's rules; `parameters` are its values by name, pseudo parameters included."""

    stack: str
    rules: Mapping[str, Any]
    parameters: Mapping[str, str]

    def problems(self) -> Iterator[str]:
        """`<stack>/<rule>: <what>`, for each assertion that does not hold."""
        for name, rule in self.rules.items():
            try:
                if "RuleCondition" in rule and not self._truth(rule["RuleCondition"]):
                    continue
                for assertion in rule["Assertions"]:
                    if not self._truth(assertion["Assert"]):
                        yield f"{self.stack}/{name}: {assertion.get('AssertDescription', 'an assertion does not hold')}"
            except RuleInvalid as error:
                yield f"{self.stack}/{name}: {error}"

    def _truth(self, value: Any) -> bool:
        found = self._value(value)
        if not isinstance(found, bool):
            raise RuleInvalid(f"{value!r} gives no truth; a condition or an assertion is a function that does")
        return found

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if len(value) != 1:
            raise RuleInvalid(f"{value!r} is no function of rules; give one function with its arguments")
        [(name, argument)] = value.items()
        match name, argument:
            case "Ref", str():
                return self._ref(argument)
            case "Fn::Equals", [first, second]:
                return self._value(first) == self._value(second)
            case "Fn::Not", [condition]:
                return not self._truth(condition)
            case (("Fn::And" | "Fn::Or"), list()) if 2 <= len(argument) <= MOST_CONDITIONS:
                held = [self._truth(condition) for condition in argument]
                return all(held) if name == "Fn::And" else any(held)
            case "Fn::Contains", [members, wanted]:
                return self._value(wanted) in self._members(members)
            case "Fn::EachMemberEquals", [members, wanted]:
                expected = self._value(wanted)
                return all(member == expected for member in self._members(members))
            case "Fn::EachMemberIn", [members, allowed]:
                known = self._members(allowed)
                return all(member in known for member in self._members(members))
        raise RuleInvalid(
            f"{name} with {argument!r} is unknown in rules here; use Fn::Equals, Fn::Not, Fn::And, Fn::Or, "
            "Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn and Ref to a parameter"
        )

    def _members(self, value: Any) -> list[Any]:
        found = self._value(value)
        if not isinstance(found, list):
            raise RuleInvalid(f"{value!r} is no list; give a list of texts")
        return found

    def _ref(self, name: str) -> str:
        if name not in self.parameters:
            raise RuleInvalid(f"Ref {name} is no parameter with a known value; rules see parameters only")
        return self.parameters[name]


def check_rules(stacks: Iterable[Stack], *, place: Place) -> None:
    """Raises DeployRefused with every assertion that does not hold."""
    problems: list[str] = []
    for stack in stacks:
        rules = Rules(stack=stack.name, rules=stack.section("Rules"), parameters=_parameters(stack, place))
        problems += rules.problems()
    if problems:
        raise DeployRefused("nothing was deployed:\n" + "\n".join(f"  - {problem}" for problem in problems))


def _parameters(stack: Stack, place: Place) -> dict[str, str]:
    """What Ref gives in rules: pseudo parameters, and the defaults of parameters, since a deploy passes none."""
    known = place.pseudo_parameters(stack.name)
    for name, declared in stack.section("Parameters").items():
        default = declared.get("Default")
        value = PUBLISHED.get(str(default)) if declared.get("Type") == SSM_PARAMETER else default
        if value is not None:
            known[name] = value
    return known
