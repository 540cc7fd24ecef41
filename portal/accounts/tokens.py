"""How a program signs in to the API: ``Authorization: Bearer mh_...``."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from portal.accounts.models import ApiToken, User

__all__ = ["ApiToken", "TokenAuthentication"]

KEYWORDS = frozenset({b"bearer", b"token"})
# One sentence for every reason, so that an answer does not tell which tokens exist.
REFUSAL = _("This API token is not valid: make a new one on your account page, under API tokens.")


class TokenAuthentication(BaseAuthentication):
    """Accepts ``Authorization: Bearer TOKEN`` and ``Authorization: Token TOKEN``.

    Any other or no Authorization header leaves the request to the next authentication class;
    a token that is unknown, expired or of an inactive user is answered with 401.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() not in KEYWORDS:
            return None
        if len(words) != 2:
            raise AuthenticationFailed(REFUSAL)
        token = ApiToken.objects.matching(words[1].decode("latin-1"))
        if token is None:
            raise AuthenticationFailed(REFUSAL)
        token.mark_used()
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """The WWW-Authenticate header of every 401."""
        return 'Bearer realm="api"'


class TokenScheme(OpenApiAuthenticationExtension):
    """How the API's description names this way of signing in."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token of your account page.",
        }
