"""Reads a CDK cloud assembly (cdk.out): stacks in dependency order, their templates and file assets.

Flows in: a directory. Flows out: frozen `Stack`s. Nothing is called and no intrinsic is resolved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from local_aws.deployer.assembly.resource import DeployRefused


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A file or folder to be put to a bucket; names may hold ${AWS::AccountId} and the like."""

    source: Path
    packaging: str
    bucket: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One stack of the assembly; `protected` is termination protection."""

    name: str
    template: Mapping[str, Any]
    assets: tuple[Asset, ...]
    needs: tuple[str, ...]
    protected: bool = False

    def section(self, name: str) -> Mapping[str, Any]:
        """A top-level section of the template, empty where it is not there."""
        return self.template.get(name, {})


def read_assembly(folder: Path, wanted: tuple[str, ...] | None = None) -> tuple[Stack, ...]:
    """The wanted stacks (all by default) with all that they need, needed ones first."""
    manifest_file = folder / "manifest.json"
    if not manifest_file.is_file():
        raise DeployRefused(f"{folder} holds no manifest.json; synthesise first (`python app.py` or `cdk synth`)")
    artifacts = json.loads(manifest_file.read_text(encoding="utf-8"))["artifacts"]
    stacks = {
        artifact_id: artifact
        for artifact_id, artifact in artifacts.items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    names = {artifact_id: _name(artifact_id, artifact) for artifact_id, artifact in stacks.items()}
    needs = {
        names[i]: [names[n] for n in artifact.get("dependencies", ()) if n in names] for i, artifact in stacks.items()
    }
    order = list(TopologicalSorter(needs).static_order())
    if wanted is not None:
        order = [name for name in order if name in _with_needs(wanted, needs)]
    by_name = {names[i]: artifact for i, artifact in stacks.items()}
    return tuple(_read_stack(folder, name, by_name[name], artifacts, tuple(needs[name])) for name in order)


def _name(artifact_id: str, artifact: Mapping[str, Any]) -> str:
    return artifact["properties"].get("stackName", artifact_id)


def _with_needs(wanted: tuple[str, ...], needs: Mapping[str, list[str]]) -> set[str]:
    unknown = sorted(set(wanted) - needs.keys())
    if unknown:
        raise DeployRefused(f"no stack {', '.join(unknown)}; there are {', '.join(sorted(needs))}")
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needs[name]
    return found


def _read_stack(
    folder: Path, name: str, artifact: Mapping[str, Any], artifacts: Mapping[str, Any], needs: tuple[str, ...]
) -> Stack:
    template = json.loads((folder / artifact["properties"]["templateFile"]).read_text(encoding="utf-8"))
    lists = [
        artifacts[needed]["properties"]["file"]
        for needed in artifact.get("dependencies", ())
        if artifacts.get(needed, {}).get("type") == "cdk:asset-manifest"
    ]
    assets = tuple(asset for file in lists for asset in _read_assets(folder / file))
    protected = bool(artifact["properties"].get("terminationProtection"))
    return Stack(name=name, template=template, assets=assets, needs=needs, protected=protected)


def _read_assets(file: Path) -> list[Asset]:
    listed = json.loads(file.read_text(encoding="utf-8"))
    if listed.get("dockerImages"):
        raise DeployRefused(f"{file.name} lists container images; the local AWS has no containers, use file assets")
    return [
        Asset(
            source=file.parent / entry["source"]["path"],
            packaging=entry["source"].get("packaging", "file"),
            bucket=destination["bucketName"],
            key=destination["objectKey"],
        )
        for entry in listed.get("files", {}).values()
        for destination in entry["destinations"].values()
    ]
