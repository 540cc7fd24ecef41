"""People in the admin. Tokens can be seen and deleted, never read."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.http import HttpRequest

from portal.accounts.models import ApiToken, User


class UserCreationForm(AdminUserCreationForm):
    """Django's own, which also asks for the e-mail address: it must be there and unique."""

    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("username", "email")


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    add_form = UserCreationForm
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "email", "usable_password", "password1", "password2"),
            },
        ),
    )
    list_display = ("username", "email", "is_active", "is_staff", "date_joined", "last_login")


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    list_display = ("name", "hint", "user", "created", "last_used", "expires")
    list_select_related = ("user",)
    search_fields = ("name", "user__username", "user__email")
    readonly_fields = ("user", "name", "hint", "created", "last_used", "expires")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only its user may make a token: an operator would read it."""
        return False
