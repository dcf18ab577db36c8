"""MWAA: environments in front of a real Airflow on PostgreSQL, reached through InvokeRestApi."""
