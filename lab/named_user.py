"""Whether Spark can run as this user: its Java asks the machine for the user's name, and takes no other's word.

Flows in: a user id. Flows out: nothing, or ConfigInvalid. Variables such as USER and HADOOP_USER_NAME do not help.
"""

from __future__ import annotations

import os
import pwd

from pipeline.errors import ConfigInvalid


def check_named_user(uid: int | None = None) -> None:
    """`uid`: this process's own by default. Raises ConfigInvalid for one without a name, as containers often have."""
    wanted = os.getuid() if uid is None else uid
    try:
        pwd.getpwuid(wanted)
    except KeyError as error:
        raise ConfigInvalid(
            f"user id {wanted} has no name on this machine (no line in /etc/passwd), and Spark and Airflow do not "
            "start without one; run as a user that has a name, or give it one (`useradd` in a container's image)"
        ) from error
