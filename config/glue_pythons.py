"""Which Python each Glue version runs, as the names of wheels spell it (AWS's page "AWS Glue versions")."""

GLUE_PYTHONS = {"5.0": "cp311", "5.1": "cp311", "6.0": "cp313"}
