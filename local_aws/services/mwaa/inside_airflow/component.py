"""Starts one of Airflow's components, inside Airflow's virtual environment: `component.py scheduler`, and so on.

`migrate` makes the tables and ends. The others are Airflow's own commands; the triggerer resumes no task before the
worker that deferred it is gone (see patient_triggers).
"""

import os
import sys


def main(name, arguments):
    if name == "migrate":
        from airflow.utils import db  # pyright: ignore[reportMissingImports]
        from airflow.utils.providers_configuration_loader import (  # pyright: ignore[reportMissingImports]
            providers_configuration_loaded,
        )

        providers_configuration_loaded(db.initdb)()
        return
    if name == "triggerer" and os.environ.get("LOCAL_MWAA_WORKERS"):
        import patient_triggers

        patient_triggers.install()
    from airflow.__main__ import main as airflow  # pyright: ignore[reportMissingImports]

    sys.argv = ["airflow", name, *arguments]
    airflow()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
