"""Where the lab keeps what it needs at run time: everything under `.lab/`, nothing outside the checkout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.worlds import DEFAULT, World

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True)
class LocalHome:
    """Paths of one checkout; a second local AWS beside the user's takes another `folder_name`."""

    root: Path = ROOT
    folder_name: str = ".lab"

    @property
    def folder(self) -> Path:
        return self.root / self.folder_name

    @property
    def gateway(self) -> Path:
        return self.folder / "local_aws"

    @property
    def state(self) -> Path:
        return self.gateway / "state"

    @property
    def airflow_venv(self) -> Path:
        return self.root / ".venv-airflow"

    @property
    def spark4_venv(self) -> Path:
        return self.root / ".venv-spark4"

    @property
    def log(self) -> Path:
        return self.gateway / "log"

    @property
    def endpoint_file(self) -> Path:
        return self.gateway / "endpoint"

    @property
    def pid_file(self) -> Path:
        return self.gateway / "pid"

    @property
    def deployment(self) -> Path:
        return self.gateway / "deployment.json"

    @property
    def assembly(self) -> Path:
        return self.folder / "cdk.out"

    @property
    def world_file(self) -> Path:
        return self.gateway / "world"

    def world(self, name: str | None = None) -> World:
        """The world of that name, else the one that is up, else the default."""
        up = self.world_file.read_text().strip() if self.world_file.is_file() else DEFAULT
        return World(name=name or up, folder=self.folder / "worlds" / (name or up))

    @property
    def input(self) -> Path:
        return self.folder / "input"

    @property
    def runs(self) -> Path:
        return self.folder / "runs.json"

    @property
    def past_runs(self) -> Path:
        return self.folder / "runs"

    @property
    def demo_lock(self) -> Path:
        return self.folder / "demo.lock"

    @property
    def up_lock(self) -> Path:
        return self.folder / "up.lock"

    def shown(self, path: Path) -> str:
        """`path` as a person would type it from the checkout."""
        return str(path.relative_to(self.root))

    def endpoint(self) -> str | None:
        """The local AWS's address as `lab up` left it; None if it was not brought up."""
        return self.endpoint_file.read_text().strip() if self.endpoint_file.is_file() else None
