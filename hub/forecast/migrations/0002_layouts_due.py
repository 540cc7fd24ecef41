import django.utils.timezone
from django.db import migrations, models


def learn_what_is_kept(apps, schema_editor):
    """Scenes that were kept before are gone through once; of those at hand there is nothing to learn."""
    kept = apps.get_model("forecast", "SceneMask").objects.filter(state="kept")
    kept.update(layouts_due=django.utils.timezone.now())


class Migration(migrations.Migration):
    dependencies = [("forecast", "0001_scene_masks")]

    operations = [
        migrations.AddField(
            model_name="scenemask",
            name="layouts_due",
            field=models.DateTimeField(
                blank=True,
                help_text="When it is to be learned how its files on a server are laid out; null: never",
                null=True,
            ),
        ),
        migrations.RunPython(learn_what_is_kept, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="scenemask",
            index=models.Index(
                condition=models.Q(("state", "kept")), fields=["source", "layouts_due"], name="forecast_layouts_due"
            ),
        ),
    ]
