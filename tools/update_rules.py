"""Writes local_aws/deployer/update_rules.json: what CloudFormation's resource schemas say about updates.

Run it where cfn-lint is installed, for it ships the schemas (145 MB with what it needs, too much for every checkout):
`uv run --no-project --with cfn-lint==1.58.0 python tools/update_rules.py`, or with `--check` to compare only. The
result is checked in; types are those that the local deployer knows, so a new handler means a new run.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import resources
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "local_aws" / "deployer" / "update_rules.json"
KNOWN = (*sorted((ROOT / "local_aws/deployer/kinds").glob("*.py")), ROOT / "local_aws/deployer/not_emulated.py")
REGION = "us-east-1"


def types() -> list[str]:
    """Every AWS type that the deployer's sources name as a key."""
    found = {name for file in KNOWN for name in re.findall(r'"(AWS::\w+::\w+)":', file.read_text(encoding="utf-8"))}
    return sorted(found)


def schema(name: str) -> dict[str, list[str]] | None:
    """cfn-lint's schema of a type, None for a type that has none."""
    schemas = resources.files("cfnlint").joinpath("data/schemas")
    digests = json.loads(schemas.joinpath(f"providers/{REGION}.json").read_text(encoding="utf-8"))
    if name not in digests:
        return None
    [file] = [one for one in schemas.joinpath("resources").iterdir() if digests[name] in one.name]
    return json.loads(file.read_text(encoding="utf-8"))


def rules(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Paths below /properties/: create-only, perhaps create-only, and the identifier that an import must give."""
    names = {
        "create_only": "createOnlyProperties",
        "perhaps": "conditionalCreateOnlyProperties",
        "identifier": "primaryIdentifier",
        "read_only": "readOnlyProperties",
    }
    paths = {
        key: sorted(str(path).removeprefix("/properties/") for path in found.get(name, []))
        for key, name in names.items()
    }
    read_only = set(paths.pop("read_only"))
    paths["given_by_aws"] = [one for one in paths["identifier"] if one in read_only]
    return {key: value for key, value in paths.items() if value}


def main() -> int:
    found = {name: rules(one) if (one := schema(name)) else {} for name in types()}
    text = json.dumps({"source": f"cfn-lint {version('cfn-lint')}, {REGION}", "types": found}, indent=1) + "\n"
    if "--check" in sys.argv[1:]:
        same = TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text
        print(f"{TARGET.name}: {'is what the schemas say' if same else 'differs; run this without --check'}")
        return 0 if same else 1
    TARGET.write_text(text, encoding="utf-8")
    print(f"{TARGET.name}: {len(found)} types")
    return 0


if __name__ == "__main__":
    sys.exit(main())
