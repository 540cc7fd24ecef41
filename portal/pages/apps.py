from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "portal.pages"
    label = "pages"
    verbose_name = "Pages"

    def ready(self) -> None:
        """Register the deployment checks: the portal itself is no Django app."""
        from portal import checks  # noqa: F401
