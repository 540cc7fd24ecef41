"""The choice of a language; the page of API tokens: make one, read it once, revoke it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from hub.languages import SESSION_KEY
from portal.accounts import languages
from portal.accounts.forms import ApiTokenForm
from portal.accounts.models import ApiToken

TOKENS_PER_USER = 20


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Take the chosen language for this browser and for mails to its user, and go back to the page."""
    wanted = request.POST.get("language", "")
    if request.user.is_authenticated and wanted in dict(settings.LANGUAGES):
        languages.keep(request.user, wanted)
        request.session[SESSION_KEY] = wanted
    return set_language(request)


@never_cache
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """The user's tokens, and a form for another. A new one is shown in the answer to its form only."""
    mine = ApiToken.objects.visible_to(request.user)
    form = ApiTokenForm(request.POST or None)
    plaintext = None
    if request.method == "POST" and form.is_valid():
        if mine.count() >= TOKENS_PER_USER:
            told = ngettext(
                "You have %(count)d token, which is the most: revoke it if you no longer use it.",
                "You have %(count)d tokens, which is the most: revoke one you no longer use.",
                TOKENS_PER_USER,
            )
            form.add_error(None, told % {"count": TOKENS_PER_USER})
        else:
            _, plaintext = ApiToken.create_for(request.user, form.cleaned_data["name"], expires=form.expires)
            form = ApiTokenForm()
    return render(request, "account/tokens.html", {"tokens": mine.all(), "form": form, "plaintext": plaintext})


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one of the user's own tokens; somebody else's is a 404."""
    token = get_object_or_404(ApiToken.objects.visible_to(request.user), pk=pk)
    token.delete()
    messages.success(request, _("The token “%(name)s” no longer works.") % {"name": token.name})
    return redirect("accounts:tokens")
