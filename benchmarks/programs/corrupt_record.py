"""Spark's usual way: PERMISSIVE with a schema and a `_corrupt_record` column, whose rows are left out."""

from benchmarks.programs.job import Work, run
from lake.convert.local_spark import local_session


def convert(work: Work) -> None:
    spark = local_session(java_options="")  # Java does the work here
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    schema = ", ".join(f"`{name}` {kind}" for name, kind in work.columns.items())
    frame = (
        spark.read.schema(f"{schema}, _corrupt_record string")
        .option("header", True)
        .option("escape", '"')
        .option("multiLine", work.newlines)
        .option("mode", "PERMISSIVE")
        .option("columnNameOfCorruptRecord", "_corrupt_record")
        .csv(f"{work.source}/*.csv")
    )
    good = frame.where("_corrupt_record is null").drop("_corrupt_record")
    good.write.option("compression", "zstd").parquet(str(work.target))


if __name__ == "__main__":
    run(convert)
