"""What is deployed does not depend on whose machine deploys: library, assets, templates, code version."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.code_version import code_version
from stacks.guards.built import NotBuilt, built_core, built_wheel
from tests.infrastructure.checkouts import ROOT, WHEELS, checkout, files, run, with_wheels
from tests.infrastructure.graph import resources

STRICT_CSV = Path("strict_csv")
COMPILE = "tools/compile_core.py"
# Not one of these may change a byte.
OTHER_MACHINE = {
    "PATH": "/nowhere",
    "CC": "false",
    "CFLAGS": "-O0 -march=native",
    "CPATH": "/nowhere/include",
    "LIBRARY_PATH": "/nowhere/lib",
    "LANG": "de_DE.UTF-8",
    "TZ": "Asia/Tokyo",
}


@pytest.fixture(scope="module")
def clones(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two checkouts in different folders, each with the library that it compiled itself; one has no other compiler."""
    places = [tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other") / "much" / "deeper" / "down"]
    for place, environment in zip(places, ({"HOME": "/root"}, OTHER_MACHINE), strict=True):
        made = run(with_wheels(checkout(place)), COMPILE, **environment)
        assert made.returncode == 0, made.stderr
        assert made.stderr == ""
    return places


def libraries(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / STRICT_CSV).glob("*.so")}


def test_two_machines_compile_the_same_library(clones: list[Path]) -> None:
    recorded = json.loads((ROOT / STRICT_CSV / "core.lock.json").read_text())
    one, other = ([libraries(clone)[recorded["library"]]] for clone in clones)
    assert one == other
    assert not [word for clone in clones for word in (str(clone), str(ROOT)) if word.encode() in one[0]]


def test_two_machines_synthesise_the_same_assets_and_templates(clones: list[Path]) -> None:
    assemblies = []
    for clone, more in zip(clones, ({}, {"LANG": "de_DE.UTF-8", "TZ": "Asia/Tokyo"}), strict=True):
        done = run(clone, "app.py", CDK_OUTDIR=str(clone / "cdk.out"), **more)
        assert done.returncode == 0, done.stderr
        assembly = files(clone / "cdk.out")
        # What tells where it was made: the tree's traces and the report; neither is deployed.
        assemblies.append({name: data for name, data in assembly.items() if deployed(name)})
    one, other = assemblies
    assert sorted(one) == sorted(other)
    assert [name for name in one if one[name] != other[name]] == []
    assert sum(name.endswith(".template.json") for name in one) == 6
    assert sum(name.endswith(".so") for name in one) == 1


def deployed(name: str) -> bool:
    return name.endswith((".template.json", ".assets.json")) or name.startswith("asset.")


def test_another_compiler_is_not_taken_for_the_recorded_one(clones: list[Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(clones[0] / STRICT_CSV, tmp_path / STRICT_CSV))
    library = tmp_path / built_core(tmp_path)
    library.write_bytes(library.read_bytes() + b"\0")
    with pytest.raises(NotBuilt, match="is not the library that"):
        built_core(tmp_path)
    library.unlink()
    with pytest.raises(NotBuilt, match=r"core-[0-9a-f]{16}-linux-x86_64.so is missing.*make setup"):
        built_core(tmp_path)
    (folder / "core.c").write_text("int changed;")
    with pytest.raises(NotBuilt, match="--record"):
        built_core(tmp_path)


def test_a_machine_that_gets_other_bytes_is_refused(clones: list[Path]) -> None:
    lock = clones[0] / STRICT_CSV / "core.lock.json"
    before = lock.read_text()
    lock.write_text(json.dumps({**json.loads(before), "library_sha256": 64 * "0"}))
    made = run(clones[0], COMPILE)
    lock.write_text(before)
    assert made.returncode == 1
    assert "would deploy another library than others do" in made.stderr


def test_a_checkout_without_the_library_is_not_synthesised(tmp_path: Path) -> None:
    done = run(checkout(tmp_path), "app.py", CDK_OUTDIR=str(tmp_path / "cdk.out"))
    assert done.returncode == 2
    assert "NotBuilt: " in done.stderr
    assert "Compile it with: make setup" in done.stderr
    assert not list(tmp_path.glob("cdk.out/*.template.json"))


def test_a_checkout_without_the_wheel_is_not_synthesised(tmp_path: Path) -> None:
    with pytest.raises(NotBuilt, match=r"pyarrow-.*cp313.* is missing.*glue_wheels.py fetch 6.0"):
        built_wheel("6.0", checkout(tmp_path))


def test_the_code_version_is_of_the_sources(tmp_path: Path) -> None:
    before = code_version(checkout(tmp_path))
    (tmp_path / STRICT_CSV / "core-0123456789abcdef-linux-x86_64.so").write_bytes(b"any library")
    (tmp_path / "pipeline" / "__pycache__").mkdir()
    (tmp_path / "pipeline" / "__pycache__" / "steps.cpython-311.pyc").write_bytes(b"byte code")
    (tmp_path / "README.md").write_text("no job reads it")
    assert code_version(tmp_path) == before
    seen = {before}
    for name in ("pipeline/steps.py", "glue_scripts/convert.py", "datasets/flights/contract.yaml"):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes() + b"\n")
        seen.add(code_version(tmp_path))
    (tmp_path / "pipeline" / "steps.py").rename(tmp_path / "pipeline" / "other.py")
    seen.add(code_version(tmp_path))
    assert len(seen) == 5


