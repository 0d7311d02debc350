"""`marketplace operator`: let somebody who has signed up run the marketplace.

No form makes an operator, or a stranger could be one. The sandbox has Olivia; with a key of your
own, whoever has the machine says who it is. The rule that bites: an operator sees every seller's
money, so the address must have an account already, whose password only that person knows.
"""

from pathlib import Path

import click

from marketplace import config, database, people
from marketplace.database import phase
from marketplace.errors import NotFound


@click.command("operator")
@click.argument("email")
def command(email: str) -> None:
    """Let the person with the address EMAIL, who has signed up, run the marketplace."""
    settings = config.prepare(config.Settings.from_environ(config.environment(Path.cwd())))
    database.upgrade(settings.database_url)
    engine = database.connect(settings.database_url)
    try:
        with database.sessions(engine)() as session, phase(session):
            name = people.appoint(session, email).name
    except NotFound as error:
        raise click.ClickException(f"{error} They sign up in the shop first.") from error
    finally:
        engine.dispose()
    click.echo(f"{name} runs the marketplace now: sign in and open /platform.")
