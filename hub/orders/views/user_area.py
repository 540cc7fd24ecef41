"""The user area: the table of orders, and what its buttons and those of the order page do."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hub.errors import HubError
from hub.orders import ordering
from hub.orders.listing import Listing
from hub.orders.models import Order
from hub.orders.views.access import signed_in
from hub.orders.views.wording import explained
from processing.errors import ProcessingError

TABLE = "orders"
"""The element that htmx puts a new page of the table into."""


@require_GET
@signed_in
def order_list(request: HttpRequest) -> HttpResponse:
    """The table that the address asks for; for htmx the table alone, with the address to show for it."""
    listing = Listing.of(request.GET)
    page = listing.page_of(Order.objects.visible_to(request.user).for_rows())
    is_part = request.htmx.target == TABLE and not request.htmx.history_restore_request
    template = "orders/_table.html" if is_part else "orders/list.html"
    pages = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    response = render(
        request,
        template,
        {
            "listing": listing,
            "page": page,
            "pages": [(number, listing.with_page(number) if isinstance(number, int) else "") for number in pages],
            "previous_query": listing.with_page(page.number - 1),
            "next_query": listing.with_page(page.number + 1),
        },
    )
    if is_part:
        response["HX-Push-Url"] = request.path + listing.query
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@require_GET
@signed_in
def row(request: HttpRequest, pk: int) -> HttpResponse:
    """One row of the table, for the page to poll."""
    # Deleted from another of its owner's pages: the row goes here too.
    if request.htmx and Order.objects.removed_by(request.user).filter(pk=pk).exists():
        return HttpResponse(headers={"HX-Reswap": "delete"})
    order = get_object_or_404(Order.objects.visible_to(request.user).for_rows(), pk=pk)
    return render(request, "orders/_row.html", {"order": order})


@require_POST
@signed_in
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    order = own_order(request, pk)
    return _done(request, order, lambda: ordering.dismiss(order, by=request.user), _("“%(name)s” is dismissed."))


@require_POST
@signed_in
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the failed products again."""
    order = own_order(request, pk)
    done = _("What failed of “%(name)s” is tried again.")
    return _done(request, order, lambda: ordering.retry_failed(order, by=request.user), done)


@require_POST
@signed_in
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    order = own_order(request, pk)
    name = request.POST.get("name", "")
    return _done(
        request, order, lambda: ordering.rename(order, name, by=request.user), _("The order is called “%(name)s” now.")
    )


@require_POST
@signed_in
def repeat(request: HttpRequest, pk: int) -> HttpResponse:
    order = own_order(request, pk)
    return _done(request, order, lambda: ordering.repeat(order, by=request.user), _("“%(name)s” is ordered again."))


@require_POST
@signed_in
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete the order, once its owner said that they are sure: in the page's question, or on a page of its own."""
    order = own_order(request, pk)
    if request.POST.get("sure") != "yes":
        return render(request, "orders/remove.html", {"order": order, "query": _posted_query(request)})
    try:
        ordering.remove(order, by=request.user)
    except HubError as refused:
        messages.error(request, explained(refused))
        return _back(request, order)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": order.name})
    return redirect(_table_address(request))


def own_order(request: HttpRequest, pk: int) -> Order:
    """The order ``pk`` of the person who asks, else a 404."""
    try:
        return Order.objects.visible_to(request.user).get(pk=pk)
    except Order.DoesNotExist:
        raise Http404 from None


def _done(request: HttpRequest, order: Order, verb: Callable[[], Order], sentence: str) -> HttpResponse:
    """Carry out ``verb``, say how it went, and lead to what there is to see then."""
    try:
        changed = verb()
    except (HubError, ProcessingError) as refused:
        messages.error(request, explained(refused))
        return _back(request, order)
    messages.success(request, sentence % {"name": changed.name})
    return _back(request, changed)


def _back(request: HttpRequest, order: Order) -> HttpResponse:
    """To the page that the button stood on: the table as it was, or the page of ``order``."""
    return redirect(_table_address(request) if request.POST.get("back") == "list" else order)


def _table_address(request: HttpRequest) -> str:
    return reverse("orders:list") + _posted_query(request)


def _posted_query(request: HttpRequest) -> str:
    """The table's address as the page sent it along, cleaned of everything that it cannot mean."""
    sent = request.POST.get("query", "")[:1000].removeprefix("?")
    return Listing.of(QueryDict(sent)).query
