from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "hub.orders"
    label = "orders"
    verbose_name = "Orders"
