"""Our conversion in Spark on this machine's cores."""

from functools import partial

from benchmarks.programs.job import run
from benchmarks.programs.strict_single import convert

if __name__ == "__main__":
    run(partial(convert, engine="spark"))
