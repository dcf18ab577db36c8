"""Lambda: functions from zip files, invoked as subprocesses with their role's key."""
