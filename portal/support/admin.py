"""The service desk's side: the queue of tickets, answered by mail from here."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from portal.support import desk
from portal.support.models import Ticket, TicketMessage


class AnswerForm(forms.ModelForm):
    """A ticket with a place to write the answer."""

    answer = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 10, "cols": 90}),
        help_text="Mailed to the sender when you save, and kept with the ticket.",
    )
    close = forms.BooleanField(required=False, label="Close the ticket")

    class Meta:
        model = Ticket
        fields: list[str] = []


class TicketMessageInline(admin.StackedInline):
    model = TicketMessage
    extra = 0
    can_delete = False
    fields = readonly_fields = ("text", "author", "from_desk", "sent_at", "mailed_at")

    def has_add_permission(self, request: HttpRequest, obj: Ticket | None = None) -> bool:
        """Messages are written by the forms, which mail them too."""
        return False


@admin.register(Ticket)
class TicketAdmin(admin.ModelAdmin):
    form = AnswerForm
    inlines = [TicketMessageInline]
    list_display = ("pk", "subject", "status", "email", "owner", "order", "created_at", "updated_at")
    list_display_links = ("pk", "subject")
    list_filter = ("status", "created_at")
    list_select_related = ("owner", "order")
    search_fields = ("subject", "email", "owner__username", "messages__text")
    readonly_fields = ("subject", "email", "owner", "order", "pixel", "status", "created_at", "updated_at")
    fields = (*readonly_fields, "answer", "close")
    actions = ("close_tickets", "mail_again")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Tickets come from the contact form."""
        return False

    @admin.display(description="Pixel")
    def pixel(self, ticket: Ticket) -> str:
        """All that was known of the pixel that the ticket is about."""
        if ticket.pixel is None:
            return "none in particular"
        context = {"report": ticket.pixel, "ticket": ticket, "viewer": _in_viewer(ticket)}
        return render_to_string("support/_desk_place.html", context)

    def save_model(self, request: HttpRequest, obj: Ticket, form: AnswerForm, change: bool) -> None:
        """Mail what was written; the ticket's other fields are not to be changed here."""
        if text := form.cleaned_data["answer"]:
            message = desk.answer(obj, text=text, by=request.user)
            if message.mailed_at is None:
                self.message_user(
                    request,
                    "The answer is kept but could not be mailed: mend the mail server, then choose "
                    "“Mail again what could not be mailed” in the list of tickets.",
                    messages.ERROR,
                )
        if form.cleaned_data["close"]:
            desk.close(obj)

    @admin.action(description="Close the chosen tickets", permissions=["change"])
    def close_tickets(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
        for ticket in queryset:
            desk.close(ticket)
        self.message_user(request, f"Closed: {len(queryset)}.")

    @admin.action(description="Mail again what could not be mailed", permissions=["change"])
    def mail_again(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
        unsent = TicketMessage.objects.filter(ticket__in=queryset, from_desk=True, mailed_at=None)
        results = [desk.mail_answer(message) for message in unsent.select_related("ticket")]
        self.message_user(
            request,
            f"Mailed: {results.count(True)}; refused by the mail server: {results.count(False)}.",
            messages.WARNING if False in results else messages.SUCCESS,
        )


def _in_viewer(ticket: Ticket) -> str:
    """The ticket's place in the viewer of its order, while there is one."""
    if ticket.order is None or ticket.pixel is None:
        return ""
    lon, lat = ticket.pixel.kept["lon"], ticket.pixel.kept["lat"]
    query = f"tool=why&pixel={lon:.6f},{lat:.6f}&at={lat:.5f},{lon:.5f},16"
    return f"{reverse('viewer:view', args=[ticket.order.pk])}?{query}"
