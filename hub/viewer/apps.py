from django.apps import AppConfig


class ViewerConfig(AppConfig):
    name = "hub.viewer"
    label = "viewer"
    verbose_name = "Viewer"
