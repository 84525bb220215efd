"""Names, texts and e-mail addresses: cleaned, within limits, and with one key by which equal ones are found."""

import re
import unicodedata
from functools import lru_cache

import idna

from i18n import Message, _
from kernel.errors import Invalid
from workforce.rules.scripts import dressed_letter, is_traceless, mixes_scripts, with_plain_widths

LONGEST_NAME = 120
LONGEST_EMAIL = 254
_JOINERS = "\u200c\u200d"  # Persian, Hindi and Sinhala names are spelled with them
# Controls, formats (direction marks among them), halves of pairs, private and unassigned characters, line separators.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_MOST_MARKS = 4
_LOCAL_PART = re.compile(r"[^\s\"(),:;<>@\[\\\]]{1,64}")
_CODE = re.compile(r"[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*")


def clean_name(text: str, field: str = "name") -> str:
    """A person's or an organization's name: NFC, single spaces, nothing invisible or dressed up. Raises Invalid."""
    name = unicodedata.normalize("NFC", text)
    name = re.sub(r" +", " ", "".join(" " if unicodedata.category(each) == "Zs" else each for each in name)).strip()
    if not name:
        raise _invalid(field, _("Enter a name."))
    if len(name) > LONGEST_NAME:
        raise _invalid(field, _("This name is too long; at most %(n)s characters fit.", n=LONGEST_NAME))
    if _has_unseen(name):
        raise _invalid(field, _("A name cannot hold invisible or control characters."))
    if _is_heaped(name):
        raise _invalid(field, _("A letter of this name carries more marks than any script puts on one."))
    if dressed := dressed_letter(name):
        raise _invalid(field, _("Write “%(letter)s” as an ordinary letter.", letter=dressed))
    if mixes_scripts(name):
        raise _invalid(
            field,
            _("A word of this name mixes alphabets. Write it in one of them, or put a space or a hyphen between."),
        )
    if not any(character.isalnum() for character in name):
        raise _invalid(field, _("A name needs at least one letter."))
    return with_plain_widths(name)


def _is_heaped(name: str) -> bool:
    """Whether marks are heaped on one letter so that they cover the lines around; Tibetan stacks four of them."""
    heap = 0
    for character in name:
        heap = heap + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if heap > _MOST_MARKS:
            return True
    return False


def clean_text(text: str, field: str, longest: int = 4000, *, required: bool = True) -> str:
    """A longer text by a person: NFC, line ends alike, no control characters, no overriding of direction."""
    cleaned = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()
    if required and not cleaned:
        raise _invalid(field, _("Write something here."))
    if len(cleaned) > longest:
        raise _invalid(field, _("This text is too long; at most %(n)s characters fit.", n=longest))
    if any(_overrides(character) for character in cleaned):
        raise _invalid(field, _("This text holds control characters that cannot be shown."))
    return cleaned


def clean_file_name(text: str, longest: int = 120) -> str:
    """How a file is called on pages: without folders and without what cannot be seen. It is never a path."""
    last = unicodedata.normalize("NFC", text).replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in last if unicodedata.category(letter) not in _UNSEEN).strip()
    return shown[-longest:] or "file"


def clean_code(text: str, field: str, longest: int = 40) -> str:
    """A short machine-readable name: small letters and digits, joined by `-`, `_` or `.`."""
    code = text.strip().lower()
    if len(code) > longest or not _CODE.fullmatch(code):
        raise _invalid(field, _("Use small letters, digits and hyphens, beginning with a letter."))
    return code


def name_key(name: str) -> str:
    """Under which two spellings of a name are the same."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())[:160]


def clean_email(text: str, field: str = "email") -> str:
    """The address as it is written to. Raises Invalid."""
    email = unicodedata.normalize("NFC", text.strip())
    email_key(email, field)
    return email


def email_key(email: str, field: str = "email") -> str:
    """Under which two spellings of an address are the same: NFKC and case-folded, the domain in its IDNA form."""
    wrong = _invalid(field, _("This is not an e-mail address. It looks like name@example.org."))
    local, at, domain = email.strip().rpartition("@")
    local = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", local).casefold())
    if (
        not at
        or len(email) > LONGEST_EMAIL
        or not _LOCAL_PART.fullmatch(local)
        or _has_unseen(local)
        or ".." in local
        or local.strip(".") != local
    ):
        raise wrong
    try:
        host = _host(domain.casefold())
    except idna.IDNAError as error:
        raise wrong from error
    key = f"{local}@{host}"
    if "." not in host or len(key) > LONGEST_EMAIL:
        raise wrong
    return key


@lru_cache(maxsize=4096)
def _host(domain: str) -> str:
    """A domain in its IDNA form; a list of people names few of them, often."""
    return idna.encode(domain, uts46=True).decode().lower()


def mask_email(email: str) -> str:
    """Enough of an address to recognize one's own, too little to write to."""
    local, _at, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _has_unseen(text: str) -> bool:
    return any(
        is_traceless(text, place) or (unicodedata.category(character) in _UNSEEN and not _joins(text, place))
        for place, character in enumerate(text)
    )


def _joins(text: str, place: int) -> bool:
    """Whether this is a joiner between two letters, where it is spelling and not disguise."""
    if text[place] not in _JOINERS or not 0 < place < len(text) - 1:
        return False
    return all(unicodedata.category(text[near])[0] in "LM" for near in (place - 1, place + 1))


def _overrides(character: str) -> bool:
    if character in "\n\t":
        return False
    return unicodedata.category(character) in {"Cc", "Cs"} or character in "\u202a\u202b\u202c\u202d\u202e"


def _invalid(field: str, message: Message) -> Invalid:
    return Invalid(f"{field}.invalid", message, fields={field: message})
