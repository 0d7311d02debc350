"""Somebody who signed up is let run the marketplace, from the machine and from nowhere else."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import orm

from marketplace import people
from marketplace.cli import operator
from marketplace.database import phase
from marketplace.models import Role


@pytest.mark.usefixtures("settings")
def test_an_operator_is_appointed_who_signed_up_before(
    session: orm.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with phase(session):
        noor = people.sign_up(
            session, email="noor@x.example", name="Noor", password="a quiet harbour"
        )
    stranger = CliRunner().invoke(operator.command, ["nobody@x.example"])
    assert stranger.exit_code == 1
    assert "Nobody signed up with this address. They sign up" in stranger.output
    appointed = CliRunner().invoke(operator.command, ["Noor@X.example"])
    assert appointed.exit_code == 0
    assert appointed.output == "Noor runs the marketplace now: sign in and open /platform.\n"
    session.refresh(noor)
    assert noor.role is Role.OPERATOR
