"""Settings are refused all at once, each problem with file, key, value and remedy; the shipped files are fine."""

import copy
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.loading import CONFIG_FOLDER, load_settings
from config.settings import Settings
from pipeline.errors import ConfigInvalid
from pipeline.steps import LANES

PYDANTICS = re.compile(r"Input should|pattern|\^|\[a-z|validation|instance of|type=", re.IGNORECASE)
"""Words that only who wrote the settings' types would understand."""
SHIPPED = {name: yaml.safe_load((CONFIG_FOLDER / f"{name}.yaml").read_text()) for name in ("dev", "prod")}


@pytest.fixture
def valid() -> dict[str, Any]:
    return copy.deepcopy(SHIPPED["dev"])


def load(tmp_path: Path, values: Any, **environ: str):
    folder, datasets = tmp_path / "config", tmp_path / "datasets"
    folder.mkdir(exist_ok=True)
    for name in SHIPPED["dev"]["datasets"]:
        (datasets / name).mkdir(parents=True, exist_ok=True)
        (datasets / name / "contract.yaml").touch()
    (folder / "dev.yaml").write_text(values if isinstance(values, str) else yaml.safe_dump(values))
    return load_settings(environ=environ, folder=folder, datasets_folder=datasets)


def overlay(tmp_path: Path, region: str, values: dict[str, Any]) -> None:
    (tmp_path / "config" / "regions").mkdir(parents=True)
    (tmp_path / "config" / "regions" / f"{region}.yaml").write_text(yaml.safe_dump(values))


def problems(tmp_path: Path, values: Any, **environ: str) -> list[str]:
    with pytest.raises(ConfigInvalid) as raised:
        load(tmp_path, values, **environ)
    return [line.removeprefix("- ").removeprefix("config/dev.yaml: ") for line in str(raised.value).splitlines()[1:]]


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "cn-north-1", "cn-northwest-1"])
@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_shipped_settings_hold_everywhere(environment: str, region: str) -> None:
    settings = load_settings(environment=environment, environ={"AWS_DEFAULT_REGION": region})
    assert (settings.environment, settings.target.region) == (environment, region)
    assert settings.datasets == tuple(SHIPPED[environment]["datasets"]) != ()
    assert settings.redshift.schema_of(LANES[0]) == "nf1_glue"


def test_the_environment_variable_chooses_and_dev_is_the_default() -> None:
    assert load_settings(environ={}).environment == "dev"
    assert load_settings(environ={"NF1_ENVIRONMENT": "prod"}).environment == "prod"
    assert load_settings(environment="dev", environ={"NF1_ENVIRONMENT": "prod"}).environment == "dev"


def test_an_unknown_environment_names_the_known_ones() -> None:
    with pytest.raises(ConfigInvalid, match=r"no environment 'staging'.*dev, prod"):
        load_settings(environment="staging", environ={})


@pytest.mark.parametrize(("region", "taken"), [({}, "cn-north-1"), ({"AWS_DEFAULT_REGION": "cn-northwest-1"},) * 2])
def test_the_former_environment_china_is_prod_in_a_china_region_and_says_so(region: Any, taken: Any) -> None:
    said: list[str] = []
    settings = load_settings(environ={"NF1_ENVIRONMENT": "china", **region}, warn=said.append)
    there = taken if isinstance(taken, str) else taken["AWS_DEFAULT_REGION"]
    assert (settings.environment, settings.target.region, settings.target.partition) == ("prod", there, "aws-cn")
    assert [f"NF1_ENVIRONMENT=prod AWS_DEFAULT_REGION={there}" in line for line in said] == [True]


def test_china_is_not_in_virginia() -> None:
    with pytest.raises(ConfigInvalid, match="set AWS_DEFAULT_REGION=cn-north-1, or NF1_ENVIRONMENT=prod"):
        load_settings(
            environ={"NF1_ENVIRONMENT": "china", "AWS_DEFAULT_REGION": "us-east-1"}, warn=lambda _warning: None
        )


def test_a_misspelt_variable_is_refused() -> None:
    with pytest.raises(ConfigInvalid, match="NF1_ENVIROMENT is a variable that nothing reads; did you mean NF1_ENVI"):
        load_settings(environ={"NF1_ENVIROMENT": "prod"})


def test_a_region_lays_its_differences_over_the_environment(tmp_path: Path, valid: dict[str, Any]) -> None:
    overlay(tmp_path, "eu-south-2", {"network": {"warehouse_zone": "d"}, "functions": {"architecture": "x86_64"}})
    there = load(tmp_path, valid, AWS_DEFAULT_REGION="eu-south-2")
    assert (there.network.warehouse_zone, there.functions.architecture) == ("d", "x86_64")
    assert there.network.cidr == valid["network"]["cidr"], "what the overlay does not name stays"
    here = load(tmp_path, valid, AWS_DEFAULT_REGION="eu-west-1")
    assert (here.network.warehouse_zone, here.functions.architecture) == ("c", "arm64")


