"""Keys and prefixes: no lane's keys lie under another lane's prefixes, and none starts with a slash."""

from itertools import permutations

from pipeline import layout
from pipeline.steps import LANES


def test_lanes_share_landing_and_nothing_else() -> None:
    def prefixes(lane: str) -> set[str]:
        return {
            layout.curated_prefix(lane, "flights"),
            layout.quarantine_prefix(lane, "flights"),
            layout.ledger_prefix(lane, "flights"),
            layout.keys_prefix(lane, "flights"),
            layout.aggregates_prefix(lane, "s"),
        }

    for one, other in permutations(LANES, 2):
        assert not any(key.startswith(prefix) for key in prefixes(one) for prefix in prefixes(other))


def test_prefixes_end_with_a_slash_and_nothing_starts_with_one() -> None:
    keys = [
        layout.ledger_key("glue", "flights", "b"),
        layout.checkpoint_key("glue", "flights", "c"),
        layout.aggregates_entry_key("glue", "b", "s"),
        layout.load_manifest_key("glue", "flights", "b", "month=1"),
        layout.evidence_key("glue", "r"),
        layout.claim_key("glue", "o"),
    ]
    prefixes = [
        layout.landing_prefix("flights"),
        layout.curated_prefix("glue", "flights"),
    ]
    assert all(prefix.endswith("/") for prefix in prefixes)
    assert not any(key.startswith("/") or key.endswith("/") for key in keys)


def test_only_slots_lie_among_slots() -> None:
    slots = layout.ledger_prefix("glue", "flights")
    assert not layout.aggregates_entry_key("glue", "b", "s").startswith(slots)
    assert not layout.checkpoint_key("glue", "flights", "c").startswith(slots)
