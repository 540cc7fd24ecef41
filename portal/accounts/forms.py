"""The form that makes an API token, and allauth's forms in this site's words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import ApiToken


class ApiTokenForm(forms.ModelForm):
    """A name, and how long the token is to work."""

    LIFETIMES = [("30", _("30 days")), ("90", _("90 days")), ("365", _("one year")), ("0", _("until revoked"))]

    days = forms.ChoiceField(label=_("Works for"), choices=LIFETIMES, initial="365")

    class Meta:
        model = ApiToken
        fields = ["name"]
        labels = {"name": _("Name")}
        help_texts = {"name": _("What the token is for, such as “laptop” or “nightly script”.")}

    @property
    def expires(self) -> datetime | None:
        """When the valid form's token stops working."""
        days = int(self.cleaned_data["days"])
        return timezone.now() + timedelta(days=days) if days else None


class Worded(forms.Form):
    """Labels in the site's words, and no placeholders: they would only say the same again."""

    LABELS = {
        "login": _("User name or e-mail address"),
        "email": _("E-mail address"),
        "username": _("User name"),
        "oldpassword": _("Present password"),
        "password2": _("The same password again"),
        "remember": _("Stay signed in"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.LABELS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)


class LoginForm(Worded, allauth.LoginForm):
    """Signing in."""


class SignupForm(Worded, allauth.SignupForm):
    """Registering."""


class AddEmailForm(Worded, allauth.AddEmailForm):
    """Another e-mail address in place of the present one."""

    LABELS = {"email": _("New e-mail address")}


class ChangePasswordForm(Worded, allauth.ChangePasswordForm):
    """Another password in place of the present one."""


class SetPasswordForm(Worded, allauth.SetPasswordForm):
    """A password for an account that has none."""


class ResetPasswordForm(Worded, allauth.ResetPasswordForm):
    """Asking for the mail that lets one choose a new password."""


class ResetPasswordKeyForm(Worded, allauth.ResetPasswordKeyForm):
    """Choosing the new password."""


class ReauthenticateForm(Worded, allauth.ReauthenticateForm):
    """The password once more before something that matters."""
