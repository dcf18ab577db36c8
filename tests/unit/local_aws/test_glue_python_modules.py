"""A job that asks for a module which pip on Glue would not install fails here too, in pip's words."""

from __future__ import annotations

import io
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.services.glue.python_modules import ModulesRefused, PythonModules

PYARROW = f"pyarrow-{version('pyarrow')}-cp311-cp311-manylinux_2_28_x86_64.whl"


def wheel(name: str = "pyarrow", its_version: str = version("pyarrow"), *needs: str) -> bytes:
    said = "".join(f"Requires-Dist: {need}\n" for need in needs)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(f"{name}-{its_version}.dist-info/METADATA", f"Name: {name}\nVersion: {its_version}\n{said}")
    return sink.getvalue()


class Bucket:
    """The two calls of an S3 client that are needed, on a dictionary."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects
        self.downloads = 0

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")
        return {"ETag": str(hash(self.objects[Key]))}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        self.downloads += 1
        return {"Body": io.BytesIO(self.objects[Key])}


@pytest.fixture
def modules(tmp_path: Path) -> PythonModules:
    return PythonModules(folder=tmp_path / "modules")


def check(
    modules: PythonModules,
    asked: str,
    objects: dict[str, bytes],
    *,
    glue_version: str = "5.1",
    options: str = "--no-index",
) -> None:
    arguments = {"--additional-python-modules": asked, "--python-modules-installer-option": options}
    modules.check(arguments, glue_version=glue_version, s3=Bucket(objects))


def test_a_job_that_asks_for_nothing_starts(modules: PythonModules) -> None:
    modules.check({"--lane": "glue"}, glue_version="5.1", s3=Bucket({}))


def test_a_wheel_under_its_name_is_taken_and_downloaded_once(modules: PythonModules) -> None:
    bucket = Bucket({f"hash/{PYARROW}": wheel()})
    for _ in range(2):
        modules.check({"--additional-python-modules": f"s3://b/hash/{PYARROW}"}, glue_version="5.1", s3=bucket)
    assert bucket.downloads == 1


@pytest.mark.parametrize(
    ("asked", "objects", "words"),
    [
        ("s3://b/" + 64 * "0" + ".whl", {64 * "0" + ".whl": wheel()}, "0.whl is not a valid wheel filename"),
        (f"s3://b/{PYARROW}", {}, r"download of s3://b/pyarrow.* failed: an error occurred \(404\)"),
        (f"s3://b/{PYARROW}", {PYARROW: b"no zip"}, "Wheel 'pyarrow-.*' is invalid"),
        (f"s3://b/{PYARROW}", {PYARROW: wheel(its_version="1.0")}, "inconsistent name or version: it says pyarrow 1.0"),
        (
            f"s3://b/{PYARROW.replace('311', '313')}",
            {PYARROW.replace("311", "313"): wheel()},
            "cp313.* is not a supported wheel on this platform",
        ),
        (
            f"s3://b/{PYARROW.replace('x86_64', 'aarch64')}",
            {PYARROW.replace("x86_64", "aarch64"): wheel()},
            "aarch64.* is not a supported wheel on this platform",
        ),
        (
            f"s3://b/{PYARROW.replace('2_28', '2_39')}",
            {PYARROW.replace("2_28", "2_39"): wheel()},
            "2_39.* is not a supported wheel on this platform",
        ),
        (f"s3://b/{PYARROW}", {PYARROW: wheel("pyarrow", version("pyarrow"), "no-such-module")}, "no-such-module"),
        (f"pyarrow=={version('pyarrow')}", {}, "Could not find a version that satisfies"),
        ("s3://b/requirements.txt", {}, "NotImplementedLocally: s3://b/requirements.txt"),
        ("s3://b/all.gluewheels.zip", {}, "NotImplementedLocally: s3://b/all.gluewheels.zip"),
    ],
)
def test_what_pip_would_refuse_fails(modules: PythonModules, asked: str, objects: dict[str, bytes], words: str) -> None:
    with pytest.raises(ModulesRefused, match=words):
        check(modules, asked, objects)


def test_the_wheel_must_fit_the_python_of_the_glue_version(modules: PythonModules) -> None:
    other = PYARROW.replace("311", "313")
    check(modules, f"s3://b/{other}", {other: wheel()}, glue_version="6.0")
    with pytest.raises(ModulesRefused, match=r"cp311.* is not a supported wheel"):
        check(modules, f"s3://b/{PYARROW}", {PYARROW: wheel()}, glue_version="6.0")
    with pytest.raises(ModulesRefused, match=r"NotImplementedLocally: the Python of Glue 4\.0"):
        check(modules, f"s3://b/{PYARROW}", {PYARROW: wheel()}, glue_version="4.0")


def test_from_the_index_only_what_is_here_in_that_version_is_served(modules: PythonModules) -> None:
    check(modules, f"pyarrow=={version('pyarrow')}", {}, options="")
    for asked in ("pyarrow==1.0.0", "no-such-module==1.0"):
        with pytest.raises(ModulesRefused, match=r"NotImplementedLocally: .*local jobs run with this environment"):
            check(modules, asked, {}, options="")
    with pytest.raises(ModulesRefused, match="NotImplementedLocally: --python-modules-installer-option -r"):
        check(modules, "s3://b/requirements.txt", {}, options="-r")
