"""What is written to people about their accounts: subject and paragraphs, to be rendered in their language."""

from collections.abc import Sequence
from dataclasses import dataclass

from i18n import Message, _, ngettext, render


@dataclass(frozen=True)
class Text:
    """A letter before it is put into a language; an address stands in a paragraph of its own."""

    subject: Message
    paragraphs: tuple[Message | str, ...]

    def subject_for(self, locale: str) -> str:
        return render(self.subject, locale)

    def text_for(self, locale: str) -> str:
        return "\n\n".join(render(each, locale) for each in self.paragraphs) + "\n"


_NOT_YOU = _("If this was not you, ask for a new password at once and write to whoever runs this installation.")


def new_password_asked(address: str, minutes: int) -> Text:
    """The way to a new password."""
    return Text(
        _("A new password for Polyphony"),
        (
            _("Somebody, most likely you, asked for a new password. Choose it here:"),
            address,
            _("The address works once, within %(minutes)s minutes. If you did not ask, do nothing.", minutes=minutes),
        ),
    )


def invited(vendor: str, pool: str, note: str | None, address: str, days: int) -> Text:
    """A vendor asks somebody in."""
    noted: tuple[Message | str, ...] = (_("They write:"), note) if note else ()
    return Text(
        _("%(vendor)s invites you to work with them", vendor=vendor),
        (
            _("%(vendor)s invites you into “%(pool)s”. Read what it is, and accept, here:", vendor=vendor, pool=pool),
            address, *noted,
            _("The address works once, within %(days)s days. If you do not want to come, do nothing.", days=days),
        ),
    )  # fmt: skip


def role_offered(organization: str, role: Message | str, address: str, days: int) -> Text:
    """An organization offers somebody a role in its team."""
    return Text(
        _("%(organization)s offers you a role", organization=organization),
        (
            _(
                "%(organization)s asks you into its team on Polyphony, as: %(role)s. Accept here:",
                organization=organization, role=role,
            ),
            address,
            _("The address works once, within %(days)s days. If you do not want to come, do nothing.", days=days),
        ),
    )  # fmt: skip


def role_taken(name: str, email: str, role: Message | str, offered_by: str) -> Text:
    """Those who run an organization learn that somebody has a role in it from now on."""
    return Text(
        _("Somebody has a new role in your organization"),
        (
            _(
                "%(name)s (%(email)s) has accepted this role: %(role)s. It was offered by: %(by)s.",
                name=name, email=email, role=role, by=offered_by,
            ),
            _("If this should not be, end the role on the page of the team."),
        ),
    )  # fmt: skip


def address_to_confirm(address: str, days: int) -> Text:
    """The way by which an address is proven."""
    return Text(
        _("Confirm your e-mail address"),
        (
            _("Somebody, most likely you, made an account with this address. Confirm here that you read what it gets:"),
            address,
            _("The address works once, within %(days)s days. If it was not you, do nothing.", days=days),
        ),
    )


def address_to_change(address: str, days: int) -> Text:
    """The way to a new address, mailed to it."""
    return Text(
        _("Confirm your new e-mail address"),
        (
            _("Somebody, most likely you, wants to sign in with this address from now on. Confirm it here:"),
            address,
            _("The address works once, within %(days)s days. If it was not you, do nothing.", days=days),
        ),
    )


def address_changed() -> Text:
    """Told to the old address."""
    return Text(
        _("Your e-mail address was changed"),
        (_("From now on you sign in with another address, and every device was signed out."), _NOT_YOU),
    )


def password_changed() -> Text:
    """Somebody changed the password."""
    return Text(
        _("Your password was changed"),
        (_("The password of your account was changed, and every other device was signed out."), _NOT_YOU),
    )


def factor_added() -> Text:
    """A second factor was switched on."""
    return Text(_("A second factor was switched on"), (_("Signing in takes a code of your app from now on."), _NOT_YOU))


def app_ended() -> Text:
    """The authenticator app was switched off, and passkeys stay."""
    return Text(
        _("Your authenticator app was switched off"),
        (_("Its codes are refused from now on. Your passkeys and recovery codes go on."), _NOT_YOU),
    )


def passkey_added(name: str) -> Text:
    """A passkey was added."""
    return Text(_("A passkey was added"), (_("“%(name)s” signs you in from now on.", name=name), _NOT_YOU))


def passkey_removed(name: str) -> Text:
    """A passkey was taken off."""
    return Text(
        _("A passkey was removed"),
        (_("“%(name)s” is refused from now on, and every other device was signed out.", name=name), _NOT_YOU),
    )


def passkey_doubted(name: str) -> Text:
    """A passkey's counter went back."""
    return Text(
        _("A passkey of yours may have been copied"),
        (
            _("Somebody signed with “%(name)s”, but its counter went back, as that of a copy does.", name=name),
            _("It was refused. Remove this passkey in your account, and add a new one."), _NOT_YOU,
        ),
    )  # fmt: skip


def factor_ended() -> Text:
    """The second factor was switched off."""
    return Text(
        _("Your second factor was switched off"), (_("Signing in takes your password alone from now on."), _NOT_YOU)
    )


def factor_reset(reason: str) -> Text:
    """Two people of the operator took the second factor off."""
    return Text(
        _("Your second factor was taken off"),
        (
            _("One person of the operator asked for it and another one agreed. The reason they gave:"), reason,
            _("Sign in with your password and set up a new one."), _NOT_YOU,
        ),
    )  # fmt: skip


def code_used() -> Text:
    """A recovery code was used."""
    return Text(_("A recovery code was used"), (_("Somebody signed in with one of your recovery codes."), _NOT_YOU))


def decided(vendors: Sequence[str], decisions: int, answers: int) -> Text:
    """Something was decided about somebody, or their appeals were answered. What it is stands on their page alone, as
    letters go through other people's hands."""
    told: list[Message | str] = []
    if decisions:
        told.append(
            ngettext(
                "%(num)s decision about your work was made, with its reason and the way back.",
                "%(num)s decisions about your work were made, each with its reason and the way back.", decisions,
            )
        )  # fmt: skip
    if answers:
        told.append(
            ngettext("%(num)s appeal of yours was answered.", "%(num)s appeals of yours were answered.", answers)
        )
    told.append(_("Sign in and open “Decisions about you” to read it. You can appeal there with one click."))
    subject = _("Decisions about your work") if decisions else _("Your appeal was answered")
    return Text(subject, (*vendors, *told))


def appeals_wait(vendors: Sequence[str], new: int, soon: int, late: int) -> Text:
    """Appeals that whoever reads this may answer: new ones, those due within a day, and those that are late."""
    told: list[Message | str] = []
    if late:
        told.append(
            ngettext(
                "%(num)s appeal was not answered by its day.", "%(num)s appeals were not answered by their day.", late
            )
        )
        told.append(_("Where such a decision took work, it is on hold until it is answered; where it took pay, that is"
                      " paid."))  # fmt: skip
    if soon:
        told.append(
            ngettext("%(num)s appeal has to be answered within a day.",
                     "%(num)s appeals have to be answered within a day.", soon)
        )  # fmt: skip
    if new:
        told.append(ngettext("%(num)s new appeal waits.", "%(num)s new appeals wait.", new))
    told.append(_("Sign in and open “Appeals”: whoever has not decided before can answer."))
    return Text(_("An appeal is late") if late else _("An appeal waits for an answer"), (*vendors, *told))
