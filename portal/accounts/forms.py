"""The form that makes an API token, and allauth's forms in this site's words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.utils import timezone

from portal.accounts.models import ApiToken


class ApiTokenForm(forms.ModelForm):
    """A name, and how long the token is to work."""

    LIFETIMES = [("30", "30 days"), ("90", "90 days"), ("365", "one year"), ("0", "until revoked")]

    days = forms.ChoiceField(label="Works for", choices=LIFETIMES, initial="365")

    class Meta:
        model = ApiToken
        fields = ["name"]
        labels = {"name": "Name"}
        help_texts = {"name": "What the token is for, such as “laptop” or “nightly script”."}

    @property
    def expires(self) -> datetime | None:
        """When the valid form's token stops working."""
        days = int(self.cleaned_data["days"])
        return timezone.now() + timedelta(days=days) if days else None


class Worded(forms.Form):
    """Labels in the site's words, and no placeholders: they would only say the same again."""

    LABELS = {
        "login": "User name or e-mail address",
        "email": "E-mail address",
        "username": "User name",
        "oldpassword": "Present password",
        "password2": "The same password again",
        "remember": "Stay signed in",
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

    LABELS = {"email": "New e-mail address"}


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
