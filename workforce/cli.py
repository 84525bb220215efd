"""Commands about people: `flask --app wsgi workforce …`."""

import click

from kernel import db
from kernel.policy import system_actor
from kernel.tenancy import Scope
from web.commands import Commands
from workforce import operations, queries
from workforce.operations import signing_out

cli = Commands("workforce", help="People: accounts and their tokens.")


@cli.command("token")
@click.argument("email")
@click.option("--days", default=30, show_default=True, help="For how many days it holds.")
@click.option("--role", default=None, help="In which role, where the account has several.")
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
@click.option("--scope", "scopes", multiple=True, default=("all",), help="What it may do; may be given several times.")
def token(email: str, days: int, role: str | None, name: str, scopes: tuple[str, ...]) -> None:
    """Print a new API token for the account with this address."""
    with db.transaction(Scope.system("command line")) as session:
        account = queries.find_account(session, email)
        if account is None:
            raise click.ClickException(f"There is no account with the address {email}.")
        places = [place for place in queries.places_of(session, account.id) if role in (None, place.role)]
        if not places:
            raise click.ClickException("The account has no such role in any organization.")
        _view, secret = operations.create_token(
            session,
            system_actor("command line"),
            account_id=account.id,
            membership_id=places[0].membership_id,
            name=name,
            scopes=scopes,
            days=days,
        )
    click.echo(secret)


@cli.command("sign-out-everybody")
@click.confirmation_option(prompt="Every session of every account ends at once. Go on?")
def sign_out_everybody() -> None:
    """End every session of every account, as after a theft of sessions or of their database."""
    with db.transaction(Scope.system("command line")) as session:
        people = signing_out.sign_out_everybody(session, system_actor("command line"))
    click.echo(f"Everybody is signed out ({people} accounts).")
