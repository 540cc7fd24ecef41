"""The forms of asking for access, deciding on it and searching the audit log."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hub.insar.access.grants import LONGEST_ANSWER
from hub.insar.access.outlines import LONGEST_TEXT, read_outline
from hub.insar.access.requests import LONGEST_DAYS, PURPOSE_FROM, PURPOSE_TO, territories_of
from hub.insar.access.undertakings import stands
from hub.insar.models import AccessRequest, Action, Release, Right
from hub.orders.views.wording import explained
from processing.errors import InvalidOrder

USUAL_DAYS = 365
AREA_HELP = _("As WKT or GeoJSON, longitude and latitude in degrees; or drawn on the map.")


class AreaField(forms.CharField):
    """An area as text in degrees; its value is a MultiPolygon of EPSG:3857, or None."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"rows": 3, "spellcheck": "false", "autocomplete": "off", "data-area": ""}
        super().__init__(max_length=LONGEST_TEXT, widget=forms.Textarea(attrs=attrs), required=False, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            area, _notes = read_outline(text)
        except InvalidOrder as refused:
            raise ValidationError(explained(refused)) from refused
        return area


class AskForm(forms.Form):
    """What a person asks for. The verb judges it; this only reads it."""

    right = forms.ChoiceField(label=_("What you ask for"), widget=forms.RadioSelect)
    territories = forms.TypedMultipleChoiceField(
        label=_("Where"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    area = AreaField(label=_("Only within an area"), help_text=AREA_HELP)
    organisation = forms.CharField(
        label=_("Organisation"),
        max_length=160,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    purpose = forms.CharField(label=_("Purpose"), max_length=PURPOSE_TO, widget=forms.Textarea(attrs={"rows": 5}))
    until = forms.DateField(
        label=_("Until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The last day, at most two years from now."),
    )
    accepts = forms.BooleanField(label=_("I have read this undertaking and accept it"), required=False)
    undertaking = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, release: Release, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].help_text = gettext(
            "What you need it for and what becomes of it, in %(from)s to %(to)s characters. "
            "Who answers for the territory reads it."
        ) % {"from": PURPOSE_FROM, "to": PURPOSE_TO}
        self.fields["right"].choices = [
            (Right.OVERVIEW, gettext("an overview: cells of %(size)s m") % {"size": release.overview_cell_m}),
            (Right.FULL, gettext("everything: points with their series")),
        ]
        self.fields["territories"].choices = [
            (territory.pk, f"{territory.name} ({territory.authority})") for territory in territories_of(release)
        ]
        if stands(release.undertaking):
            # The very version that the page shows: by the time it is sent there may be a new one.
            self.fields["undertaking"].initial = release.undertaking_id
        else:
            del self.fields["accepts"], self.fields["undertaking"]
        today = timezone.now().date()
        self.fields["until"].widget.attrs |= {"min": _day(today, 1), "max": _day(today, LONGEST_DAYS)}
        self.fields["until"].initial = today + timedelta(days=USUAL_DAYS)

    @property
    def accepted(self) -> int | None:
        """The number of the undertaking that was accepted in this form."""
        return self.cleaned_data.get("undertaking") if self.cleaned_data.get("accepts") else None


class DecideForm(forms.Form):
    """What a manager decides. The verb judges it; this only reads it."""

    right = forms.ChoiceField(label=_("Right"), widget=forms.RadioSelect)
    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    area = AreaField(
        label=_("Only within an area"),
        help_text=_("Empty: all that is asked for. WKT or GeoJSON in degrees, or drawn on the map."),
    )
    answer = forms.CharField(
        label=_("Answer to the person"),
        max_length=LONGEST_ANSWER,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Mailed with the decision. A refusal needs one."),
    )
    note = forms.CharField(
        label=_("Note for colleagues"),
        max_length=LONGEST_ANSWER,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    despite_embargo = forms.BooleanField(label=_("Counts before the embargo ends, too"), required=False)

    def __init__(self, *args: Any, asked: AccessRequest, is_operator: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rights = [(Right.OVERVIEW, gettext("overview")), (Right.FULL, gettext("points and series"))]
        self.fields["right"].choices = rights if asked.right == Right.FULL else rights[:1]
        self.fields["right"].initial = asked.right
        today = timezone.now().date()
        self.fields["until"].widget.attrs |= {"min": _day(today, 1), "max": _day(today, LONGEST_DAYS)}
        wanted = asked.wanted_until
        self.fields["until"].initial = wanted if wanted and wanted > today else today + timedelta(days=USUAL_DAYS)
        embargo = asked.release.embargo_until
        if not (is_operator and embargo and embargo > timezone.now()):
            del self.fields["despite_embargo"]


class RevokeForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Mailed to whom it concerns."),
    )


class AuditForm(forms.Form):
    """What is searched for in the audit log; every field may be empty."""

    person = forms.CharField(label=_("Person"), max_length=150, required=False)
    release = forms.ChoiceField(label=_("Release"), required=False)
    action = forms.ChoiceField(label=_("Action"), required=False)
    first = forms.DateField(label=_("First day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    area = AreaField(label=_("Where something was looked at"), help_text=AREA_HELP)

    def __init__(self, *args: Any, releases: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["release"].choices = [("", gettext("any")), *((key, key) for key in releases)]
        self.fields["action"].choices = [("", gettext("any")), *Action.choices]

    def clean_person(self) -> str:
        person = self.cleaned_data["person"]
        if "\0" in person:
            raise ValidationError(_("No person is called so."))
        return person


def _day(today: date, days: int) -> str:
    return (today + timedelta(days=days)).isoformat()
