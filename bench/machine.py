"""The machine that is measured on, and the programs that take part."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Dict, List

from tools import Tools


def facts(cores: int) -> Dict[str, object]:
    return {
        "cores": cores,
        "cpu": _cpu_model(),
        "kernel": f"{platform.system()} {platform.release()}",
        "load_before": round(os.getloadavg()[0], 2),
    }


def versions(tools: Tools) -> Dict[str, str]:
    """The version of each program that takes part."""
    flags = {"wrk": "-v", "nginx": "-v", "redis-server": "--version", "postgres": "--version"}
    return {name: _version([tools[name], flag]) for name, flag in flags.items() if name in tools.paths}


def _cpu_model() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        return _output(["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"])
    return platform.machine()


def _version(argv: List[str]) -> str:
    number = re.search(r"\d+(\.\d+)+", _output(argv))
    return number.group() if number else "of unknown version"


def _output(argv: List[str]) -> str:
    # Whatever the exit code: wrk prints its version with its usage and ends with 1.
    result = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=30)
    return result.stdout.strip()
