"""Releases, territories, undertakings and grants for operators; parts and the audit log to look at."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html

from hub.errors import HubError
from hub.insar.access import grants, journal
from hub.insar.administration import uploads  # noqa: F401  registers itself with the administration
from hub.insar.administration.forms import GrantForm, ReleaseForm, SensitiveSiteForm, TerritoryForm
from hub.insar.deliveries import intake, removal
from hub.insar.models import (
    AccessRequest,
    Action,
    AuditEntry,
    Grant,
    Layer,
    Part,
    Release,
    SensitiveSite,
    Territory,
    Undertaking,
)
from hub.orders.admin import ReadOnly, ReadOnlyInline

REVOKED = "Revoked by an operator in the administration."


class LayerInline(ReadOnlyInline):
    model = Layer
    fields = ["direction", "points", "indexed", "velocity_p02", "velocity_p98"]
    readonly_fields = fields


@admin.register(Release)
class ReleaseAdmin(admin.ModelAdmin):
    form = ReleaseForm
    inlines = [LayerInline]
    list_display = ["title", "key", "collection", "level", "first_year", "last_year", "version", "embargo_until"]
    list_filter = ["collection", "level"]
    search_fields = ["key", "title"]
    autocomplete_fields = ["undertaking"]
    readonly_fields = ["stamp", "created_at"]
    actions = ["take_out"]

    @admin.action(description="Take the chosen releases out, with all that was granted on them")
    def take_out(self, request: HttpRequest, queryset: QuerySet[Release]) -> TemplateResponse | None:
        """Asks first. The audit log keeps what was answered, and by whom the release was taken out."""
        if not (asked := _asked(self, request, queryset)):
            for release in queryset:
                detail = {"decision": "release taken out", "title": release.title}
                journal.note(request.user, Action.DECISION, release, detail=detail)
                removal.remove(release)
            self.message_user(request, "Taken out.")
        return asked

    def get_inlines(self, request: HttpRequest, obj: Release | None) -> list[Any]:
        """A new release has no layers: they come with its files."""
        return self.inlines if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Release | None = None) -> list[str]:
        """The key stands in addresses that people have kept: once given it stays."""
        return [*self.readonly_fields, "key"] if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Release | None = None) -> bool:
        """Its points and series would stay behind."""
        return False


@admin.register(Part)
class PartAdmin(ReadOnly, admin.ModelAdmin):
    """Parts come in by intake and go out by it."""

    list_display = ["identity", "layer", "format", "version", "track", "facility", "points", "taken_in_at"]
    list_filter = ["layer__release", "layer__direction", "format", "facility"]
    list_select_related = ["layer__release"]
    search_fields = ["identity", "file_name", "=sha256"]
    fields = [
        "layer", "identity", "file_name", "sha256", "format", "version", "track", "facility", "points",
        "first_and_last", "columns", "extra", "report_as_text", "metadata_as_text", "taken_in_at", "taken_in_by",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["take_out"]

    @admin.action(description="Take the chosen parts out, with points and series")
    def take_out(self, request: HttpRequest, queryset: QuerySet[Part]) -> TemplateResponse | None:
        """Asks first; nothing brings them back but taking the files in again."""
        if not (asked := _asked(self, request, queryset)):
            for part in queryset.select_related("layer__release"):
                with transaction.atomic():
                    detail = {"decision": "part taken out", "part": part.identity, "points": part.points}
                    journal.note(request.user, Action.DECISION, part.layer.release, area=part.outline, detail=detail)
                    intake.remove_part(part)
            self.message_user(request, "Taken out. The cells are made anew within minutes.")
        return asked

    @admin.display(description="Dates")
    def first_and_last(self, part: Part) -> str:
        return f"{len(part.dates)}: {part.dates[0]} to {part.dates[-1]}" if part.dates else "none"

    @admin.display(description="Delivered and recomputed")
    def report_as_text(self, part: Part) -> str:
        return _as_text(part.report)

    @admin.display(description="Metadata")
    def metadata_as_text(self, part: Part) -> str:
        return _as_text(part.metadata)


@admin.register(Territory)
class TerritoryAdmin(admin.ModelAdmin):
    form = TerritoryForm
    list_display = ["name", "authority", "who_decides"]
    search_fields = ["name", "authority"]
    autocomplete_fields = ["managers"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Territory]:
        return super().get_queryset(request).prefetch_related("managers")

    @admin.display(description="Managers")
    def who_decides(self, territory: Territory) -> str:
        return ", ".join(user.get_username() for user in territory.managers.all()) or "nobody"


@admin.register(Undertaking)
class UndertakingAdmin(admin.ModelAdmin):
    list_display = ["title", "version", "published_at", "withdrawn_at", "acceptances_count"]
    search_fields = ["title"]

    def get_readonly_fields(self, request: HttpRequest, obj: Undertaking | None = None) -> list[str]:
        """What somebody has accepted, or a grant rests on, never changes; it can only be withdrawn."""
        is_used = obj is not None and (obj.acceptances.exists() or obj.grants.exists())
        return ["title", "version", "text_en", "text_fr", "published_at"] if is_used else []

    def has_delete_permission(self, request: HttpRequest, obj: Undertaking | None = None) -> bool:
        return False

    @admin.display(description="Accepted by")
    def acceptances_count(self, undertaking: Undertaking) -> int:
        return undertaking.acceptances.count()


@admin.register(Grant)
class GrantAdmin(admin.ModelAdmin):
    """Grants are made and revoked here; none is ever deleted, so that what was allowed when can be told."""

    form = GrantForm
    list_display = ["pk", "release", "right", "whose", "territory", "valid_from", "valid_until", "state"]
    list_filter = ["right", "release", "territory", "everybody"]
    list_select_related = ["release", "user", "group", "territory"]
    search_fields = ["=id", "user__username", "group__name", "release__key", "note"]
    autocomplete_fields = ["release", "user", "group", "territory", "undertaking"]
    readonly_fields = ["granted_at", "granted_by", "revoked_at", "revoked_by", "revoked_because"]
    actions = ["revoke"]

    _KEPT = ("release", "right", "user", "group", "everybody", "territory", "undertaking")

    def get_readonly_fields(self, request: HttpRequest, obj: Grant | None = None) -> list[str]:
        """Another person or right is another grant: that the old one was there must be seen."""
        return [*self.readonly_fields, *(self._KEPT if obj else ())]

    def has_delete_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Grant, form: GrantForm, change: bool) -> None:
        if not change:
            obj.granted_by = request.user.get_username()
        elif "valid_until" in form.changed_data:
            obj.warned_at = None
        super().save_model(request, obj, form, change)
        obj.refresh_from_db()
        detail = {"decision": "changed" if change else "granted", **journal.of_grant(obj)}
        if change:
            detail["changed"] = form.changed_data
        where = {"territory": obj.territory, "area": obj.effective_area}
        journal.note(request.user, Action.GRANT, obj.release, **where, detail=detail)

    @admin.action(description="Revoke the chosen grants", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Grant]) -> None:
        """Through the verb that managers use: it needs an operator."""
        done = 0
        for grant in queryset.filter(revoked_at=None):
            try:
                grants.revoke(request.user, grant.pk, REVOKED)
            except HubError as refused:
                self.message_user(request, f"Grant {grant.pk}: {refused}", messages.ERROR)
            else:
                done += 1
        self.message_user(request, f"Revoked: {done}.", messages.SUCCESS if done else messages.WARNING)

    @admin.display(description="Whose")
    def whose(self, grant: Grant) -> str:
        return "everybody" if grant.everybody else str(grant.group or grant.user)

    @admin.display(description="State")
    def state(self, grant: Grant) -> str:
        if grant.revoked_at:
            return f"revoked by {grant.revoked_by}"
        if grant.effective_area is None:
            return "counts nowhere: its area lies outside the territory"
        if grant.valid_until and grant.valid_until <= timezone.now():
            return "ended"
        return "stands"


@admin.register(SensitiveSite)
class SensitiveSiteAdmin(admin.ModelAdmin):
    """Points and cells are gone at once (sql/sites.sql); cells that may be seen come back when they are made anew."""

    form = SensitiveSiteForm
    list_display = ["name", "release", "treatment", "changed_at"]
    list_filter = ["treatment", "release"]
    list_select_related = ["release"]
    search_fields = ["name"]
    autocomplete_fields = ["release"]
    actions = None


@admin.register(AccessRequest)
class AccessRequestAdmin(ReadOnly, admin.ModelAdmin):
    """Decisions are made at the desk, which operators have, too."""

    list_display = ["pk", "user", "release", "territory", "right", "state", "asked_at", "decided_at", "decided_by"]
    list_filter = ["state", "territory", "release"]
    list_select_related = ["user", "release", "territory"]
    search_fields = ["=id", "user__username", "organisation", "purpose"]
    exclude = ["area"]


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["id", "at", "user_name", "by", "action", "release_key", "direction", "points", "cells"]
    list_filter = ["action", "by", "at"]
    search_fields = ["=user_name", "=release_key"]
    show_full_result_count = False
    fields = [
        "at", "user_id", "user_name", "by", "action", "release_key", "direction", "points", "cells", "rights", "place",
        "detail_as_text",
    ]  # fmt: skip
    readonly_fields = fields

    @admin.display(description="Where")
    def place(self, entry: AuditEntry) -> str:
        return _as_text(entry.area.extent) if entry.area else "–"

    @admin.display(description="Detail")
    def detail_as_text(self, entry: AuditEntry) -> str:
        return _as_text(entry.detail)


def _as_text(value: Any) -> str:
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False, default=str))


def _asked(page: admin.ModelAdmin, request: HttpRequest, rows: QuerySet[Any]) -> TemplateResponse | None:
    """The question whether to take ``rows`` out; None once a superuser has said yes."""
    if not request.user.is_superuser:
        raise PermissionDenied
    if request.POST.get("sure") == "yes":
        return None
    context = {**page.admin_site.each_context(request), "title": "Take out", "rows": rows}
    return TemplateResponse(request, "insar/admin_take_out.html", context)
