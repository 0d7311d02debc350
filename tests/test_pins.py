"""The pins can be installed anywhere, and only what was reviewed."""

import re
import tomllib

import pytest

from marketplace import database

FILES = ["requirements.txt", "requirements-dev.txt"]
# One stated dependency of ours, up to its version: "psycopg[binary]>=3.3" is psycopg.
NAME = re.compile(r"^[A-Za-z0-9_.-]+")


def entries(file: str) -> list[str]:
    text = (database.ROOT / file).read_text("utf-8")
    return re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^#.*\n", "", text).strip())


@pytest.mark.parametrize("file", FILES)
def test_every_pin_is_exact_and_hashed(file: str) -> None:
    for entry in entries(file):
        assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==[0-9][^ ]* ", entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("file", FILES)
def test_pins_name_no_registry_and_no_folder(file: str) -> None:
    text = (database.ROOT / file).read_text("utf-8")
    assert not re.search(r"https?://|--(extra-)?index|--find-links|(^|\s)/\w|file:", text)


def test_everything_we_state_is_pinned_and_both_files_agree() -> None:
    project = tomllib.loads((database.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pins = {file: {entry.split("==")[0].split("[")[0] for entry in entries(file)} for file in FILES}
    stated = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    for requirement in stated:
        found = NAME.match(requirement)
        assert found
        assert found[0] in pins["requirements.txt"]
    versions = {file: {entry.split(" ")[0] for entry in entries(file)} for file in FILES}
    assert versions["requirements.txt"] <= versions["requirements-dev.txt"]
