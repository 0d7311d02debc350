"""Settings: one table of what is refused, all faults at once, no secret shown."""

import dataclasses
import re
import stat
from pathlib import Path

import pytest

from marketplace import config, database
from marketplace.config import NAMES, SANDBOX_KEY, Settings
from marketplace.errors import ConfigError

KEY = "sk_test_canary0123456789"
COOKIES = "c" * 40
REAL = {"STRIPE_SECRET_KEY": KEY, "SECRET_KEY": COOKIES}


def faults(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as refused:
        Settings.from_environ(environ)
    return refused.value.faults


def test_nothing_set_means_the_sandbox_on_loopback() -> None:
    settings = Settings.from_environ({})
    assert settings.sandbox
    assert settings.stripe_key == SANDBOX_KEY
    assert settings.api_base == "http://127.0.0.1:12111"
    assert settings.public_url == "http://127.0.0.1:4242"
    assert settings.database_url == "sqlite:///data/marketplace.sqlite3"
    assert settings.host == "127.0.0.1"


def test_a_test_key_means_stripe_itself() -> None:
    settings = Settings.from_environ(REAL)
    assert not settings.sandbox
    assert settings.api_base is None
    assert settings.stripe_publishable_key is None
    # The sandbox's sellers and demo people are in another file.
    assert settings.database_url == "sqlite:///data/marketplace-test-mode.sqlite3"


@pytest.mark.parametrize(
    ("environ", "word"),
    [
        ({"STRIPE_SECRET_KEY": "sk_live_x", "SECRET_KEY": COOKIES}, "live key"),
        ({"STRIPE_SECRET_KEY": "rk_live_x", "SECRET_KEY": COOKIES}, "live key"),
        ({"STRIPE_SECRET_KEY": "pk_test_x", "SECRET_KEY": COOKIES}, "sk_test_"),
        ({"STRIPE_SECRET_KEY": KEY + "\r\nX: y", "SECRET_KEY": COOKIES}, "sk_test_"),
        ({"STRIPE_SECRET_KEY": KEY}, "SECRET_KEY must be set"),
        ({"STRIPE_PUBLISHABLE_KEY": "pk_test_12345678"}, "STRIPE_SECRET_KEY is not"),
        ({**REAL, "STRIPE_PUBLISHABLE_KEY": "pk_live_12345678"}, "live key"),
        ({**REAL, "STRIPE_PUBLISHABLE_KEY": "sk_test_12345678"}, "pk_test_"),
        ({"STRIPE_WEBHOOK_SECRET": "secret"}, "whsec_"),
        ({"STRIPE_CONNECT_WEBHOOK_SECRET": "whsec_12345678,nope"}, "whsec_"),
        ({"STRIPE_THIN_WEBHOOK_SECRET": "whsec_"}, "whsec_"),
        ({"PUBLIC_URL": "shop.example"}, "PUBLIC_URL"),
        ({"TRUSTED_PROXY": "front.example"}, "TRUSTED_PROXY"),
        ({"PUBLIC_URL": "ftp://shop.example"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://shop.example/path"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://user@shop.example"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://shop.example:99999"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://[::1"}, "PUBLIC_URL"),
        ({"PORT": "http"}, "PORT"),
        ({"PORT": "0"}, "PORT"),
        ({"PORT": "65536"}, "PORT"),
        ({"PORT": "٤٢"}, "PORT"),
        ({"SANDBOX_PORT": "-1"}, "SANDBOX_PORT"),
        ({"PORT": "5000", "SANDBOX_PORT": "5000"}, "both 5000"),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        ({"SECRET_KEY": "short"}, "32"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
    ],
)
def test_a_fault_is_told_in_one_line(environ: dict[str, str], word: str) -> None:
    (fault,) = faults(environ)
    assert word in fault
    assert "\n" not in fault


def test_all_faults_are_told_at_once() -> None:
    told = faults({"STRIPE_SECRET_KEY": "sk_live_1", "PORT": "x", "PUBLIC_URL": "y"})
    assert len(told) == 4


def test_no_fault_repeats_a_secret() -> None:
    canary = "canary0123456789"
    told = "\n".join(
        faults({"STRIPE_SECRET_KEY": f"sk_live_{canary}", "STRIPE_WEBHOOK_SECRET": canary})
    )
    assert canary not in told


def test_secrets_are_not_in_the_repr() -> None:
    settings = Settings.from_environ(
        {**REAL, "STRIPE_WEBHOOK_SECRET": "whsec_canary0123456789", "DATABASE_URL": "sqlite:///c"}
    )
    assert "canary" not in repr(settings)
    assert COOKIES not in repr(settings)


def test_several_webhook_secrets_are_kept_for_rotation() -> None:
    settings = Settings.from_environ({"STRIPE_WEBHOOK_SECRET": "whsec_new12345, whsec_old12345"})
    assert settings.webhook_secrets == ("whsec_new12345", "whsec_old12345")
    assert settings.connect_webhook_secrets == ()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_name_of_postgresql_leads_to_psycopg(scheme: str) -> None:
    settings = Settings.from_environ({"DATABASE_URL": f"{scheme}://u:p%40ss@db/shop"})
    assert settings.database_url == "postgresql+psycopg://u:p%40ss@db/shop"


def test_https_makes_cookies_secure() -> None:
    assert Settings.from_environ({"PUBLIC_URL": "https://shop.example/"}).secure
    assert not Settings.from_environ({"HOST": "0.0.0.0"}).secure
    assert Settings.from_environ({"HOST": "0.0.0.0"}).public_url == "http://127.0.0.1:4242"


def test_the_example_file_names_every_setting_once_and_sets_none() -> None:
    text = (database.ROOT / ".env.example").read_text("utf-8")
    lines = re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE)
    assert [name for name, _ in lines] == list(NAMES)
    assert all(value == "" for _, value in lines)


def test_every_name_is_read_and_nothing_else() -> None:
    class Asked(dict[str, str]):
        names: set[str] = set()

        def get(self, key: str, default: str | None = None) -> str:  # type: ignore[override]
            self.names.add(key)
            return default or ""

    Settings.from_environ(Asked())
    assert Asked.names == set(NAMES)


def test_the_cookie_key_of_the_sandbox_is_made_once_and_only_ours_to_read(tmp_path: Path) -> None:
    settings = Settings.from_environ({"DATA_DIR": str(tmp_path / "new" / "folder")})
    first, second = config.prepare(settings), config.prepare(settings)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) == 64
    keyfile = settings.data_dir / "secret_key"
    assert stat.S_IMODE(keyfile.stat().st_mode) == 0o600
    assert [path.name for path in settings.data_dir.iterdir()] == ["secret_key"]


def test_a_given_cookie_key_is_kept(tmp_path: Path) -> None:
    settings = Settings.from_environ({"DATA_DIR": str(tmp_path), "SECRET_KEY": COOKIES})
    assert config.prepare(settings).secret_key == COOKIES
    assert not (tmp_path / "secret_key").exists()


def test_a_data_folder_that_is_a_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    settings = dataclasses.replace(Settings.from_environ({}), data_dir=tmp_path / "data")
    with pytest.raises(ConfigError, match=r"DATA_DIR .* cannot be used") as refused:
        config.prepare(settings)
    assert len(refused.value.faults) == 1


def test_what_is_exported_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("PORT=5001\nLOG_LEVEL=DEBUG\nHOST=\n")
    monkeypatch.setenv("PORT", "5002")
    read = config.environment(tmp_path)
    assert (read["PORT"], read["LOG_LEVEL"], read["HOST"]) == ("5002", "DEBUG", "")
