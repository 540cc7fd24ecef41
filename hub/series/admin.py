"""Series for operators: everything to be seen, nothing to be edited by hand."""

from __future__ import annotations

import json

from django.contrib import admin
from django.utils.html import format_html

from hub.orders.admin import ReadOnly
from hub.series.models import Series


@admin.register(Series)
class SeriesAdmin(ReadOnly, admin.ModelAdmin):
    """The key is not shown: it is what opens the series."""

    list_display = ["id", "name", "owner", "contents", "state", "steps", "took", "asked_at", "finished_at"]
    list_filter = ["state", "asked_at"]
    search_fields = ["=id", "name", "owner__username", "owner__email", "worker"]
    list_select_related = ["owner"]
    date_hierarchy = "asked_at"
    fields = [
        "name", "owner", "state", "steps", "took", "problems", "asked_at", "enqueued_at", "started_at", "seen_at",
        "finished_at", "worker", "attempt", "failures", "digest", "spec_as_text",
    ]  # fmt: skip
    readonly_fields = fields

    @admin.display(description="Contents")
    def contents(self, series: Series) -> str:
        return str(series.spec.get("contents", ""))

    @admin.display(description="Steps")
    def steps(self, series: Series) -> str:
        return f"{series.steps_done} of {'?' if series.steps_expected is None else series.steps_expected}"

    @admin.display(description="Seconds", ordering="seconds")
    def took(self, series: Series) -> str:
        return f"{series.seconds:.1f}"

    @admin.display(description="SeriesSpec")
    def spec_as_text(self, series: Series) -> str:
        return format_html("<pre>{}</pre>", json.dumps(series.spec, indent=2, ensure_ascii=False))
