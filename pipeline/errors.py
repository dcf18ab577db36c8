"""Named failures, facts in the past tense.

A name here is the same string in a state machine's `Error`, an Airflow exception class and a Glue
job's exit message, so that a reader finds one failure under one name everywhere.
"""


class PipelineError(Exception):
    """A failure with a name; `str()` is "Name: what happened, where, and the remedy"."""

    @property
    def name(self) -> str:
        return type(self).__name__

    @property
    def message(self) -> str:
        """What happened, where, and the remedy, without the name."""
        return super().__str__()

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


class PipelineInvalid(PipelineError):
    """The pipeline definition breaks a rule; lists every broken rule."""


class ContractChanged(PipelineError):
    """A dataset's contract no longer fits what was committed under an older one; shows the difference."""


class LayoutChanged(PipelineError):
    """Curated files of a dataset were laid out by older code in a way that new files cannot lie beside."""


class ConfigInvalid(PipelineError):
    """The configuration breaks a rule; lists every broken rule."""


class CrawlFailed(PipelineError):
    """A crawl of this run ended FAILED or CANCELLED, or was never recorded."""


class CrawlTimedOut(PipelineError):
    """A crawl did not end within its bound."""


class TablesMissing(PipelineError):
    """A crawl ended well and the catalog lacks a table, or a table has the wrong columns."""


class JobFailed(PipelineError):
    """A job run ended FAILED, ERROR, STOPPED or EXPIRED."""


class JobTimedOut(PipelineError):
    """A job run ended TIMEOUT."""


class RowsNotConserved(PipelineError):
    """Rows or bytes in are not rows or bytes out (I1)."""


class ChecksumMismatched(PipelineError):
    """What was read back is not what was read (I2)."""


class QualityRuleFailed(PipelineError):
    """A quality rule does not hold on the curated data."""


class LoadFailed(PipelineError):
    """A warehouse statement ended FAILED or ABORTED; nothing of the load is visible."""


class LoadTimedOut(PipelineError):
    """A warehouse statement did not end within its bound."""


class NotificationFailed(PipelineError):
    """The outcome could not be published; the run's outcome stands."""


class OutcomeBeingPublished(PipelineError):
    """Somebody else is publishing this outcome just now; whoever asked asks again."""


class NothingLanded(PipelineError):
    """A dataset that the run was asked for has no object in landing."""


class InputChanged(PipelineError):
    """A landed file was overwritten while it was read, where its version cannot be pinned."""


class CommitContested(PipelineError):
    """Other runs took every ledger slot that this run tried for; nothing of this run is visible."""


class ReplayRefused(PipelineError):
    """Quarantined rows cannot be judged by this contract, or nothing says how; nothing was changed."""


class RepairRefused(PipelineError):
    """Repaired rows are not the rows that were exported, or no CSV of the contract; nothing was changed."""


class RunNotSettled(PipelineError):
    """A run that should have ended is not shown as ended yet; whoever asked asks again."""


class TooMuchRejected(PipelineError):
    """More files are open than a contract tolerates, or a batch is held; everything else was loaded."""


class NothingToDecide(PipelineError):
    """What retry, accept or withdraw was asked of is not open, held or there; nothing was changed."""
