"""The pinned CDK CLI, as the README types it: nothing but account, region and profile is set, in either partition."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import CDK, ROOT, SCRIPTS
from tests.infrastructure.conftest import STACKS

CHECKS = {"AwsSolutions", "CloudFormation Validate"}


def cdk(*arguments: str, output: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A user's shell has no AWS setting but the ones given, and no credentials."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_", "NF1_"))}
    return subprocess.run(
        [CDK, *arguments, "--output", output, "--app", f"{sys.executable} app.py"],
        cwd=ROOT,
        env={
            **kept,
            "PATH": f"{SCRIPTS}{os.pathsep}{kept['PATH']}",
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


def validated(output: Path) -> set[str]:
    """The checks that ran, by the report that synth leaves."""
    report = output / "validation-report.json"
    ran = json.loads(report.read_text())["pluginReports"] if report.exists() else []
    return {one["pluginName"] for one in ran} & CHECKS


def shell(region: str) -> dict[str, str]:
    """All that a user sets, by the README; the profile is not there, since synth asks AWS nothing."""
    return {"AWS_ACCOUNT": "111122223333", "AWS_DEFAULT_REGION": region, "AWS_PROFILE": "mine"}


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1"])
def test_the_readmes_stacks_are_synthesised_with_all_checks_where_the_shell_says(region: str, tmp_path: Path) -> None:
    """`cdk deploy NF1-LandingZone` and its sisters synthesise this, and deploy it by these names to this place."""
    done = cdk("synth", *STACKS, "--quiet", output=tmp_path, **shell(region))
    assert done.returncode == 0, done.stderr
    artifacts = json.loads((tmp_path / "manifest.json").read_text())["artifacts"]
    assert {artifacts[stack]["environment"] for stack in STACKS} == {f"aws://111122223333/{region}"}
    assert {path.name for path in tmp_path.glob("*.template.json")} == {f"{stack}.template.json" for stack in STACKS}
    assert "placeholder" not in done.stderr
    assert validated(tmp_path) == CHECKS


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
    done = cdk("ls", "NF1-Glue-Lab", output=tmp_path, **shell("us-east-1"))
    assert done.returncode == 0, done.stderr
    assert "NF1-Glue-Lab" in done.stdout
    assert "NF1-Airflow-Lab" not in done.stdout


@pytest.mark.parametrize("said", ["on the command line", "by the variable"])
def test_devs_stacks_are_not_there_in_prod(said: str, tmp_path: Path) -> None:
    """Who forgets the environment deploys dev, beside prod; who names it can't hit dev's."""
    asked = ("-c", "environment=prod") if said == "on the command line" else ()
    variable = {} if asked else {"NF1_ENVIRONMENT": "prod"}
    done = cdk("ls", *asked, output=tmp_path, **shell("us-east-1"), **variable)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [stack.replace("NF1-", "NF1-prod-") for stack in STACKS]


def test_ls_validates_nothing(tmp_path: Path) -> None:
    done = cdk("ls", output=tmp_path, **shell("cn-north-1"))
    assert done.stdout.split() == list(STACKS)
    assert not validated(tmp_path)


@pytest.mark.parametrize(
    ("asked", "remedy"),
    [
        ("enviroment=prod", "did you mean -c environment=prod?"),
        ("prefix=ACME", "settings stand in config/"),
        ("environment=", "name one"),
    ],
)
def test_a_context_that_nothing_reads_is_refused(asked: str, remedy: str, tmp_path: Path) -> None:
    done = cdk("ls", "-c", asked, output=tmp_path)
    assert done.returncode != 0
    assert remedy in done.stderr
    assert done.stdout == ""


def test_an_account_without_a_region_is_refused(tmp_path: Path) -> None:
    done = cdk("ls", output=tmp_path, AWS_ACCOUNT="111122223333")
    assert done.returncode != 0
    assert "AWS_DEFAULT_REGION is not set, and AWS_ACCOUNT is; set both" in done.stderr


def test_china_lives_on_as_prod_in_a_china_region_with_a_warning(tmp_path: Path) -> None:
    done = cdk("ls", output=tmp_path, NF1_ENVIRONMENT="china")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [stack.replace("NF1-", "NF1-prod-") for stack in STACKS]
    assert "warning: environment 'china' is a former name: taken as prod in cn-north-1" in done.stderr
