from pathlib import Path

from django.conf import settings
from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


def install(apps, schema_editor):
    """Points, cells, audit log and policy. The policy joins the tables of the accounts, whatever they are called."""
    user = apps.get_model(settings.AUTH_USER_MODEL)
    names = {"users": user._meta.db_table, "memberships": user.groups.through._meta.db_table}
    for name in ("points", "audit", "policy", "sites"):
        text = (SQL / f"{name}.sql").read_text()
        for key, table in names.items():
            text = text.replace("{%s}" % key, schema_editor.quote_name(table))
        # Without parameters: a percent sign in the text stays one.
        schema_editor.execute(text, params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("insar", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(install)]
