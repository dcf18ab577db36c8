"""One program per reader, each a process of its own: folders of CSV files in, zstd Parquet of typed columns out.

Every program is written as its reader's documentation has it for typed columns and for bad rows, and the same
program with the same settings is measured for speed (on clean files) and for truth (on damaged ones).
"""
