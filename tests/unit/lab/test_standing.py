"""Standing costs: each class that the settings allow has a price or a dash, never a 0 that means unknown."""

from typing import get_args

import pytest

from config.airflow import AirflowSettings
from config.loading import load_settings
from config.settings import Settings
from lab.measure.cost import cost_of
from lab.measure.prices import MWAA_ENVIRONMENT_HOUR
from lab.standing import StandingCost, standing_costs, total

CLASSES = get_args(AirflowSettings.model_fields["environment_class"].annotation)
LIST = {
    "mw1.micro": 0.29,
    "mw1.small": 0.49,
    "mw1.medium": 0.74,
    "mw1.large": 0.99,
    "mw1.xlarge": 1.98,
    "mw1.2xlarge": 3.96,
}
"""USD an hour, us-east-1 (the two largest: us-west-2, whose other classes cost the same)."""


def sized(size: str, workers: int = 1, environment: str = "dev") -> Settings:
    settings = load_settings(environment=environment, environ={})
    airflow = settings.airflow.model_copy(update={"environment_class": size, "min_workers": workers})
    return settings.model_copy(update={"airflow": airflow})


def of_airflow(settings: Settings) -> StandingCost:
    [cost] = [cost for cost in standing_costs(settings) if "MWAA" in cost.what]
    return cost


def test_each_class_that_the_settings_allow_has_its_price() -> None:
    assert {size: price.usd for size, price in MWAA_ENVIRONMENT_HOUR.items()} == LIST
    assert set(CLASSES) == set(LIST)


@pytest.mark.parametrize("size", CLASSES)
def test_an_environment_costs_its_hours_and_a_run_its_share(size: str) -> None:
    assert of_airflow(sized(size)).usd_per_month == pytest.approx(LIST[size] * 730)
    run = cost_of(lane="airflow", work=(), makespan_seconds=3600, transitions=None, rpu=8, mwaa_class=size, on="aws")
    assert run.orchestrator == pytest.approx(LIST[size])
    assert size in run.basis


def test_further_workers_cost_more_or_show_a_dash() -> None:
    assert of_airflow(sized("mw1.small", workers=3)).usd_per_month == pytest.approx((0.49 + 2 * 0.055) * 730)
    unknown = of_airflow(sized("mw1.xlarge", workers=2))
    assert (unknown.usd_per_month, unknown.shown) == (None, "-")
    assert "price is not known" in unknown.basis


def test_a_total_says_what_it_leaves_out() -> None:
    costs = standing_costs(sized("mw1.2xlarge", workers=2))
    assert costs[0].usd_per_month is None, "what is not known stands first, so that nobody overlooks it"
    assert total(costs).basis == "without `NF1-Airflow-Lab`: MWAA environment"
    assert total(costs).usd_per_month == pytest.approx(sum(cost.usd_per_month or 0 for cost in costs))
    assert total(standing_costs(sized("mw1.small"))).basis == ""


def test_stacks_are_called_as_they_are_deployed() -> None:
    assert of_airflow(sized("mw1.small", environment="prod")).what == "`NF1-prod-Airflow-Lab`: MWAA environment"
