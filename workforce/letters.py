"""Letters to a person about their own account, in their language."""

from sqlalchemy.orm import Session

from kernel import mail
from workforce.models import Account
from workforce.rules.letters import Text


def tell(session: Session, account: Account, text: Text) -> None:
    """Write to the address that the account has, once this transaction is committed."""
    mail.post(session, account.email, text.subject_for(account.locale), text.text_for(account.locale))
