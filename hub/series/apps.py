from django.apps import AppConfig


class SeriesConfig(AppConfig):
    name = "hub.series"
    label = "series"
    verbose_name = "Series"
