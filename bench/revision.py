"""The revisions of the service that are measured: this checkout, and another one of its history beside it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional

from process import Failure, call

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Revision:
    """Something that can be started."""

    name: str
    command: List[str]
    home: Optional[Path]  # of the launcher; None: the command is somebody's own

    @property
    def aot_cache(self) -> Optional[Path]:
        """What the launcher gives the JVM to start from, if the build has made one."""
        file = self.home / "target" / "app" / "hotcold-user-api.aot" if self.home else None
        return file if file and file.exists() else None


def checkout(command: Optional[List[str]]) -> Revision:
    """What lies here, changes included; or whatever the command starts."""
    if command:
        return Revision("this", command, None)
    return Revision("this", _serve(PROJECT), PROJECT)


def resolve(name: str) -> str:
    """The commit of that name. Fails with Failure when there is none."""
    try:
        return _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    except Failure:
        raise Failure(f"{name} is no revision of {PROJECT}") from None


def build(name: str, directory: Path) -> Revision:
    """A clone of its own of that revision below the directory, built as it builds itself."""
    commit = resolve(name)
    home = directory / "base"
    _git("clone", "--quiet", "--shared", "--no-checkout", str(PROJECT), str(home))
    _git("-C", str(home), "checkout", "--quiet", "--detach", commit)
    # Not this make's variables and flags.
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    call(["make", "build"], 900, cwd=home, env=environment)
    return Revision(commit[:7], _serve(home), home)


def _serve(home: Path) -> List[str]:
    return [str(home / "bin" / "hotcold"), "serve"]


def _git(*arguments: str) -> str:
    return call(["git", *arguments], 60, cwd=PROJECT).strip()
