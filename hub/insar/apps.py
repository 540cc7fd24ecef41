from django.apps import AppConfig


class InsarConfig(AppConfig):
    name = "hub.insar"
    label = "insar"
    verbose_name = "Ground motion"
