"""Who was erased, in a signed list beside the anchors: after an older backup is restored, they are erased again.

A line tells the id of an account and of the request, and when; whose it was is known to nobody any more.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.operations import anchor_files
from admin.operations.own_data import erase_again
from admin.policy import Action, chain_resource
from admin.rules import anchors as signed
from admin.values import Erased
from kernel.config import Settings
from kernel.guard import require
from kernel.policy import Actor
from workforce.models import Account, DataRequest
from workforce.values.own_data import DataKind, DataState

_AT_ONCE = 500


def list_file(settings: Settings) -> Path:
    """The list, in a folder of its own: a folder of anchors holds anchors alone."""
    return anchor_files.folder(settings) / "erasures" / "erasures.jsonl"


def done_erasures(session: Session, actor: Actor) -> list[Erased]:
    """Every erasure that was carried."""
    require(session, actor, Action.AUDIT_VERIFY, chain_resource(None))
    rows = session.execute(
        select(DataRequest.account_id, DataRequest.id, DataRequest.done_at)
        .where(DataRequest.kind == DataKind.ERASURE, DataRequest.state == DataState.DONE)
        .order_by(DataRequest.done_at, DataRequest.id)
    )
    return [Erased(row.account_id, row.id, row.done_at.isoformat()) for row in rows]


def note(file: Path, erased: Sequence[Erased], key: bytes) -> int:
    """Sign and add those who are not in the list yet; returns how many."""
    known, signing = lines_of(file), signed.signing_key(key)
    new = [signed.sign(vars(one), signing) for one in erased if one.account not in known]
    anchor_files.add_lines(file, new)
    return len(new)


def lines_of(file: Path) -> dict[str, tuple[int, str]]:
    """The lines of the list by account, with their numbers; whether they are sound is asked before one is acted on."""
    found: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(file.read_text().splitlines() if file.exists() else (), start=1):
        with suppress(ValueError, KeyError, TypeError):
            found[str(json.loads(line)["account"])] = (number, line)
    return found


def not_erased(session: Session, actor: Actor, lines: Mapping[str, tuple[int, str]]) -> list[str]:
    """The accounts of the list that this database holds as if they had never been erased."""
    require(session, actor, Action.AUDIT_VERIFY, chain_resource(None))
    accounts, found = list(lines), list[str]()
    for start in range(0, len(accounts), _AT_ONCE):
        part = accounts[start : start + _AT_ONCE]
        found += session.scalars(select(Account.id).where(Account.id.in_(part), Account.status != "erased")).all()
    return sorted(found)


def replay(session: Session, actor: Actor, number: int, line: str, key: Ed25519PublicKey) -> str:
    """Carry one erasure of the list again: `done`, or what is in its way. Raises BadAnchor for a line that the key
    did not sign."""
    told = signed.checked(number, line, key)
    return erase_again(session, actor, Erased(told["account"], told["request"], told["at"]))
