from django.contrib import admin

from portal.pages.models import News


@admin.register(News)
class NewsAdmin(admin.ModelAdmin):
    list_display = ("title", "date")
    search_fields = ("title", "text")
    date_hierarchy = "date"
