"""Commands of money: `flask --app wsgi payouts verify`."""

import click

from kernel import db
from kernel.tenancy import Scope
from payouts import ledger
from web.commands import Commands

cli = Commands("payouts", help="Money: proofs of the books.")


@cli.command("verify")
def verify() -> None:
    """Prove that the books of every vendor add up; one line for each check, exit 1 on a breach."""
    with db.reading(Scope.system("verify the books")) as session:
        findings = ledger.prove(session)
    for finding in findings:
        click.echo(f"{'ok    ' if finding.ok else 'BREACH'} {finding.code}: {finding.rule}")
        for breach in finding.breaches:
            click.echo(f"       {breach}")
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)
