"""The pinned CDK CLI, as the README types it: synth works offline in both regions, deploy refuses a placeholder."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.infrastructure.conftest import STACKS

ROOT = Path(__file__).resolve().parents[2]
CDK = ROOT / "node_modules/.bin/cdk"
ENVIRONMENTS = {"us-east-1": "dev", "cn-north-1": "china"}


def cdk(*arguments: str, output: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A user's shell has no AWS setting but the ones given, and no credentials."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_", "NF1_"))}
    return subprocess.run(
        [CDK, *arguments, "--output", output, "--app", ".venv/bin/python app.py"],
        cwd=ROOT,
        env={
            **kept,
            "PATH": f"{ROOT / '.venv/bin'}{os.pathsep}{kept['PATH']}",
            # The metadata service is what the CLI asks last; there is none here.
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("region", ENVIRONMENTS)
def test_synth_passes_offline_with_all_checks(region: str, tmp_path: Path) -> None:
    done = cdk("synth", "--quiet", output=tmp_path, AWS_DEFAULT_REGION=region, NF1_ENVIRONMENT=ENVIRONMENTS[region])
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.glob("*.template.json")} == {f"{stack}.template.json" for stack in STACKS}


def test_a_wrong_setting_ends_synth_by_name(tmp_path: Path) -> None:
    done = cdk("synth", "--quiet", output=tmp_path, NF1_ENVIRONMENT="staging")
    assert done.returncode != 0
    assert "no environment 'staging'" in done.stderr
    assert not list(tmp_path.glob("*.template.json"))


def test_a_deploy_without_an_account_is_refused_with_the_remedy(tmp_path: Path) -> None:
    done = cdk("deploy", "NF1-LandingZone", "--require-approval", "never", output=tmp_path)
    assert done.returncode != 0
    assert "set AWS_ACCOUNT, AWS_DEFAULT_REGION and AWS_PROFILE" in done.stderr


def test_a_lab_is_deployed_with_what_it_needs_and_no_other_lab(tmp_path: Path) -> None:
    done = cdk("ls", "NF1-Glue-Lab", output=tmp_path, AWS_ACCOUNT="111122223333", AWS_DEFAULT_REGION="us-east-1")
    assert done.returncode == 0, done.stderr
    assert "NF1-Glue-Lab" in done.stdout
    assert "NF1-Airflow-Lab" not in done.stdout
