"""Failures that have a name of their own: the pipeline's and the reader's."""

from pipeline.errors import PipelineError
from strict_csv.errors import StrictCsvError

NamedFailure = PipelineError | StrictCsvError
NAMED_FAILURES = (PipelineError, StrictCsvError)
