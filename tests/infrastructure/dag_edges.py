"""Prints DAGs as a JSON list: tasks' edges and the Glue resources they start. Run by Airflow's own interpreter.

Arguments: the DAG file, and optionally a file of pickled pipelines that are built instead of its own. Edges into a task
that runs only after a failure are left out: they are the failure path, not the pipeline.
"""

import importlib.util
import json
import pickle
import sys
from pathlib import Path

spec = importlib.util.spec_from_file_location("dag_under_test", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)


def facts(dag):
    edges = [
        [task.task_id, after]
        for task in dag.tasks
        for after in sorted(task.downstream_task_ids)
        if dag.get_task(after).trigger_rule == "all_success"
    ]
    starts = {
        task.task_id: getattr(task, "job_name", None) or getattr(task, "config", {}).get("Name") for task in dag.tasks
    }
    starts = {name: resource for name, resource in starts.items() if resource}
    return {"dag": dag.dag_id, "edges": sorted(edges), "starts": starts}


dags = [module.dag]
if len(sys.argv) > 2:
    names = module.Names.of_slug("nf1-dev")
    given = pickle.loads(Path(sys.argv[2]).read_bytes())
    dags = [module.dag_of(pipeline, publisher="publisher", names=names) for pipeline in given]
sys.stdout.write("\n" + json.dumps([facts(dag) for dag in dags]) + "\n")
