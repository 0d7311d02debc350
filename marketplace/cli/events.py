"""`marketplace events`: look into the webhook inbox, replay, fetch what was missed.

The same functions serve the operator's pages. A replay only makes an event new again; the running
marketplace picks it up, and `--now` handles it here when none is running.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import clock, config, database
from marketplace.database import phase
from marketplace.errors import MarketplaceError
from marketplace.gateway import client
from marketplace.lifecycles import InboxState
from marketplace.models import InboxEvent
from marketplace.webhooks import backfill, inbox, work

SHOWN = 30


@click.group("events")
def group() -> None:
    """The webhook inbox: list, replay, backfill."""


@group.command("list")
@click.option("--state", type=click.Choice([state.value for state in InboxState]))
def list_command(state: str | None) -> None:
    """Print the newest events."""
    with _open() as (sessions, _), sessions() as session:
        for row in inbox.latest(session, state=InboxState(state) if state else None, limit=SHOWN):
            click.echo(_line(row))


@group.command("replay")
@click.argument("event", required=False)
@click.option("--failed", "state", flag_value="failed", help="Every event that failed.")
@click.option("--dead", "state", flag_value="dead", help="Every event that was given up.")
@click.option("--now", is_flag=True, help="Handle them here instead of in the running shop.")
def replay_command(event: str | None, state: str | None, *, now: bool) -> None:
    """Handle EVENT (evt_… or its row number) again, or all that failed."""
    if bool(event) == bool(state):
        raise click.UsageError("Name one event, or give --failed or --dead.")
    with _open() as (sessions, stripe):
        with sessions() as session, phase(session):
            if state:
                count = inbox.replay_all(session, InboxState(state))
            else:
                rows = _named(session, event or "")
                count = len([inbox.replay(session, row.id) for row in rows])
        click.echo(f"{count} to be handled again.")
        while now and work.process(sessions, stripe) is not None:
            pass


@group.command("backfill")
@click.option("--days", type=click.IntRange(1, 30), default=30, show_default=True)
def backfill_command(days: int) -> None:
    """Fetch the events that Stripe could not deliver."""
    with _open() as (sessions, stripe), sessions() as session:
        count = backfill.undelivered(session, stripe, clock.now() - timedelta(days=days))
        click.echo(f"{count} events fetched.")


def _named(session: orm.Session, name: str) -> list[InboxEvent]:
    if name.isdecimal() and name.isascii():
        return [inbox.get(session, int(name))]
    rows = inbox.by_event_id(session, name)
    if not rows:
        raise click.ClickException(f"There is no event {name} in the inbox.")
    return rows


def _line(row: InboxEvent) -> str:
    said = row.last_error or row.reason_ignored or ""
    return f"{row.id:>6}  {row.event_id:<30} {row.type:<40} {row.state.value:<8} {said}".rstrip()


@contextmanager
def _open() -> Iterator[tuple[orm.sessionmaker[orm.Session], StripeClient]]:
    """The database and the Stripe client of the settings; errors of ours become one line."""
    settings = config.Settings.from_environ(config.environment(Path.cwd()))
    engine = database.connect(settings.database_url)
    try:
        yield database.sessions(engine), client.connect(settings)
    except MarketplaceError as error:
        raise click.ClickException(str(error)) from error
    finally:
        engine.dispose()
