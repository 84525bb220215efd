"""Commands of running the installation: `flask --app wsgi admin …`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from admin import invariants
from admin.demo.cli import demo
from admin.jobs import replay_erasures
from admin.operations import (
    anchor_files,
    anchoring,
    dead_letters,
    erasure_list,
    founding,
    resealing,
    retention,
    verification,
)
from admin.queries import machinery
from admin.queries.organizations import organization_named
from admin.queries.retention import report
from admin.rules import anchors as signed
from admin.values import DeadJob, Founded
from kernel import audit, crypto, db, migrate
from kernel.audit import Anchors, Breach, Verdict
from kernel.errors import Problem
from kernel.models import AuditHead
from kernel.policy import Role, system_actor
from kernel.tenancy import Scope
from web import current
from web.commands import CannotRun, Commands
from workforce.operations.accounts import create_organization
from workforce.values import OrgKind

cli = Commands("admin", help="Running the installation.", without_database=("migrate",))
cli.add_command(demo)

OK, TAMPERED, NOT_RUN = 0, 1, 2
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_ME = system_actor("command line")
_SCOPE = Scope.system("command line")


@cli.command("migrate")
def migrate_database() -> None:
    """Bring the database up to date: apply the migrations that are missing. Safe to repeat."""
    database = db.current()
    try:
        if migrate.is_at_head(database):
            click.echo("The database is up to date.")
            return
        migrate.upgrade(database)
    except migrate.CannotUse as problem:
        raise CannotRun(str(problem)) from None
    except DBAPIError as error:
        raise CannotRun(migrate.what_is_wrong(database, error)) from None
    click.echo("The database has been brought up to date.")


@contextmanager
def told() -> Iterator[None]:
    """A problem becomes a sentence, and an exit code that is not 0."""
    try:
        yield
    except Problem as problem:
        fields = getattr(problem, "fields", {})
        raise click.ClickException("\n".join(str(text) for text in (fields.values() or [problem.message]))) from None


@cli.command("create-account")
@click.option("--email", required=True)
@click.option("--name", "person", required=True, help="The person's name.")
@click.option("--org", required=True, help="The organization's name; it is created if there is none.")
@click.option("--org-kind", type=click.Choice([kind.value for kind in OrgKind]), required=True)
@click.option("--role", type=click.Choice([role.value for role in Role if role is not Role.ANNOTATOR]), required=True)
@click.option("--password", help="At least 15 characters. Left out, a random one is made and printed.")
@with_appcontext
def create_account(email: str, person: str, org: str, org_kind: str, role: str, password: str | None) -> None:
    """Give somebody a role in an organization, with an account unless they have one."""
    if current.settings().is_production and founding.is_demo(email):
        raise click.ClickException("Demonstration accounts do not exist in production.")
    with told(), db.transaction(_SCOPE) as session:
        known = organization_named(session, org)
        if known is not None and known.kind != org_kind:
            raise click.ClickException(f"{known.name} is a {known.kind}, not a {org_kind}.")
        organization = known or create_organization(session, _ME, kind=org_kind, name=org)
        found = founding.add_person(
            session, _ME, organization, email=email, person=person, role=role, password=password
        )  # fmt: skip
    _tell_account(found)


def _tell_account(found: Founded) -> None:
    click.echo(f"{found.email} is {found.role} of {found.org_name}.")
    if found.password is not None:
        click.echo("The password, shown this once:", err=True)
        click.echo(found.password)


@cli.command("audit-verify")
@click.option("--chain", help="One chain: an organization's id, or `installation`. Left out, all of them.")
@click.option("--anchors", "anchors_file", type=click.Path(path_type=Path), help="A file, or the folder of days.")
@with_appcontext
def audit_verify(chain: str | None, anchors_file: Path | None) -> None:
    """Verify the audit log. Exit code 0: whole; 1: tampered with; 2: it could not be looked at."""
    try:
        kept = _anchors(anchors_file) if anchors_file else {}
        verdict = _verified(chain, kept)
    except signed.BadAnchor as fault:
        click.echo(f"anchors: {fault}", err=True)
        _note(chain, Verdict(0, 0, 0, (Breach(chain or "*", None, "anchor_signature"),)))
        sys.exit(TAMPERED)
    except (OSError, ValueError, SQLAlchemyError, LookupError) as fault:
        click.echo(f"This could not be verified: {fault}", err=True)
        sys.exit(NOT_RUN)
    _note(chain, verdict)
    if verdict.ok:
        click.echo(f"ok: {verdict.events} events in {verdict.chains} chains; {verdict.waiting} wait to be linked")
        return
    first = verdict.breaches[0]
    click.echo(f"tampered: chain {first.chain}, place {first.seq}, {first.kind}")
    for breach in verdict.breaches[1:]:
        click.echo(f"          chain {breach.chain}, place {breach.seq}, {breach.kind}")
    sys.exit(TAMPERED)


def _anchors(place: Path) -> Anchors:
    return signed.places(anchor_files.read(place, anchor_files.key_bytes(current.settings())))


def _verified(chain: str | None, kept: Anchors) -> Verdict:
    with db.reading(_SCOPE) as session:
        if chain is not None and session.get(AuditHead, chain) is None and not any(chain == name for name, _ in kept):
            raise LookupError(f"there is no chain {chain}")
        return audit.verify(session, chain, kept)


def _note(chain: str | None, verdict: Verdict) -> None:
    with db.transaction(_SCOPE) as session:
        verification.tell_verification(
            session, _ME, chain=chain, chains=verdict.chains, events=verdict.events, breaches=verdict.breaches
        )


@cli.command("audit-anchor")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to append to.")
@with_appcontext
def audit_anchor(out: Path) -> None:
    """Append a signed checkpoint for every chain that has grown. Keep the file where this machine cannot rewrite it."""
    try:
        key = anchor_files.key_bytes(current.settings())
        fingerprint = signed.fingerprint(signed.signing_key(key).public_key())
        known = _anchors(out) if out.exists() else {}
    except (OSError, ValueError, signed.BadAnchor) as fault:
        raise click.ClickException(str(fault)) from None
    with db.transaction(_SCOPE) as session:
        audit.link_pending(session)
    with db.reading(_SCOPE) as session:
        found = anchoring.checkpoints(session, _ME, set(known))
    anchor_files.append(out, found, key)
    click.echo(f"{len(found)} chains anchored in {out}, key {fingerprint}")


@cli.command("invariants")
def check_invariants() -> None:
    """Check every rule that always holds: one line each with the number of breaches. Exit code 1 if any is broken."""
    with db.reading(_SCOPE) as session:
        results = invariants.check(session)
    with db.transaction(_SCOPE) as session:
        verification.tell_invariants(session, _ME, results)
    for result in results:
        click.echo(f"{result.id:<4}{'ok' if result.ok else 'BROKEN':<8}{result.breaches:>6}  {result.rule}")
        for where in result.where:
            click.echo(f"{'':<20}{where}")
    if not all(result.ok for result in results):
        sys.exit(TAMPERED)


@cli.command("reseal")
@click.option("--dry-run", is_flag=True, help="Count what each key has sealed, and change nothing.")
def reseal(dry_run: bool) -> None:
    """Seal everything with the first of the field keys, in portions; safe to stop and to repeat.

    A new key is put last in FIELD_KEYS and every process restarted, before it is moved first and all are restarted
    once more: so each process opens what any other one seals.

    Exit code 1 where something cannot be opened by any key. A key may be taken away once nothing is left under it.
    """
    first, *others = crypto.key_ids()
    click.echo(f"FIELD_KEYS: {first} seals; {', '.join([first, *others])} open.")
    columns, counts, unreadable, left = resealing.sealed_columns(), dict[str, int](), 0, 0
    for sealed in columns if not dry_run else ():
        after, more = None, True
        while more:
            with db.transaction(_SCOPE) as session:
                portion = resealing.reseal(session, _ME, sealed, after)
            counts[sealed.name] = counts.get(sealed.name, 0) + portion.sealed
            unreadable += portion.unreadable
            after, more = portion.after, portion.after is not None
    indexes = {str(index): index for index in resealing.index_columns()}
    for name, index in indexes.items() if not dry_run else ():
        after, more = None, True
        while more:
            with db.transaction(_SCOPE) as session:
                portion = resealing.reindex(session, _ME, index, after)
            counts[name] = counts.get(name, 0) + portion.sealed
            left += portion.unreadable
            after, more = portion.after, portion.after is not None
    if any(counts.values()):
        with db.transaction(_SCOPE) as session:
            resealing.note_resealed(session, _ME, counts, unreadable)
    with db.reading(_SCOPE) as session:
        for sealed in columns:
            by_key = resealing.count_by_key(session, _ME, sealed)
            told = ", ".join(f"{key}: {count}" for key, count in sorted(by_key.items())) or "nothing"
            click.echo(f"{sealed.name:<36}{counts.get(sealed.name, 0):>8} sealed anew; under {told}")
        for name, index in indexes.items():
            by_key = resealing.count_indexes_by_key(session, _ME, index)
            told = ", ".join(f"{key}: {count}" for key, count in sorted(by_key.items())) or "nothing"
            click.echo(f"{name:<36}{counts.get(name, 0):>8} digested anew; by {told}")
    if unreadable:
        click.echo(f"{unreadable} texts are opened by no key.", err=True)
    if left:
        click.echo(f"{left} digests cannot be made anew: no key opens their text, or it was written twice.", err=True)
    if unreadable or left:
        sys.exit(TAMPERED)


@cli.command("retention")
@click.option("--dry-run", is_flag=True, help="Tell what would be removed, and change nothing.")
def carry_retention(dry_run: bool) -> None:
    """Remove what was kept long enough, and erase who asked for it: one line for each rule."""
    with db.reading(_SCOPE) as session:
        found = report(session)
    for due in found:
        when = f"next {due.next_at:%Y-%m-%d %H:%M}" if due.next_at else "nothing waits"
        click.echo(f"{due.rule.code:<14}{due.rule.days:>5} days{due.count:>8} due  {when}")
    taken = {due.rule.code: due.count for due in found}
    while not dry_run and max(taken.values()):
        with db.transaction(_SCOPE) as session:
            taken = retention.carry_retention(session, _ME)
        click.echo("removed: " + ", ".join(f"{name} {count}" for name, count in taken.items()))


@cli.command("replay-erasures")
@click.option("--list", "place", type=_FILE, help="Another list.")
@click.option("--key", "retired", type=_FILE, multiple=True, help="A public key that signed before; can be repeated.")
@with_appcontext
def replay_erased(place: Path | None, retired: tuple[Path, ...]) -> None:
    """After an older backup was restored: erase again whom the signed list names. The hourly job does the same.

    Exit code 1: a line that no key signed was passed over; 2: somebody runs an organization alone, and waits for
    another one.
    """
    settings = current.settings()
    try:
        keys = [anchor_files.key_bytes(settings), *(file.read_bytes() for file in retired)]
        found = replay_erasures(
            lambda: db.reading(_SCOPE), lambda: db.transaction(_SCOPE), _ME,
            place or erasure_list.list_file(settings), *keys,
        )  # fmt: skip
    except (OSError, ValueError) as fault:
        raise CannotRun(str(fault)) from None
    for account, outcome in found.outcomes.items():
        click.echo(f"{account}  {'erased again' if outcome == 'done' else 'runs an organization alone: not yet'}")
    click.echo(f"{sum(outcome == 'done' for outcome in found.outcomes.values())} erased again")
    for told in found.faults:
        click.echo(f"the list of erasures, passed over: {told}", err=True)
    if found.faults:
        sys.exit(TAMPERED)
    if "last" in found.outcomes.values():
        sys.exit(NOT_RUN)


@cli.group("jobs")
def jobs() -> None:
    """Dead letters: jobs that failed for good."""


@jobs.command("list")
def list_jobs() -> None:
    """Print every dead letter."""
    after: str | None = None
    with db.reading(_SCOPE) as session:
        while True:
            rows, after = machinery.dead_jobs(session, after=after, limit=machinery.MOST)
            for row in rows:
                error = row.last_error.splitlines()[-1] if row.last_error else ""
                click.echo(f"{row.id}  {row.job}  {row.dead_at:%Y-%m-%d %H:%M}  {row.attempts}x  {error}")
            if after is None:
                return


@jobs.command("retry")
@click.argument("job_id")
def retry(job_id: str) -> None:
    """Try a dead letter again."""
    with told(), db.transaction(_SCOPE) as session:
        _tell_job(dead_letters.retry_job(session, _ME, job_id), "is tried again")


@jobs.command("discard")
@click.argument("job_id")
def discard(job_id: str) -> None:
    """Give a dead letter up."""
    with told(), db.transaction(_SCOPE) as session:
        _tell_job(dead_letters.discard_job(session, _ME, job_id), "is given up")


def _tell_job(job: DeadJob, what: str) -> None:
    click.echo(f"{job.id}  {job.job}  {what}")
