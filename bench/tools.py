"""The programs the benchmark needs: where they are, and how to install those that are missing."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional

FIND_JDK = Path(__file__).resolve().parent.parent / "bin" / "find-jdk"
JDK_PROGRAMS = ("java", "javac")
POSTGRES_PROGRAMS = ("initdb", "postgres", "pg_isready", "psql", "pgbench")

# Debian keeps PostgreSQL's programs, and Homebrew those of a versioned formula, off the PATH.
POSTGRES_DIRECTORIES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)

DEBIAN_PACKAGES = {"wrk": "wrk", "nginx": "nginx", "redis-server": "redis-server"}
HOMEBREW_FORMULAS = {"wrk": "wrk", "nginx": "nginx", "redis-server": "redis"}


class MissingTools(Exception):
    """Programs that were not found; the text says how to get each."""


@dataclass(frozen=True)
class Tools:
    """Absolute paths of all programs, by name."""

    paths: Dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.paths[name]


def find(names: List[str]) -> Tools:
    """Finds the named programs; "postgres" and "jdk" stand for all of theirs. Fails with MissingTools."""
    paths: Dict[str, str] = {}
    missing: Dict[str, str] = {}
    for name in names:
        if name == "postgres":
            directory = _postgres_directory()
            for program in POSTGRES_PROGRAMS:
                if directory is None:
                    missing[program] = "apt-get install postgresql postgresql-client | brew install postgresql@17"
                else:
                    paths[program] = str(directory / program)
            continue
        if name == "jdk":
            home = subprocess.run([str(FIND_JDK), "--jdk"], stdout=subprocess.PIPE, encoding="utf-8")
            if home.returncode != 0:
                raise MissingTools("the generator of a constant rate needs a JDK")  # find-jdk has told how to get one
            paths.update((program, str(Path(home.stdout.strip()) / "bin" / program)) for program in JDK_PROGRAMS)
            continue
        path = _which(name)
        if path is None:
            missing[name] = f"apt-get install {DEBIAN_PACKAGES[name]} | brew install {HOMEBREW_FORMULAS[name]}"
        else:
            paths[name] = path
    if missing:
        width = max(map(len, missing))
        lines = [f"  {name:<{width}}  {how}" for name, how in missing.items()]
        raise MissingTools("programs not found; install them with (Debian, Ubuntu | Homebrew):\n" + "\n".join(lines))
    return Tools(paths)


def _which(name: str) -> Optional[str]:
    # An ordinary user's PATH on Debian lacks the sbin directories, where nginx is.
    path = os.environ.get("PATH", os.defpath) + os.pathsep + os.pathsep.join(("/usr/sbin", "/usr/local/sbin"))
    return shutil.which(name, path=path)


def _postgres_directory() -> Optional[Path]:
    """The first directory with all of PostgreSQL's programs: of the PATH, else of the newest version."""
    candidates = [Path(entry) for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry]
    for pattern in POSTGRES_DIRECTORIES:
        candidates += sorted(map(Path, glob.glob(pattern)), key=_version, reverse=True)
    for directory in candidates:
        if all(os.access(directory / program, os.X_OK) for program in POSTGRES_PROGRAMS):
            return directory.absolute()
    return None


def _version(directory: Path) -> float:
    numbers = re.findall(r"\d+(?:\.\d+)?", directory.parent.name)
    return float(numbers[-1]) if numbers else 0.0
