"""Our conversion in one process: checks, quarantine, checksums and ledger included."""

from benchmarks.programs.job import Work, run
from lake.convert.directory import convert_directory


def convert(work: Work, *, engine: str = "single") -> None:
    """By the contract that lies beside the source folder."""
    convert_directory(
        engine=engine,
        contract_path=work.source.with_suffix(".contract.yaml"),
        input_dir=work.source,
        output_dir=work.target,
    )


if __name__ == "__main__":
    run(convert)
