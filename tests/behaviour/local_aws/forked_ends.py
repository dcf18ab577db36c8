"""`python forked_ends.py FOLDER COUNT RUNNER SCRIPT ARGUMENT...`: ends one script many times, each in its own process.

The children are forked after the slow imports, so that a hundred ends cost what a dozen starts do; each runs the script
by the local runner and ends its interpreter as any process does. FOLDER is for what they write down. Prints how often
each exit code came, as JSON; a negative code is a signal, and what the runner wrote of a failure counts as code 1.
"""

import importlib
import json
import os
import runpy
import sys
from collections import Counter

HEAVY = ("boto3", "numpy", "pandas", "pyarrow.parquet", "yaml")
AT_ONCE = 4


def main() -> None:
    folder, count, runner, arguments = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    for module in HEAVY:
        importlib.import_module(module)
    codes: Counter[int] = Counter()
    while count > 0:
        children = []
        for number in range(min(AT_ONCE, count)):
            child = os.fork()
            if child == 0:
                # Nothing of this file may be left to be done: the child ends where the runner does.
                sys.argv = [runner, f"{folder}/{number}", *arguments]
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                runpy.run_path(runner, run_name="__main__")
            children.append(child)
        codes.update(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)
        count -= len(children)
    sys.stdout.write(json.dumps(codes))


if __name__ == "__main__":
    main()
