"""Prints the DAG's tasks and edges as JSON. Run by Airflow's own interpreter, with the DAG file as the only argument.

Edges into a task that runs only after a failure are left out: they are the failure path, not the pipeline.
"""

import importlib.util
import json
import sys

spec = importlib.util.spec_from_file_location("dag_under_test", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)

edges = [
    [task.task_id, after]
    for task in module.dag.tasks
    for after in sorted(task.downstream_task_ids)
    if module.dag.get_task(after).trigger_rule == "all_success"
]
sys.stdout.write("\n" + json.dumps({"dag": module.dag.dag_id, "edges": sorted(edges)}) + "\n")
