"""Invariants: the rules that always hold, each as small queries that count the rows which break it.

Run in the system's scope. What the database enforces by itself is asked all the same: a constraint can be dropped, and
a row can be written past it.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.orm import Session

from admin.invariants import money, references, tenants, trail, work
from admin.invariants.rule import Count, Invariant
from admin.values import Result
from i18n import _
from kernel import audit
from payouts import ledger

__all__ = ["INVARIANTS", "Invariant", "check"]

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I1", _("A judgment is paid at most once, to its author"),
        (money.paid_to_somebody_else, money.paid_twice), proofs=("earned_once",),
    ),
    Invariant(
        "I2", _("Nobody is paid for what was not done, and everybody for what was"),
        (money.paid_without_judgment, money.judged_without_earning), proofs=("owed_is_earned",),
    ),
    Invariant(
        "I3", _("Debits equal credits, in every currency"),
        (), proofs=("debits_equal_credits", "one_currency", "balances_are_sums"),
    ),
    Invariant(
        "I4",
        _("A correction in the ledger is a further transfer that turns the first one back"),
        (money.bad_reversals,),
    ),
    Invariant(
        "I5", _("A unit has no more accepted judgments than its overlap, and a slot one holder"),
        (work.answered_over_overlap, work.miscounted_units, work.held_twice),
    ),
    Invariant("I6", _("One person answers a unit once"), (work.judged_twice,)),
    Invariant(
        "I7", _("An answer that was taken is never lost"), (work.answers_without_judgment, work.stray_judgments)
    ),
    Invariant("I8", _("A unit that nobody holds can be handed out again"), (work.leased_to_nobody,)),
    Invariant(
        "I9", _("Nobody holds more than one unit, or makes more than one test, at a time"),
        (work.hoards, work.tests_at_once),
    ),
    Invariant("I10", _("A job that is done has one end"), (trail.jobs_with_two_ends,)),
    Invariant(
        "I11", _("A payout run is the sum of its payments, and its money moved once"),
        (), proofs=("runs_are_sums", "payments_moved", "clearing_is_open", "payments_cover"),
    ),
    Invariant("I12", _("Nobody's balance is below zero"), (), proofs=("not_negative",)),
    Invariant(
        "I13", _("Every rate, payout, invoice, grant and gold set is told in the audit log"),
        (
            trail.rates_untold, trail.runs_untold, trail.invoices_untold, trail.grants_untold, trail.rights_untold,
            trail.gold_untold,
        ),
    ),
    Invariant("I14", _("The chains of the audit log verify"), (), verifies_log=True),
    Invariant(
        "I15", _("No row of one organization refers to a row of another"),
        (tenants.strange_projects, tenants.strange_people, references.strange_references),
    ),
    Invariant(
        "I16", _("No answer without a lease that was valid when it was taken, and logged"),
        (work.answered_before_lease, trail.leases_untold),
    ),
)  # fmt: skip


def check(
    session: Session,
    *,
    numbers: Collection[str] | None = None,
    with_log: bool = True,
    books: Sequence[ledger.Finding] | None = None,
    log: audit.Verdict | None = None,
) -> list[Result]:
    """Every invariant in the order of its number, or those of `numbers`; `with_log` False leaves out the walk through
    the audit log.

    Whoever has proven the books or walked the log already, in this very transaction, says what was found.
    """
    asked = [invariant for invariant in INVARIANTS if numbers is None or invariant.id in numbers]
    if books is None:
        books = ledger.prove(session) if any(invariant.proofs for invariant in asked) else ()
    findings = {finding.code: finding.breaches for finding in books}
    named = {proof for invariant in INVARIANTS for proof in invariant.proofs}
    others = [code for code in findings if code not in named]  # a proof that is new belongs to the books
    results = []
    for invariant in asked:
        if invariant.verifies_log and not with_log:
            continue
        proofs = [*invariant.proofs, *(others if invariant.id == "I3" else [])]
        results.append(_look(session, invariant, [(code, len(findings.get(code, ()))) for code in proofs], log))
    return results


def _look(session: Session, invariant: Invariant, proofs: list[tuple[str, int]], log: audit.Verdict | None) -> Result:
    found = [place for count in invariant.counts for place in _places(count.__name__, count(session))] + proofs
    if invariant.verifies_log:
        found += [
            (f"{breach.chain}:{breach.seq}:{breach.kind}", 1) for breach in (log or audit.verify(session)).breaches
        ]
    broken = [(name, number) for name, number in found if number]
    where = tuple(f"{name}: {number}" for name, number in broken)
    return Result(invariant.id, invariant.rule, sum(number for _name, number in broken), where)


def _places(name: str, found: int | Mapping[str, int]) -> list[tuple[str, int]]:
    return [(name, found)] if isinstance(found, int) else list(found.items())


COUNTS: tuple[Count, ...] = tuple(count for invariant in INVARIANTS for count in invariant.counts)
