"""The part of a wheel that pyproject.toml cannot say: the reader's core, compiled for the machine that builds it."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from tools.compile_core import GLUE, OTHERS, compiled, is_this_machine  # noqa: E402


class WithCore(build_py):
    """Leaves the library beside core.c; where the platform is none of ours, patterns do its work, slower."""

    def run(self) -> None:
        super().run()
        cache = Path(self.build_lib).resolve().parent / "zig"
        for platform in filter(is_this_machine, (GLUE, *OTHERS)):
            self.copy_file(str(compiled(platform, cache=cache)), str(Path(self.build_lib) / "strict_csv"))


class OfOnePlatform(bdist_wheel):
    """The library is called through ctypes: any Python 3, one platform."""

    def get_tag(self) -> tuple[str, str, str]:
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        return "py3", "none", platform if any(map(is_this_machine, (GLUE, *OTHERS))) else "any"


setup(cmdclass={"build_py": WithCore, "bdist_wheel": OfOnePlatform})
