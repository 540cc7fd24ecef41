"""People, and the tokens that let their programs in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

TOKEN_PREFIX = "mh_"  # noqa: S105  a recognisable beginning, so that leak scanners can find tokens
TOKEN_BYTES = 40
LAST_USED_STEP = timedelta(minutes=1)


class User(AbstractUser):
    """A person. The e-mail address is theirs alone, whatever its upper and lower case."""

    email = models.EmailField(_("e-mail address"))
    language = models.CharField(
        max_length=10, blank=True, editable=False, help_text="What mails are written in; set by the pages"
    )

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="one_user_per_email",
                violation_error_message=_("Another account uses this e-mail address."),
            )
        ]


class ApiTokenQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> ApiTokenQuerySet:
        """The tokens of ``user``."""
        return self.filter(user_id=user.pk)

    def usable(self) -> ApiTokenQuerySet:
        """Tokens that have not expired and whose user is active."""
        unexpired = models.Q(expires=None) | models.Q(expires__gt=timezone.now())
        return self.filter(unexpired, user__is_active=True)

    def matching(self, plaintext: str) -> ApiToken | None:
        """The usable token that ``plaintext`` opens, or None.

        The look-up is by SHA-256, so its timing tells nothing about stored tokens.
        """
        return self.usable().select_related("user").filter(digest=digest_of(plaintext)).first()


class ApiToken(models.Model):
    """Lets a program act for its user. Only the hash is kept: the token itself is shown once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60, help_text=_("What the token is for"))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False, help_text="The first characters of the token")
    created = models.DateTimeField(auto_now_add=True)
    last_used = models.DateTimeField(null=True, blank=True, editable=False)
    expires = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created", "-pk"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @classmethod
    def create_for(cls, user: User, name: str, *, expires: datetime | None = None) -> tuple[ApiToken, str]:
        """A new token of ``user``: the row, and the plaintext that nobody can read again."""
        plaintext = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
        row = cls.objects.create(user=user, name=name, digest=digest_of(plaintext), hint=plaintext[:8], expires=expires)
        return row, plaintext

    @property
    def is_expired(self) -> bool:
        return self.expires is not None and self.expires <= timezone.now()

    def mark_used(self) -> None:
        """Note the use, to the minute: a busy client must not cost one write per request."""
        now = timezone.now()
        if self.last_used is None or now - self.last_used >= LAST_USED_STEP:
            type(self).objects.filter(pk=self.pk).update(last_used=now)


def digest_of(plaintext: str) -> str:
    """SHA-256 as hex. A token is 40 random bytes, so a slow password hash would add nothing."""
    return hashlib.sha256(plaintext.encode("utf-8", "surrogatepass")).hexdigest()
