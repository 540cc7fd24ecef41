from django.apps import AppConfig


class InsarConfig(AppConfig):
    name = "hub.insar"
    label = "insar"
    verbose_name = "Ground motion"

    def ready(self) -> None:
        # Models can be imported only now.
        from hub.insar.pyramid import sites

        sites.watch()
