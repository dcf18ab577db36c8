"""What an idle environment costs: figures follow the settings."""

import pytest

from config.loading import load_settings
from lab.standing import StandingCost, standing_costs

DEV = load_settings(environment="dev", environ={})


def by_name(word: str, costs: tuple[StandingCost, ...]) -> StandingCost:
    (found,) = [cost for cost in costs if word in cost.what]
    return found


def test_a_small_airflow_is_the_dearest_thing_that_stands() -> None:
    costs = standing_costs(DEV)
    assert "MWAA" in costs[0].what
    assert costs[0].usd_per_month == pytest.approx(0.49 * 730)


def test_endpoints_replace_the_nat_gateway() -> None:
    endpoints = DEV.model_copy(update={"network": DEV.network.model_copy(update={"egress": "endpoints"})})
    costs = standing_costs(endpoints)
    assert not [cost for cost in costs if "NAT" in cost.what]
    assert by_name("interface endpoints", costs).usd_per_month == pytest.approx(0.01 * 10 * 2 * 730)
