"""Settings are refused all at once, each problem with file, key, value and remedy; the shipped files are fine."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.loading import CONFIG_FOLDER, load_settings
from pipeline.errors import ConfigInvalid
from pipeline.steps import LANES

DATASETS = ("flights", "weather", "airports", "planes", "airlines")


@pytest.fixture
def valid() -> dict[str, Any]:
    return yaml.safe_load((CONFIG_FOLDER / "dev.yaml").read_text())


def load(tmp_path: Path, values: Any, **environ: str):
    folder, datasets = tmp_path / "config", tmp_path / "datasets"
    folder.mkdir(exist_ok=True)
    for name in DATASETS:
        (datasets / name).mkdir(parents=True, exist_ok=True)
        (datasets / name / "contract.yaml").touch()
    (folder / "dev.yaml").write_text(values if isinstance(values, str) else yaml.safe_dump(values))
    return load_settings(environ=environ, folder=folder, datasets_folder=datasets)


def problems(tmp_path: Path, values: Any, **environ: str) -> list[str]:
    with pytest.raises(ConfigInvalid) as raised:
        load(tmp_path, values, **environ)
    return [line.removeprefix("- config/dev.yaml: ") for line in str(raised.value).splitlines()[1:]]


@pytest.mark.parametrize("environment", ["dev", "prod", "china"])
def test_the_shipped_settings_hold(environment: str) -> None:
    settings = load_settings(environment=environment, environ={})
    assert settings.environment == environment
    assert settings.datasets == DATASETS
    assert settings.redshift.schema_of(LANES[0]) == "nf1_glue"


def test_the_environment_variable_chooses_and_dev_is_the_default() -> None:
    assert load_settings(environ={}).environment == "dev"
    assert load_settings(environ={"NF1_ENVIRONMENT": "prod"}).environment == "prod"
    assert load_settings(environment="china", environ={"NF1_ENVIRONMENT": "prod"}).environment == "china"


def test_an_unknown_environment_names_the_known_ones() -> None:
    with pytest.raises(ConfigInvalid, match=r"no environment 'staging'.*china, dev, prod"):
        load_settings(environment="staging", environ={})


def test_settings_are_frozen(tmp_path: Path, valid: dict[str, Any]) -> None:
    settings = load(tmp_path, valid)
    with pytest.raises(ValueError, match="frozen"):
        settings.prefix = "OTHER"
    with pytest.raises(ValueError, match="frozen"):
        settings.network.cidr = "10.0.0.0/16"


@pytest.mark.parametrize(
    ("section", "key", "value", "expected"),
    [
        ("glue", "version", "4.0", "glue.version: '4.0' is refused"),
        ("glue", "version", 5.1, "glue.version: 5.1 is refused"),
        ("glue", "workers", 1, "glue.workers: 1 is refused"),
        ("glue", "worker_type", "Standard", "glue.worker_type: 'Standard' is refused"),
        ("airflow", "version", "2.10.3", "airflow.version: '2.10.3' is refused"),
        ("airflow", "environment_class", "mw1.tiny", "airflow.environment_class: 'mw1.tiny' is refused"),
        ("airflow", "min_workers", 9, "airflow: min_workers 9 is above max_workers 2"),
        ("airflow", "environment_class", "mw1.micro", "airflow: mw1.micro has exactly one worker"),
        ("network", "cidr", "10.0.0.0/8", "network.cidr: '10.0.0.0/8' is a /8; give a block of /16 to /24"),
        ("network", "cidr", "10.0.0.1/16", "network.cidr: '10.0.0.1/16' is no IPv4 block"),
        ("network", "cidr", "8.8.0.0/16", "network.cidr: '8.8.0.0/16' is public address space"),
        ("network", "reserved_cidrs", ["10.42.128.0/20"], "network: cidr 10.42.0.0/16 overlaps reserved_cidrs"),
        ("network", "zones", ["a", "a"], "network: zones and warehouse_zone are a, a, c"),
        ("network", "egress", "vpn", "network.egress: 'vpn' is refused"),
        ("network", "egres", "nat", "network.egres: unknown key; did you mean 'egress'?"),
        ("redshift", "database", "dev", "redshift.database: 'dev' is a name that Redshift uses itself"),
        ("redshift", "database", "x; drop", "redshift.database: 'x; drop' is refused"),
        ("redshift", "base_capacity_rpu", 12, "redshift.base_capacity_rpu: 12 RPU is not offered"),
        ("trigger", "schedule", "rate(5 minute)", "trigger.schedule: 'rate(5 minute)' needs plural"),
        ("trigger", "schedule", "rate(1 hour)", "trigger.schedule: 'rate(1 hour)' is understood by EventBridge, but"),
        ("trigger", "schedule", "rate(0 days)", "trigger.schedule: 'rate(0 days)' is no rate"),
        ("trigger", "schedule", "cron(0 3 * * *)", "trigger.schedule: 'cron(0 3 * * *)' is no schedule of six fields"),
        ("trigger", "schedule", "cron(0 3 * * * *)", "trigger.schedule: 'cron(0 3 * * * *)' must have ? in exactly"),
        ("trigger", "schedule", "cron(61 3 * * ? *)", "trigger.schedule: 'cron(61 3 * * ? *)'"),
        ("trigger", "schedule", "cron(0 3 ? * 8 *)", "trigger.schedule: 'cron(0 3 ? * 8 *)' has a day-of-week outside"),
        ("trigger", "schedule", "cron(0 3 ? * MON 1066)", "trigger.schedule: 'cron(0 3 ? * MON 1066)' has a year"),
        (None, "log_retention_days", 8, "log_retention_days: 8 is refused"),
        (None, "notification_email", "nobody", "notification_email: 'nobody' is refused"),
        (None, "prefix", "nf1", "prefix: 'nf1' is refused"),
        (None, "environment", "qa", "environment: is 'qa'; give it the file's name, 'dev'"),
        (None, "datasets", [], "datasets: [] is refused"),
        (None, "datasets", ["flights", "trains"], "datasets: 'trains' has no contract; write datasets/trains/contract"),
        (None, "datasets", ["flights", "flights"], "datasets: 'flights' is there 2 times"),
        (None, "stage", "production", "removal: 'destroy' empties buckets with their stack"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    tmp_path: Path, valid: dict[str, Any], section: str | None, key: str, value: Any, expected: str
) -> None:
    (valid[section] if section else valid)[key] = value
    found = problems(tmp_path, valid)
    assert any(problem.startswith(expected) for problem in found), found


@pytest.mark.parametrize(
    "schedule",
    ["cron(0 3 * * ? *)", "cron(0/15 8-18 ? * MON-FRI *)", "cron(30 1 1 1,7 ? 2027)", "cron(0 12 ? * 2#1 *)"],
)
def test_a_good_schedule_is_taken(tmp_path: Path, valid: dict[str, Any], schedule: str) -> None:
    valid["trigger"]["schedule"] = schedule
    assert load(tmp_path, valid).trigger.schedule == schedule


def test_a_workflow_has_one_start(tmp_path: Path, valid: dict[str, Any]) -> None:
    valid["trigger"] = {"on_upload": True, "schedule": "cron(0 3 * * ? *)"}
    assert any("one starting trigger" in problem for problem in problems(tmp_path, valid))


def test_china_has_no_airflow_endpoints(tmp_path: Path, valid: dict[str, Any]) -> None:
    valid |= {"partition": "aws-cn"}
    valid["network"]["egress"] = "endpoints"
    assert any(problem.startswith("network.egress") for problem in problems(tmp_path, valid))


def test_every_problem_is_reported_at_once(tmp_path: Path, valid: dict[str, Any]) -> None:
    valid["glue"]["version"] = "9"
    valid["network"]["cidr"] = "10.0.0.0/8"
    valid["unknown"] = 1
    valid["stage"] = "production"
    del valid["airflow"]
    found = problems(tmp_path, valid, AWS_ACCOUNT="12", AWS_DEFAULT_REGION="cn-north-1")
    starts = (
        "glue.version",
        "network.cidr",
        "unknown: unknown key",
        "removal",
        "log_retention_days",
        "airflow: is missing",
        "AWS_ACCOUNT '12'",
        "AWS_DEFAULT_REGION cn-north-1 is not in partition 'aws'",
    )
    for start in starts:
        assert any(problem.startswith(start) for problem in found), (start, found)
    assert len(found) == len(starts)


def test_a_key_that_is_there_twice_is_refused(tmp_path: Path, valid: dict[str, Any]) -> None:
    text = yaml.safe_dump(valid) + "prefix: NF1\nprefix: NF2\n"
    assert any("prefix: is there twice" in problem for problem in problems(tmp_path, text))


@pytest.mark.parametrize("text", ["a: [", "- 1\n- 2\n", ""])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text)[0].startswith(("is no YAML", "holds "))


def test_the_settings_load_without_the_cdk() -> None:
    code = "import sys, config.loading as l; l.load_settings(environ={}); sys.exit('aws_cdk' in sys.modules)"
    root = CONFIG_FOLDER.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
