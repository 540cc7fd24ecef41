from django.apps import AppConfig


class PixelsConfig(AppConfig):
    name = "hub.pixels"
    label = "pixels"
    verbose_name = "Pixels"
