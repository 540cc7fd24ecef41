"""The page of API tokens: make one, read it once, revoke it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.accounts.forms import ApiTokenForm
from portal.accounts.models import ApiToken

TOKENS_PER_USER = 20


@never_cache
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """The user's tokens, and a form for another. A new one is shown in the answer to its form only."""
    mine = ApiToken.objects.visible_to(request.user)
    form = ApiTokenForm(request.POST or None)
    plaintext = None
    if request.method == "POST" and form.is_valid():
        if mine.count() >= TOKENS_PER_USER:
            form.add_error(None, f"You have {TOKENS_PER_USER} tokens, which is the most: revoke one you no longer use.")
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
    messages.success(request, f"The token “{token.name}” no longer works.")
    return redirect("accounts:tokens")
