"""The shop as a program without its sandbox: a journey has that one, or a wire to it, running."""

import os
from pathlib import Path

from marketplace import config, database
from marketplace.cli import run
from marketplace.config import Settings

if __name__ == "__main__":
    settings = config.prepare(Settings.from_environ({**os.environ, "DATA_DIR": str(Path.cwd())}))
    database.upgrade(settings.database_url)
    run.serve(settings)
