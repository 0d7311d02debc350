"""`marketplace conformance`: only test keys, and only an address that was given."""

import pytest
from click.testing import CliRunner

from marketplace.cli import cli


@pytest.mark.parametrize("key", ["sk_live_dangerous", "pk_test_public", "anything"])
def test_only_a_secret_test_key_is_taken(key: str) -> None:
    answer = CliRunner().invoke(cli, ["conformance", "--key", key])
    assert answer.exit_code == 2
    assert "only test keys are taken" in answer.output
    assert key not in answer.output
