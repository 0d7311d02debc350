"""The layers hold: what may import what is written in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

from marketplace import database


def test_nobody_imports_upwards() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        [linter, "--no-cache"], cwd=database.ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout
