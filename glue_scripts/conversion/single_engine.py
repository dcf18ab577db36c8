"""One process, no Spark: a laptop, or a Glue Python shell job."""

from __future__ import annotations

from glue_scripts.conversion.bundle import ConversionJob, Progress, convert_bundle
from pipeline.ledger import LedgerEntry


class SingleEngine:
    """Converts a job's files one after the other in this process."""

    def convert(self, job: ConversionJob, *, progress: Progress = lambda _bytes: None) -> LedgerEntry:
        """The evidence of all of the job's files."""
        return convert_bundle(job, part="0", progress=progress)
