"""What Glue does with `--additional-python-modules` before a job's script runs: pip installs them, or the run fails.

In: a job's arguments, its Glue version, S3. Out: nothing, or `ModulesRefused` in pip's words. Nothing is installed
here: a job runs with the modules of this environment, so what it asks for must be what is here, in the same version.
Only wheels in S3 and `name==version` are served; a requirements file and a zip of wheels are refused by name.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import Parser
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from local_aws.services.s3_location import s3_location

LAUNCH_ERROR = (
    "LAUNCH ERROR | Python Module Installer indicates modules that failed to install, check logs from the "
    "PythonModuleInstaller.Please refer logs for details."
)
PYTHONS = {"5.0": (3, 11), "5.1": (3, 11), "6.0": (3, 13)}
"""Of Glue's versions; all three run on Amazon Linux 2023 with glibc 2.34."""
_GLIBC_MINOR = 34
_SERVED_OPTIONS = {"", "--no-index", "--upgrade", "--no-deps"}


class ModulesRefused(Exception):
    """pip would not install a module, in pip's words; or the local AWS does not serve that form."""


@dataclass(frozen=True, kw_only=True)
class PythonModules:
    """Checks what jobs ask for; a wheel is downloaded once per content, into `folder`."""

    folder: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, arguments: Mapping[str, str], *, glue_version: str, s3: Any) -> None:
        """Raises ModulesRefused."""
        asked = [part.strip() for part in arguments.get("--additional-python-modules", "").split(",") if part.strip()]
        options = arguments.get("--python-modules-installer-option", "").split()
        if unknown := set(options) - _SERVED_OPTIONS:
            raise ModulesRefused(
                f"NotImplementedLocally: --python-modules-installer-option {' '.join(sorted(unknown))} is not served "
                "by the local AWS"
            )
        if asked and glue_version not in PYTHONS:
            raise ModulesRefused(
                f"NotImplementedLocally: the Python of Glue {glue_version} is not known to the local AWS, which so "
                f"cannot tell what pip installs there; it knows {', '.join(PYTHONS)}"
            )
        for module in asked:
            if module.startswith("s3://"):
                self._check_wheel(module, PYTHONS[glue_version], options, s3)
            else:
                _check_requirement(module, options)

    def _check_wheel(self, url: str, python: tuple[int, int], options: list[str], s3: Any) -> None:
        name = url.rsplit("/", 1)[-1]
        if not name.endswith(".whl"):
            raise ModulesRefused(f"NotImplementedLocally: {url}: of files in S3 the local AWS serves wheels only")
        try:
            package, wheel_version, _, tags = parse_wheel_filename(name)
        except InvalidWheelFilename as error:
            raise ModulesRefused(f"ERROR: {name} is not a valid wheel filename.") from error
        if not tags & supported_tags(python):
            raise ModulesRefused(f"ERROR: {name} is not a supported wheel on this platform.")
        said = self._metadata(url, name, s3)
        if canonicalize_name(said["Name"] or "") != package or said["Version"] != str(wheel_version):
            raise ModulesRefused(
                f"ERROR: {name} has inconsistent name or version: it says {said['Name']} {said['Version']} inside"
            )
        _check_installed(package, str(wheel_version), asked=name)
        for needed in said.get_all("Requires-Dist", []) if "--no-deps" not in options else []:
            requirement = Requirement(needed)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                _check_installed(requirement.name, None, asked=f"{needed} (of {name})")

    def _metadata(self, url: str, name: str, s3: Any) -> Any:
        at = s3_location(url)
        with self._lock:
            try:
                etag = s3.head_object(Bucket=at.bucket, Key=at.key)["ETag"]
                place = self.folder / hashlib.sha256(f"{url} {etag}".encode()).hexdigest()
                if not place.exists():
                    place.parent.mkdir(parents=True, exist_ok=True)
                    body = s3.get_object(Bucket=at.bucket, Key=at.key)["Body"]
                    place.write_text(_metadata_of(body, name, place), encoding="utf-8")
            except ClientError as error:
                code = error.response["Error"]["Code"]
                raise ModulesRefused(f"download of {url} failed: an error occurred ({code})") from error
        return Parser().parsestr(place.read_text(encoding="utf-8"))


def supported_tags(python: tuple[int, int]) -> frozenset[Tag]:
    """What pip of Glue's Python takes."""
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in range(_GLIBC_MINOR, 4, -1)]
    platforms += ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64"]
    own = cpython_tags(python_version=python, platforms=platforms)
    return frozenset([*own, *compatible_tags(python_version=python, platforms=platforms)])


def _metadata_of(body: Any, name: str, place: Path) -> str:
    whole = place.with_suffix(".whl")
    try:
        with whole.open("wb") as file:
            shutil.copyfileobj(body, file)
        with zipfile.ZipFile(whole) as archive:
            [said] = [entry for entry in archive.namelist() if entry.count("/") == 1 and entry.endswith("/METADATA")]
            return archive.read(said).decode()
    except (zipfile.BadZipFile, ValueError) as error:
        raise ModulesRefused(f"ERROR: Wheel '{name}' is invalid.") from error
    finally:
        whole.unlink(missing_ok=True)


def _check_requirement(module: str, options: list[str]) -> None:
    try:
        requirement = Requirement(module)
    except InvalidRequirement as error:
        raise ModulesRefused(f"ERROR: Invalid requirement: {module!r}") from error
    exact = [one.version for one in requirement.specifier if one.operator == "=="]
    if "--no-index" in options:
        raise ModulesRefused(
            f"ERROR: Could not find a version that satisfies the requirement {module} (from versions: none)"
        )
    _check_installed(requirement.name, exact[0] if exact else None, asked=module)


def _check_installed(package: str, wanted: str | None, *, asked: str) -> None:
    try:
        here = version(package)
    except PackageNotFoundError as error:
        raise ModulesRefused(
            f"NotImplementedLocally: {asked}: local jobs run with this environment's modules, and there is no {package}"
        ) from error
    if wanted is not None and here != wanted:
        raise ModulesRefused(
            f"NotImplementedLocally: {asked}: local jobs run with this environment's modules; its {package} is {here}"
        )
