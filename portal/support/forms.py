"""The contact form: what a person must say, and what must not get through."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from hub.orders.models import Order
from hub.pixels.models import KEY, Question
from portal.support import spam

LONGEST_SUBJECT = 120
LONGEST_MESSAGE = 10_000
MESSAGES_PER_ADDRESS = 10
MESSAGES_PER_MAILBOX = 5
HOUR = 3600

UNKNOWN_PIXEL = _("The pixel that this message was to be about is not known any more, so it does not go along.")

# A line break in a subject would begin another header of the mail.
one_line = RegexValidator(
    re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]"),
    _("Write the subject on one line, without control characters."),
    inverse_match=True,
)


class ContactForm(forms.Form):
    """A message to the service desk, from anybody.

    ``user`` is offered their own orders; ``address`` is the network address that messages are counted by.
    """

    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        help_text=_("The answer goes there."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    order = forms.ModelChoiceField(
        label=_("Order"),
        queryset=Order.objects.none(),
        required=False,
        empty_label=_("no order in particular"),
        error_messages={
            "invalid_choice": _("You have no order with this number: choose one from the list or leave it out.")
        },
    )
    subject = forms.CharField(label=_("Subject"), max_length=LONGEST_SUBJECT, strip=False, validators=[one_line])
    message = forms.CharField(
        label=_("Message"),
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("What you did, what you expected, and what came instead."),
    )
    pixel = forms.CharField(widget=forms.HiddenInput, required=False)
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    opened = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, user: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.address = address
        self.fields["order"].queryset = Order.objects.visible_to(user)
        self.fields["order"].label_from_instance = lambda order: f"{order.pk} · {order.name}"
        if not user.is_authenticated:
            del self.fields["order"]

    @property
    def place(self) -> Question | None:
        """The pixel that goes along: of the key that was sent, or that the form was opened with."""
        return self.pixel_of(self.data["pixel"] if "pixel" in self.data else self.initial.get("pixel", ""))

    def pixel_of(self, key: str) -> Question | None:
        """The question with this key, if it is about an order that the sender may see."""
        if not KEY.fullmatch(key):
            return None
        mine = Order.objects.visible_to(self.user)
        found = Question.objects.filter(key=key, product__order__in=mine, attempt=F("product__attempt"))
        return found.select_related("product__order").first()

    @property
    def stamp(self) -> str:
        """The stamp that the page carries: the one that was sent, while it is good, else a new one."""
        sent = self.data.get("opened", "")
        try:
            spam.check_stamp(sent)
        except spam.TooFast:
            return sent
        except spam.TooOld:
            return spam.stamp()
        return sent

    def clean_subject(self) -> str:
        subject = self.cleaned_data["subject"].strip()
        if not subject:
            raise ValidationError(_("Write a subject."))
        return subject

    def clean_pixel(self) -> Question | None:
        """The pixel that goes along, if one does. One that is not the sender's is told and left out the next time."""
        key = self.cleaned_data["pixel"]
        pixel = self.pixel_of(key)
        if key and pixel is None:
            raise ValidationError(UNKNOWN_PIXEL)
        return pixel

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError(_("The field “Leave this empty” was filled in: empty it and send again."))
        return ""

    def clean_opened(self) -> str:
        try:
            spam.check_stamp(self.cleaned_data["opened"])
        except spam.TooFast:
            raise ValidationError(_("That was very fast: wait a few seconds and send again.")) from None
        except spam.TooOld:
            raise ValidationError(_("The form was open for too long: send it again.")) from None
        return self.cleaned_data["opened"]

    def clean(self) -> dict[str, Any]:
        """Count the message once everything else is right, so that mistakes cost nothing."""
        cleaned = super().clean()
        if pixel := cleaned.get("pixel"):
            cleaned["order"] = pixel.product.order
        if not self.errors and not self._is_within_limits(cleaned["email"]):
            raise ValidationError(_("You have written several messages already: try again in an hour."))
        return cleaned

    def _is_within_limits(self, email: str) -> bool:
        mailbox = hashlib.sha256(email.lower().encode()).hexdigest()
        return spam.within_limit(
            f"address:{self.address}", limit=MESSAGES_PER_ADDRESS, seconds=HOUR
        ) and spam.within_limit(f"mailbox:{mailbox}", limit=MESSAGES_PER_MAILBOX, seconds=HOUR)