def test_jobs_are_told_the_code_version_of_the_sources(template: Callable[..., dict[str, Any]]) -> None:
    jobs = resources(template("NF1-DataZone"), "AWS::Glue::Job")
    told = {job["DefaultArguments"].get("--code_version") for job in jobs} - {None}
    assert told == {code_version()}


def test_pyarrow_is_staged_where_it_lies_under_a_name_that_pip_takes(assembly: Callable[[str], Path]) -> None:
    out = assembly("us-east-1")
    listed = json.loads((out / "NF1-DataZone.assets.json").read_text())["files"].values()
    [wheel] = [asset for asset in listed if asset["source"]["path"].endswith(".whl")]
    file = (out / wheel["source"]["path"]).resolve()
    assert file.parent == ROOT / WHEELS
    assert not list(out.rglob("*.whl")), "45 MB were copied into the assembly"
    [place] = wheel["destinations"].values()
    folder, name = place["objectKey"].split("/")
    assert name == file.name
    locked = json.loads((ROOT / "glue-wheels.lock.json").read_text())["cp311"]
    assert (name, folder) == (locked["file"], locked["sha256"])
    for job in resources(json.loads((out / "NF1-DataZone.template.json").read_text()), "AWS::Glue::Job"):
        told = job["DefaultArguments"]
        assert told["--additional-python-modules"] == f"s3://{place['bucketName']}/{place['objectKey']}"
        assert told["--python-modules-installer-option"] == "--no-index"


def test_the_downloaded_wheel_is_the_locked_one_and_needs_nothing_else() -> None:
    from email.parser import Parser
    from zipfile import ZipFile

    from tools.glue_wheels import sha256_of

    wheel = built_wheel("5.1")
    assert sha256_of(wheel.file) == wheel.sha256
    name, version = wheel.file.name.split("-")[:2]
    with ZipFile(wheel.file) as archive:
        said = Parser().parsestr(archive.read(f"{name}-{version}.dist-info/METADATA").decode())
    assert said["Version"] == version
    assert said.get_all("Requires-Dist") is None, "with --no-index pip could not install what it asks for"


def test_the_lock_has_a_wheel_of_the_pinned_pyarrow_for_every_glue_version() -> None:
    from typing import get_args

    from config.etl import GlueSettings
    from config.glue_pythons import GLUE_PYTHONS
    from tools.glue_wheels import pinned_with_hashes

    locked = json.loads((ROOT / "glue-wheels.lock.json").read_text())
    pinned = pinned_with_hashes((ROOT / "requirements.txt").read_text())
    versions = get_args(GlueSettings.model_fields["version"].annotation)
    assert set(versions) <= GLUE_PYTHONS.keys()
    assert set(locked) == set(GLUE_PYTHONS.values())
    for python, row in locked.items():
        assert f"-{python}-{python}-" in row["file"]
        assert row["file"].startswith(pinned.split()[0].replace("==", "-"))
        assert f"--hash=sha256:{row['sha256']}" in pinned
