"""Resolves CloudFormation's intrinsic functions once the resources they name are there.

Flows in: template values and a `Scope`. Flows out: plain values. `AWS::NoValue` removes its property.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.deployer.assembly.resource import Created, DeployRefused, Place
from local_aws.deployer.references import stack_output, substitute

_NO_VALUE = object()


@dataclass(kw_only=True)
class Scope:
    """What names mean in one stack: `created` grows while the stack is deployed."""

    stack: str
    place: Place
    template: Mapping[str, Any]
    outputs: Mapping[str, Mapping[str, str]]
    exports: Mapping[str, str]
    created: dict[str, Created] = field(default_factory=dict)

    def resolve(self, value: Any) -> Any:
        """The value with every function replaced; raises DeployRefused for what can't be resolved."""
        found = self._resolve(value)
        return None if found is _NO_VALUE else found

    def holds(self, condition: str) -> bool:
        """Whether a named condition of the template is true."""
        return bool(self._resolve(self.template.get("Conditions", {})[condition]))

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [found for item in value if (found := self._resolve(item)) is not _NO_VALUE]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Ref":
                return self._ref(argument)
            if name == "Condition" and isinstance(argument, str):
                return self.holds(argument)
            if name.startswith("Fn::"):
                return self._function(name, argument)
        return {key: found for key, item in value.items() if (found := self._resolve(item)) is not _NO_VALUE}

    def _ref(self, name: str) -> Any:
        if name in self.created:
            return self.created[name].ref
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name == "AWS::NotificationARNs":
            return []
        if name in (pseudo := self.place.pseudo_parameters(self.stack)):
            return pseudo[name]
        parameter = self.template.get("Parameters", {}).get(name)
        if parameter is None or "Default" not in parameter:
            raise DeployRefused(f"{self.stack}: {name} is no resource made before and no parameter with a default")
        return parameter["Default"]

    def _attribute(self, argument: Any) -> str:
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        found = self.created[name].attributes
        if attribute not in found:
            raise DeployRefused(
                f"{self.stack}: {name} gives no {attribute}; it gives {', '.join(sorted(found)) or 'none'}"
            )
        return found[attribute]

    def _named(self, name: str) -> Any:
        return self._attribute(name) if "." in name else self._ref(name)

    def _function(self, name: str, argument: Any) -> Any:
        match name:
            case "Fn::GetAtt":
                return self._attribute(argument)
            case "Fn::Sub":
                text, given = (argument, {}) if isinstance(argument, str) else argument
                known = self._resolve(given)
                return substitute(text, lambda found: known[found] if found in known else self._named(found))
            case "Fn::Join":
                separator, parts = argument
                return separator.join(str(part) for part in self._resolve(parts))
            case "Fn::Select":
                return self._resolve(argument[1])[int(self._resolve(argument[0]))]
            case "Fn::Split":
                return self._resolve(argument[1]).split(argument[0])
            case "Fn::If":
                return self._resolve(argument[1] if self.holds(argument[0]) else argument[2])
            case "Fn::FindInMap":
                first, second, third = self._resolve(argument[:3])
                return self.template["Mappings"][first][second][third]
            case "Fn::GetStackOutput":
                stack, output = stack_output(self._resolve(argument))
                return self.outputs[stack][output]
            case "Fn::ImportValue":
                return self.exports[self._resolve(argument)]
            case "Fn::Base64":
                return base64.b64encode(self._resolve(argument).encode()).decode()
            case "Fn::GetAZs":
                return [f"{self._resolve(argument) or self.place.region}{letter}" for letter in "abc"]
            case "Fn::Cidr":
                block, count, bits = (self._resolve(item) for item in (*argument, 8)[:3])
                subnets = ipaddress.ip_network(block).subnets(new_prefix=32 - int(bits))
                return [str(next(subnets)) for _ in range(int(count))]
            case "Fn::ToJsonString":
                return json.dumps(self._resolve(argument))
        return self._logic(name, argument)

    def _logic(self, name: str, argument: list[Any]) -> bool:
        found = [self._resolve(item) for item in argument]
        match name:
            case "Fn::Equals":
                return found[0] == found[1]
            case "Fn::And":
                return all(found)
            case "Fn::Or":
                return any(found)
            case "Fn::Not":
                return not found[0]
        raise DeployRefused(f"{self.stack}: the function {name} is not known here; add it to intrinsics.py")
