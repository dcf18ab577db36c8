"""MWAA: environments in front of a real `airflow standalone`, reached through InvokeRestApi."""
