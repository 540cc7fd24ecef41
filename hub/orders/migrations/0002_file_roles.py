from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="productfile",
            name="role",
            field=models.CharField(
                choices=[
                    ("data", "Data"),
                    ("metadata", "Metadata"),
                    ("style", "Style"),
                    ("thumbnail", "Thumbnail"),
                    ("archive", "Archive (the zip of all)"),
                ],
                max_length=12,
            ),
        ),
    ]
