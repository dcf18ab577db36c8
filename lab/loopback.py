"""Loopback never goes through a proxy: the local AWS is on this machine, and no proxy can reach it there.

Flows in: a process environment. Flows out: the exceptions to add to it, for this process, its children and botocore,
all of which read `NO_PROXY` and `no_proxy` (https://docs.python.org/3/library/urllib.request.html#urllib.request.getproxies).
"""

from __future__ import annotations

from collections.abc import Mapping

HOSTS = ("127.0.0.1", "localhost")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def without_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables to set so that loopback is reached directly; none where no proxy is set."""
    if not any(environ.get(name) or environ.get(name.lower()) for name in PROXIES):
        return {}
    # Where both spellings are set, programs differ in which they read: both get the same list.
    excepted = [host for name in ("no_proxy", "NO_PROXY") for host in environ.get(name, "").split(",") if host.strip()]
    hosts = ",".join(dict.fromkeys(host.strip() for host in [*excepted, *HOSTS]))
    return {"NO_PROXY": hosts, "no_proxy": hosts}
