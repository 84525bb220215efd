"""Who was erased, in a signed list beside the anchors: after an older backup is restored, they are erased again.

A line tells the id of an account and of the request, and when; whose it was is known to nobody any more.
"""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.operations import anchor_files
from admin.policy import Action, chain_resource
from admin.rules import anchors as signed
from admin.values import Erased, ErasureList, UnsoundLine
from kernel.config import Settings
from kernel.guard import require
from kernel.policy import Actor
from workforce.models import Account, DataRequest
from workforce.values.own_data import DataKind, DataState

_AT_ONCE = 500
_ACCOUNT = re.compile(r'"account": ?"([0-9A-Za-z]{22})"')


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
    """Sign and add those of whom the list has no line by this key, as after a change of it; returns how many."""
    known, signing = read(file, signed.checking_key(key)).sound, signed.signing_key(key)
    new = [signed.sign(vars(one), signing) for one in erased if one.account not in known]
    anchor_files.add_lines(file, new)
    return len(new)


def read(file: Path, *keys: Ed25519PublicKey) -> ErasureList:
    """The list as far as one of the keys signed it: of several lines of an account any sound one counts."""
    sound, unsound = dict[str, Erased](), list[UnsoundLine]()
    text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            told = signed.checked(number, line, *keys)
            sound[told["account"]] = Erased(told["account"], told["request"], told["at"])
        except signed.BadAnchor as fault:
            unsound.append(UnsoundLine(str(fault), _named_in(line)))
        except KeyError:
            unsound.append(UnsoundLine(f"line {number}: it is no erasure", ""))
    return ErasureList(sound, unsound)


def _named_in(line: str) -> str:
    """Whom a line names that nobody may have signed, if it is an id at all."""
    found = _ACCOUNT.search(line)
    return found[1] if found else ""


def not_erased(session: Session, actor: Actor, listed: ErasureList) -> list[str]:
    """The accounts of the list that this database holds as if they had never been erased."""
    require(session, actor, Action.AUDIT_VERIFY, chain_resource(None))
    accounts, found = sorted({*listed.sound, *(line.account for line in listed.unsound)}), list[str]()
    for start in range(0, len(accounts), _AT_ONCE):
        part = accounts[start : start + _AT_ONCE]
        found += session.scalars(select(Account.id).where(Account.id.in_(part), Account.status != "erased")).all()
    return sorted(found)


def passed_over(listed: ErasureList, back: Collection[str]) -> list[str]:
    """The faults of lines that might have erased somebody: those that name nobody, or somebody without a sound one."""
    waiting = set(back) - set(listed.sound)
    return [line.fault for line in listed.unsound if not line.account or line.account in waiting]
