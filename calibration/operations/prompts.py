"""What candidates are asked to write or tell: a vendor's own prompts, and which one is drawn."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calibration.models.languages import LanguagePrompt
from calibration.policy import CHECK_OVERSEE
from calibration.queries.natives import MODES
from calibration.rules.prompts import seeds_for
from i18n import _
from i18n.tags import InvalidTag, standardize
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Invalid
from kernel.guard import not_found, require
from kernel.policy import Actor, Resource
from workforce.queries.accounts import account_of
from workforce.rules.names import clean_text

PROMPT_LONGEST = 600
MOST_PROMPTS = 50


def add_prompt(session: Session, actor: Actor, *, locale: str, text: str, mode: str = "write") -> str:
    """A prompt of the vendor's own for one locale, whose candidates write or speak to these from then on."""
    require(session, actor, CHECK_OVERSEE, Resource("language_prompt", org_id=actor.org_id))
    assert actor.org_id is not None
    try:
        tag = standardize(locale.strip())
    except InvalidTag as error:
        message = _("“%(tag)s” is not a language we know. Write it like sw-KE or zh-Hant-TW.", tag=locale[:40])
        raise Invalid("language_prompt.locale", message, fields={"locale": message}) from error
    if mode not in MODES:
        message = _("Choose one of the two.")
        raise Invalid("language_prompt.mode", message, fields={"mode": message})
    text = clean_text(text, "text", PROMPT_LONGEST)
    known = select(func.count()).where(
        LanguagePrompt.org_id == actor.org_id, LanguagePrompt.locale == tag, LanguagePrompt.mode == mode
    )
    if (session.scalar(known) or 0) >= MOST_PROMPTS:
        message = _("There are %(n)s prompts for this language already; remove one first.", n=MOST_PROMPTS)
        raise Invalid("language_prompt.too_many", message, fields={"text": message})
    row = LanguagePrompt(
        id=ids.new_id(), org_id=actor.org_id, locale=tag, mode=mode, text=text, created_at=now_of(session),
        created_by=actor.account_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, actor, "language_prompt.added", "language_prompt", row.id, org_id=row.org_id,
                 details={"locale": tag, "mode": mode})  # fmt: skip
    return row.id


def remove_prompt(session: Session, actor: Actor, prompt_id: str) -> None:
    """Take a prompt away; what was written to it stays as it is."""
    row = session.get(LanguagePrompt, prompt_id)
    if row is None:
        raise not_found()
    require(session, actor, CHECK_OVERSEE, Resource("language_prompt", row.id, org_id=row.org_id))
    audit.record(session, actor, "language_prompt.removed", "language_prompt", row.id, org_id=row.org_id)
    session.delete(row)
    session.flush()


def draw(session: Session, actor: Actor, locale: str, mode: str, org_id: str) -> str:
    """One of the vendor's own prompts for a locale, else one of the product's."""
    own = list(
        session.scalars(
            select(LanguagePrompt.text).where(
                LanguagePrompt.org_id == org_id, LanguagePrompt.locale == locale, LanguagePrompt.mode == mode
            ).order_by(LanguagePrompt.id)
        )
    )  # fmt: skip
    account = account_of(session, actor.account_id or "")
    texts = own or list(seeds_for(locale, account.locale if account else "en", mode))
    return texts[int(ids.uniform() * len(texts))]
