"""Every S3 prefix and key, as functions. Keys never start with a slash; prefixes end with one.

Landing is shared and immutable; everything else belongs to a lane (one per orchestrator).
"""

LANDING = "landing/"
CURATED = "curated/"
QUARANTINE = "quarantine/"
KEYS = "keys/"
LEDGER = "ledger/"
AGGREGATES = "aggregates/"
LOADS = "loads/"
OUTCOMES = "outcomes/"
CLAIMS = "claims/"
CONTROL = ".control.json"  # behind a landed file's whole name: what its producer says of it


def landing_prefix(dataset: str) -> str:
    """Where producers put `<dataset>`'s CSV files."""
    return f"{LANDING}{dataset}/"


def is_control(key: str) -> bool:
    """Whether what landed at `key` is a control file: no input, but what a producer says of one."""
    return key.lower().endswith(CONTROL)


def curated_prefix(lane: str, dataset: str) -> str:
    """Parquet files, Hive-partitioned below; a file name starts with its attempt's id."""
    return f"{CURATED}{lane}/{dataset}/"


def quarantine_prefix(lane: str, dataset: str) -> str:
    """Parquet files of rejected rows."""
    return f"{QUARANTINE}{lane}/{dataset}/"


def keys_prefix(lane: str, dataset: str) -> str:
    """Key hashes of a batch that is being converted; nothing stays here after its commit."""
    return f"{KEYS}{lane}/{dataset}/"


def ledger_prefix(lane: str, dataset: str) -> str:
    """One JSON entry per committed batch."""
    return f"{LEDGER}{lane}/{dataset}/"


def ledger_key(lane: str, dataset: str, slot: str) -> str:
    """The commit point: this key is written once, with `If-None-Match: *`; slots are numbered, so that runs compete."""
    return f"{ledger_prefix(lane, dataset)}{slot}.json"


def checkpoint_key(lane: str, dataset: str, name: str) -> str:
    """What the slots up to one of them say; beside the slots, so that who lists those does not meet it."""
    return f"{LEDGER}{lane}/_checkpoints/{dataset}/{name}.jsonl.gz"


def aggregates_prefix(lane: str, snapshot_id: str) -> str:
    """The report tables computed from one set of committed batches."""
    return f"{AGGREGATES}{lane}/{snapshot_id}/"


def aggregates_entries_prefix(lane: str, batches_id: str = "") -> str:
    """The snapshots over one set of batches; without it, over all of them."""
    return f"{LEDGER}{lane}/_aggregates/{batches_id}{'/' if batches_id else ''}"


def aggregates_entry_key(lane: str, batches_id: str, snapshot_id: str) -> str:
    """The commit point of a snapshot, written once, with `If-None-Match: *`. Until November 2026 without the id of
    its batches, and "" still finds those."""
    return f"{aggregates_entries_prefix(lane, batches_id)}{snapshot_id}.json"


def load_manifest_key(lane: str, table: str, batch_id: str, part: str) -> str:
    """A COPY manifest: the exact files of one batch and one partition."""
    return f"{LOADS}{lane}/{table}/{batch_id}/{part}.manifest"


def outcomes_prefix(lane: str) -> str:
    """What the lane's runs came to."""
    return f"{OUTCOMES}{lane}/"


def evidence_key(lane: str, run_id: str) -> str:
    """What a run found, as load_warehouse writes it: rows, files, and what is refused or held."""
    return f"{outcomes_prefix(lane)}{run_id}.json"


def claims_prefix(lane: str) -> str:
    """The rights to publish, one object per outcome; apart from the evidence, for the jobs write that."""
    return f"{CLAIMS}{lane}/"


def claim_key(lane: str, outcome_id: str) -> str:
    """Who publishes an outcome, and whether its message is out; written conditionally."""
    return f"{claims_prefix(lane)}{outcome_id}.json"
