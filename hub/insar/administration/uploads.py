"""Uploads in the admin: staff who may add parts send a file, and see what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from hub.insar.deliveries import uploads
from hub.insar.models import Part, Upload
from hub.orders.admin import ReadOnly

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

_MAY = "insar.add_part"
# What comes with a file in one request: the form's other fields and the parts' headers.
_FORM_BYTES = 1 << 20


class UploadForm(forms.ModelForm):
    """A file, and where it belongs."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "EGMS L2a, L2b or L3 as a zip, StaMPS as CSV, MintPy or LiCSBAS as HDF5, or velocities as GeoTIFF. "
            "Do not rename files of EGMS: their names say where they belong."
        ),
    )

    class Meta:
        model = Upload
        fields = ["file", "release", "replaces"]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.INSAR_UPLOAD_MAX_MB << 20:
            raise forms.ValidationError(_too_large())
        return file


def _too_large() -> str:
    return _("The file is larger than %(most)d MB.") % {"most": settings.INSAR_UPLOAD_MAX_MB}


@admin.register(Upload)
class UploadAdmin(ReadOnly, admin.ModelAdmin):
    """New ones can be added; what came of them can be read."""

    list_display = ["file_name", "release", "state", "uploaded_by", "uploaded_at", "finished_at"]
    list_filter = ["state"]
    list_select_related = ["release", "uploaded_by"]
    shown = [
        "file_name",
        "release",
        "replaces",
        "uploaded_by",
        "uploaded_at",
        "state",
        "problem",
        "finished_at",
        "report",
    ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(_MAY)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm(_MAY)

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm(_MAY)

    def get_urls(self) -> list[URLPattern]:
        # The limit must be set before anything, the check of the form's token included, reads the request.
        own = path("add/", csrf_exempt(self._limited_add_view), name="insar_upload_add")
        return [own, *super().get_urls()]

    def _limited_add_view(self, request: HttpRequest) -> HttpResponse:
        if not self.admin_site.has_permission(request):
            return redirect(f"{reverse('admin:login')}?next={request.path}")
        if not self.has_add_permission(request):
            raise PermissionDenied
        if int(request.META.get("CONTENT_LENGTH") or 0) > (settings.INSAR_UPLOAD_MAX_MB << 20) + _FORM_BYTES:
            messages.error(request, _too_large())
            return redirect(request.path)
        return csrf_protect(self.admin_site.admin_view(self.add_view))(request)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, **kwargs) if obj else UploadForm

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.shown if obj else ["file", "release", "replaces"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.shown if obj else []

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Upload:
        chosen = form.cleaned_data
        return uploads.receive(
            chosen["file"], user=request.user, release=chosen["release"], replaces=chosen["replaces"]
        )

    def save_model(self, request: HttpRequest, obj: Upload, form: Any, change: bool) -> None:
        """It is kept already: its number is its folder's name."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """There is nothing else to keep."""

    @admin.display(description=gettext_lazy("Delivered figures against those computed from the series"))
    def report(self, upload: Upload) -> str:
        part = Part.objects.filter(pk=upload.part_id).first()
        if part is None:
            return "-"
        rows = format_html_join(
            "", "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
            [(name, each["count"], each["differing"], each["max_difference"])
             for name, each in part.report.get("fields", {}).items()],
        )  # fmt: skip
        heads = (_("Figure"), _("Compared"), _("Differing"), _("Largest difference"))
        head = format_html_join("", "<th>{}</th>", [(each,) for each in heads])
        return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, rows)
