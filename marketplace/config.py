"""What the program must be told before it starts, read once from the environment.

Without STRIPE_SECRET_KEY the marketplace talks to the local sandbox; with a test key it talks to
Stripe's test mode; a live key is refused, because this is a reference and not your production
system. The rule that bites: settings that fit together badly (a key without its publishable half,
two modes mixed) fail in the middle of a payment, so every fault is found, and told, at the start.
"""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from marketplace.errors import ConfigError

SANDBOX_KEY = "sk_test_sandbox_marketplace"
SANDBOX_PUBLISHABLE_KEY = "pk_test_sandbox_marketplace"
LEAST_SECRET = 32
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
HIGHEST_PORT = 65535
_DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_PLAIN_KEY = re.compile(r"(sk|rk)_test_[A-Za-z0-9_]{8,}", re.ASCII)
_PLAIN_PUBLISHABLE = re.compile(r"pk_test_[A-Za-z0-9_]{8,}", re.ASCII)
_PLAIN_WEBHOOK_SECRET = re.compile(r"whsec_[\x21-\x7e]{8,}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. Fields that are secret never show in `repr`."""

    stripe_key: str = field(repr=False)
    stripe_publishable_key: str | None
    sandbox: bool
    webhook_secrets: tuple[str, ...] = field(repr=False)
    connect_webhook_secrets: tuple[str, ...] = field(repr=False)
    thin_webhook_secrets: tuple[str, ...] = field(repr=False)
    public_url: str
    secret_key: str = field(repr=False)
    database_url: str = field(repr=False)
    data_dir: Path
    host: str
    port: int
    sandbox_port: int
    log_level: str
    trusted_proxy: str | None = None

    @property
    def api_base(self) -> str | None:
        """The sandbox's address, or None for Stripe's own."""
        return f"http://127.0.0.1:{self.sandbox_port}" if self.sandbox else None

    @property
    def secure(self) -> bool:
        """Tell whether people reach us over https, as cookies must know."""
        return self.public_url.startswith("https://")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings from names and strings; touches no disk and no network.

        Raises ConfigError with one line for each fault, all of them at once.
        """
        reader = _Reader(environ)
        key = reader.secret_key()
        publishable = reader.publishable_key(has_key=bool(reader.text("STRIPE_SECRET_KEY")))
        host = reader.text("HOST") or "127.0.0.1"
        port, sandbox_port = reader.port("PORT", 4242), reader.port("SANDBOX_PORT", 12111)
        if port == sandbox_port:
            reader.faults.append(f"PORT and SANDBOX_PORT are both {port}; they must differ.")
        data_dir = Path(reader.text("DATA_DIR") or "data")
        settings = cls(
            stripe_key=key or SANDBOX_KEY,
            stripe_publishable_key=publishable,
            sandbox=key is None,
            webhook_secrets=reader.webhook_secrets("STRIPE_WEBHOOK_SECRET"),
            connect_webhook_secrets=reader.webhook_secrets("STRIPE_CONNECT_WEBHOOK_SECRET"),
            thin_webhook_secrets=reader.webhook_secrets("STRIPE_THIN_WEBHOOK_SECRET"),
            public_url=reader.public_url(f"http://{_reachable(host)}:{port}"),
            secret_key=reader.cookie_key(required=key is not None),
            database_url=reader.database_url(data_dir, sandbox=key is None),
            data_dir=data_dir,
            host=host,
            port=port,
            sandbox_port=sandbox_port,
            log_level=reader.log_level(),
            trusted_proxy=reader.trusted_proxy(),
        )
        if reader.faults:
            raise ConfigError(reader.faults)
        return settings


NAMES = (
    "STRIPE_SECRET_KEY",
    "STRIPE_PUBLISHABLE_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "STRIPE_CONNECT_WEBHOOK_SECRET",
    "STRIPE_THIN_WEBHOOK_SECRET",
    "PUBLIC_URL",
    "SECRET_KEY",
    "DATABASE_URL",
    "DATA_DIR",
    "HOST",
    "PORT",
    "SANDBOX_PORT",
    "LOG_LEVEL",
    "TRUSTED_PROXY",
)


def environment(folder: Path) -> dict[str, str]:
    """Return the process environment on top of `folder`/.env; what is exported wins."""
    kept = {name: value or "" for name, value in dotenv_values(folder / ".env").items()}
    return {**kept, **os.environ}


def prepare(settings: Settings) -> Settings:
    """Make the data folder usable and, in the sandbox, make the cookie key once and keep it.

    Returns settings whose `secret_key` is set. Raises ConfigError when the folder is not writable.
    """
    keyfile = settings.data_dir / "secret_key"
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        if not os.access(settings.data_dir, os.W_OK | os.X_OK):
            raise PermissionError(13, "not writable")
        if settings.secret_key:
            return settings
        if not keyfile.exists():
            _write_once(keyfile, secrets.token_hex(32))
        return replace(settings, secret_key=keyfile.read_text("ascii").strip())
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError([f"DATA_DIR {settings.data_dir} cannot be used: {reason}."]) from error


def _write_once(path: Path, text: str) -> None:
    # Written whole beside it and linked into place: two programs that start together end up with
    # one key, and neither ever reads half of it.
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _reachable(host: str) -> str:
    """Turn the address we bind to into one that a browser on this machine can open."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - recognised here, never bound to by default
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


class _Reader:
    """Reads one name at a time and collects what is wrong instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []

    def text(self, name: str) -> str:
        return self.environ.get(name, "").strip()

    def secret_key(self) -> str | None:
        key = self.text("STRIPE_SECRET_KEY")
        if not key:
            return None
        if key.startswith(("sk_live_", "rk_live_")):
            self.faults.append("STRIPE_SECRET_KEY is a live key; only test keys are accepted.")
        elif not _PLAIN_KEY.fullmatch(key):
            self.faults.append("STRIPE_SECRET_KEY must start with sk_test_ or rk_test_.")
        return key

    def publishable_key(self, *, has_key: bool) -> str | None:
        key = self.text("STRIPE_PUBLISHABLE_KEY")
        if not key:
            return None if has_key else SANDBOX_PUBLISHABLE_KEY
        if key.startswith("pk_live_"):
            self.faults.append("STRIPE_PUBLISHABLE_KEY is a live key; only test keys are accepted.")
        elif not _PLAIN_PUBLISHABLE.fullmatch(key):
            self.faults.append("STRIPE_PUBLISHABLE_KEY must start with pk_test_.")
        if not has_key:
            self.faults.append(
                "STRIPE_PUBLISHABLE_KEY is set and STRIPE_SECRET_KEY is not; set both or neither."
            )
        return key

    def webhook_secrets(self, name: str) -> tuple[str, ...]:
        found = tuple(part for part in re.split(r"[\s,]+", self.text(name)) if part)
        if any(not _PLAIN_WEBHOOK_SECRET.fullmatch(part) for part in found):
            self.faults.append(f"{name} must hold secrets that start with whsec_, comma-separated.")
        return found

    def port(self, name: str, default: int) -> int:
        text = self.text(name)
        if not text:
            return default
        if not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) <= HIGHEST_PORT:
            self.faults.append(f"{name} must be a number from 1 to {HIGHEST_PORT}.")
            return default
        return int(text)

    def public_url(self, default: str) -> str:
        url = self.text("PUBLIC_URL").rstrip("/") or default
        try:
            parts = urlsplit(url)
            port_is_readable = parts.port is None or parts.port > 0
        except ValueError:
            port_is_readable = False
        if (
            not port_is_readable
            or parts.scheme not in {"http", "https"}
            or not parts.hostname
            or parts.username is not None
            or parts.path
            or parts.query
            or parts.fragment
        ):
            self.faults.append(
                "PUBLIC_URL must be an absolute address without a path: https://shop.example"
            )
        return url

    def cookie_key(self, *, required: bool) -> str:
        key = self.text("SECRET_KEY")
        if key and len(key) < LEAST_SECRET:
            self.faults.append(f"SECRET_KEY must have at least {LEAST_SECRET} characters.")
        if required and not key:
            self.faults.append("SECRET_KEY must be set when STRIPE_SECRET_KEY is set.")
        return key

    def database_url(self, data_dir: Path, *, sandbox: bool) -> str:
        text = self.text("DATABASE_URL")
        if not text:
            # A file for each Stripe: the accounts of one are strangers to the other.
            name = "marketplace.sqlite3" if sandbox else "marketplace-test-mode.sqlite3"
            return f"sqlite:///{data_dir / name}"
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            url = None
        if url is None or url.drivername not in _DRIVERS:
            self.faults.append("DATABASE_URL must start with sqlite:/// or postgresql://.")
            return text
        driver = _DRIVERS[url.drivername]
        return url.set(drivername=driver).render_as_string(hide_password=False)

    def trusted_proxy(self) -> str | None:
        address = self.text("TRUSTED_PROXY")
        try:
            return str(ip_address(address)) if address else None
        except ValueError:
            self.faults.append("TRUSTED_PROXY must be an IP address, such as 127.0.0.1.")
            return None

    def log_level(self) -> str:
        level = self.text("LOG_LEVEL").upper() or "INFO"
        if level not in LOG_LEVELS:
            self.faults.append(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}.")
        return level
