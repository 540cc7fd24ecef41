from django.apps import AppConfig


class ForecastConfig(AppConfig):
    name = "hub.forecast"
    label = "forecast"
    verbose_name = "Forecasts"