def test_a_problem_names_the_file_that_it_is_in(tmp_path: Path, valid: dict[str, Any]) -> None:
    valid["network"]["cidr"] = "10.0.0.0/8"
    overlay(tmp_path, "eu-south-2", {"network": {"warehouse_zone": "z"}, "stage": "production"})
    found = problems(tmp_path, valid, AWS_DEFAULT_REGION="eu-south-2")
    assert sorted(line[:60] for line in found) == [
        "config/regions/eu-south-2.yaml: network.warehouse_zone: 'z' ",
        "config/regions/eu-south-2.yaml: stage: a region may change n",
        "network.cidr: '10.0.0.0/8' is a /8; give a block of /16 to /",
    ]


def test_zones_that_a_region_does_not_have_are_refused(tmp_path: Path, valid: dict[str, Any]) -> None:
    overlay(tmp_path, "cn-north-1", {"network": {"zones_of_region": ["a", "b", "d"]}})
    [found] = problems(tmp_path, valid, AWS_DEFAULT_REGION="cn-north-1")
    assert "zones and warehouse_zone are a, b, c, and the region has a, b, d and no c; name three that it has" in found


def test_both_glue_versions_are_taken_and_one_without_conditional_writes_is_not(
    tmp_path: Path, valid: dict[str, Any]
) -> None:
    for version in ("5.1", "6.0"):
        valid["glue"]["version"] = version
        assert load(tmp_path, valid).glue.version == version
    for version in ("5.0", 5.0):
        valid["glue"]["version"] = version
        (problem,) = problems(tmp_path, valid)
        assert problem.startswith("glue.version: Glue 5.0 has botocore 1.34.131, whose PutObject knows no IfNoneMatch")
        assert 'Use "5.1" or "6.0"' in problem


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
        ("glue", "version", 5.1, "glue.version: 5.1 is refused; give '5.1' or '6.0', in quotes"),
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
        (None, "prefix", "nf1", "prefix: 'nf1' is refused; give 2 to 8 capital letters or digits, a letter first"),
        (None, "prefix", 1, "prefix: 1 is refused; give text, in quotes"),
        (None, "environment", False, "environment: false is refused; give text, in quotes (YAML reads no, off,"),
        (None, "removal", None, "removal: an empty value is refused; give 'retain' or 'destroy'"),
        (None, "partition", "aws-cn", "partition: follows from AWS_DEFAULT_REGION and is no setting; remove it"),
        (None, "tags", "x", "tags: 'x' is refused; give keys and values"),
        (None, "glue", "x", "glue: 'x' is refused; give settings indented below the key"),
        ("trigger", "on_upload", "perhaps", "trigger.on_upload: 'perhaps' is refused; give true or false"),
        ("glue", "workers", "two", "glue.workers: 'two' is refused; give a whole number"),
        ("airflow", "max_workers", 26, "airflow.max_workers: 26 is refused; give a number of at most 25"),
        ("network", "zones", ["a"], "network.zones.1: is missing; add it"),
        ("functions", "architecture", "arm", "functions.architecture: 'arm' is refused; give 'arm64' or 'x86_64'"),
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
    (valid.setdefault(section, {}) if section else valid)[key] = value
    found = problems(tmp_path, valid)
    assert any(problem.startswith(expected) for problem in found), found
    assert not [problem for problem in found if PYDANTICS.search(problem)], found


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
    valid["network"]["egress"] = "endpoints"
    assert load(tmp_path, valid, AWS_DEFAULT_REGION="us-east-1").network.egress == "endpoints"
    [found] = problems(tmp_path, valid, AWS_DEFAULT_REGION="cn-north-1")
    assert found.startswith("network.egress: 'endpoints' leaves MWAA without")


def test_every_problem_is_reported_at_once(tmp_path: Path, valid: dict[str, Any]) -> None:
    valid["glue"]["version"] = "9"
    valid["network"]["cidr"] = "10.0.0.0/8"
    valid["unknown"] = 1
    valid["stage"] = "production"
    del valid["airflow"]
    found = problems(tmp_path, valid, AWS_ACCOUNT="12", AWS_DEFAULT_REGION="us-gov-west-1")
    starts = (
        "glue.version",
        "network.cidr",
        "unknown: unknown key",
        "removal",
        "log_retention_days",
        "airflow: is missing",
        "AWS_ACCOUNT '12'",
        "AWS_DEFAULT_REGION us-gov-west-1 is in none of the partitions",
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


def leaves(values: dict[str, Any], *path: str) -> Iterator[tuple[str, ...]]:
    for key, value in values.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from leaves(value, *path, key)


def test_any_value_of_a_wrong_kind_is_refused_in_the_users_words_with_its_key_and_a_remedy(
    tmp_path: Path, valid: dict[str, Any]
) -> None:
    refused = 0
    for path in leaves(valid):
        for wrong in (None, True, -1, 1.5, "", "x y", [], ["x", 1], {}, {"x": "y"}):
            values = copy.deepcopy(valid)
            inner = values
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = wrong
            try:
                load(tmp_path, values)
            except ConfigInvalid as error:
                for line in str(error).splitlines()[1:]:
                    refused += 1
                    assert line.startswith("- config/dev.yaml: "), line
                    assert "; " in line, line
                    assert not PYDANTICS.search(line), line
                    assert line.split(": ")[1].split(".")[0] in (*Settings.model_fields, "partition"), line
    assert refused > 200
