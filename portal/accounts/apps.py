from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "portal.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        """Have the language of an account follow its person."""
        from portal.accounts import languages  # noqa: F401
