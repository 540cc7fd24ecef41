"""What the user area's address asks for: which orders, in which order, which page of them.

Every choice is a parameter of the address, so that a page of the table can be kept, shared and gone back to.
What cannot be used is left out and named in ``Listing.ignored``; nothing in an address is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Expression, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Lower
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from hub.orders.offer import CRS, KINDS, RESOLUTIONS
from hub.orders.states import ACTIVE, Status
from processing import registry

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from hub.orders.models import Order

    Text = str | _StrPromise

UNFINISHED = "unfinished"
SIZES = (10, 20, 50)
LONGEST_SEARCH = 64
LARGEST_KEY = 2**63 - 1


@dataclass(frozen=True)
class Column:
    """A column of the table, and what it is sorted by."""

    key: str
    title: Text
    sorted_by: Expression | F
    newest_first: bool = False
    """Whether the first click on its heading shows the last value first."""


def _spec(*keys: str) -> KeyTextTransform:
    """The text at ``keys`` of the order's spec."""
    source: Any = "spec"
    for key in keys[:-1]:
        source = KeyTransform(key, source)
    return KeyTextTransform(keys[-1], source)


def _ranked(values: list[str], by: Any) -> Case:
    """The place of a value in ``values``."""
    whens = [When(**{by: value}, then=Value(place)) for place, value in enumerate(values)]
    return Case(*whens, default=Value(len(values)), output_field=IntegerField())


COLUMNS = (
    Column("name", _("Name"), Lower("name")),
    Column("format", _("Image format"), _spec("format")),
    Column("resolution", _("Resolution"), Cast(_spec("resolution"), IntegerField())),
    Column("crs", _("Coordinate system"), _spec("crs")),
    Column("created", _("Created"), F("created_at"), newest_first=True),
    Column("start", _("Mosaic start date"), _spec("period", "start"), newest_first=True),
    Column("kind", _("Compositing period"), _ranked(list(reversed(KINDS)), "spec__period__kind")),
    Column("status", _("Status"), _ranked(list(Status), "status")),
)
DEFAULT_SORT = "-created"
_BY_KEY = {column.key: column for column in COLUMNS}


@dataclass(frozen=True)
class Filter:
    """One thing to choose orders by."""

    key: str
    title: Text
    everything: Text
    choices: Callable[[], dict[str, Text]]
    condition: Callable[[str], Q]


def _statuses() -> dict[str, Text]:
    return {UNFINISHED: _("Not finished")} | {status.value: status.label for status in Status}


def _with_status(status: str) -> Q:
    return Q(status__in=ACTIVE) if status == UNFINISHED else Q(status=status)


FILTERS = (
    Filter("status", _("Status"), _("Every status"), _statuses, _with_status),
    Filter(
        "format",
        _("Image format"),
        _("Every format"),
        lambda: {name: known.title for name, known in registry.formats().items()},
        lambda value: Q(spec__format=value),
    ),
    Filter(
        "resolution",
        _("Resolution"),
        _("Every resolution"),
        lambda: dict(RESOLUTIONS),
        lambda value: Q(spec__resolution=int(value)),
    ),
    Filter("crs", _("Coordinate system"), _("Every system"), lambda: dict(CRS), lambda value: Q(spec__crs=value)),
    Filter(
        "kind",
        _("Compositing period"),
        _("Every period"),
        lambda: dict(KINDS),
        lambda value: Q(spec__period__kind=value),
    ),
)


@dataclass(frozen=True)
class Choice:
    """An option of a filter."""

    value: str
    title: Text
    chosen: bool


@dataclass(frozen=True)
class Heading:
    """A column's heading: where its link leads and how the table is sorted by it now."""

    key: str
    title: Text
    query: str
    direction: str
    """ascending, descending, or empty."""


@dataclass(frozen=True)
class Listing:
    """The orders that an address asks for."""

    search: str = ""
    chosen: tuple[tuple[str, str], ...] = ()
    """Filters that are set, by key."""
    sort: str = DEFAULT_SORT
    size: int = SIZES[0]
    page: str = "1"
    ignored: tuple[str, ...] = ()
    """Parameters whose values could not be used."""

    @classmethod
    def of(cls, query: QueryDict) -> Listing:
        """What ``query`` asks for."""
        ignored = []
        chosen = []
        for choice in FILTERS:
            if value := query.get(choice.key, ""):
                if value in choice.choices():
                    chosen.append((choice.key, value))
                else:
                    ignored.append(choice.key)
        sort = query.get("sort", "") or DEFAULT_SORT
        if sort.removeprefix("-") not in _BY_KEY:
            sort = DEFAULT_SORT
            ignored.append("sort")
        size = query.get("size", "") or str(SIZES[0])
        if size not in map(str, SIZES):
            size = str(SIZES[0])
            ignored.append("size")
        return cls(
            # PostgreSQL takes no NUL in a text.
            search=query.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
            chosen=tuple(chosen),
            sort=sort,
            size=int(size),
            page=query.get("page", "") or "1",
            ignored=tuple(ignored),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether it asks for some of the orders only."""
        return bool(self.search or self.chosen)

    @property
    def is_default(self) -> bool:
        return self.query == ""

    def page_of(self, orders: QuerySet[Order]) -> Page:
        """The page of ``orders`` that is asked for; the nearest one when there is none of that number."""
        for key, value in self.chosen:
            orders = orders.filter(next(known for known in FILTERS if known.key == key).condition(value))
        if self.search:
            orders = orders.filter(self._found())
        return Paginator(orders.order_by(*self._order()), self.size).get_page(self.page)

    def _found(self) -> Q:
        """Part of the name, or the order's number."""
        found = Q(name__icontains=self.search)
        number = self.search.removeprefix("#")
        if number.isascii() and number.isdigit() and int(number) <= LARGEST_KEY:
            found |= Q(pk=int(number))
        return found

    def _order(self) -> list[Any]:
        column = _BY_KEY[self.sort.removeprefix("-")].sorted_by
        directed = column.desc() if self.sort.startswith("-") else column.asc()
        # Rows that are alike stay in one order over all pages.
        return [directed, "-created_at", "-pk"] if self.sort != DEFAULT_SORT else ["-created_at", "-pk"]

    @cached_property
    def query(self) -> str:
        """The shortest address of this page of the table: ``?q=hills&page=2``, or nothing at all."""
        values: dict[str, str] = {"q": self.search, **dict(self.chosen)}
        if self.sort != DEFAULT_SORT:
            values["sort"] = self.sort
        if self.size != SIZES[0]:
            values["size"] = str(self.size)
        if self.page != "1":
            values["page"] = self.page
        wanted = QueryDict(mutable=True)
        wanted.update({key: value for key, value in values.items() if value})
        return f"?{wanted.urlencode()}" if wanted else ""

    def with_page(self, number: int) -> str:
        """The address of another page."""
        return replace(self, page=str(number)).query or "?"

    def headings(self) -> list[Heading]:
        """The table's headings with their links: the sorted column's turns the order round."""
        return [self._heading(column) for column in COLUMNS]

    def _heading(self, column: Column) -> Heading:
        falling, rising = f"-{column.key}", column.key
        direction = {falling: "descending", rising: "ascending"}.get(self.sort, "")
        first, other = (falling, rising) if column.newest_first else (rising, falling)
        following = other if self.sort == first else first
        query = replace(self, sort=following, page="1").query or "?"
        return Heading(column.key, column.title, query, direction)

    def sorts(self) -> list[Choice]:
        """The ways to sort, for screens without headings."""
        ways = []
        for column in COLUMNS:
            up, down = (
                (_("%(column)s, oldest first"), _("%(column)s, newest first"))
                if column.newest_first
                else (
                    _("%(column)s, rising"),
                    _("%(column)s, falling"),
                )
            )
            for value, words in ((column.key, up), (f"-{column.key}", down)):
                ways.append(Choice(value, words % {"column": column.title}, value == self.sort))
        return ways

    def filters(self) -> list[tuple[Filter, list[Choice]]]:
        """The filters with their options, the chosen one marked."""
        chosen = dict(self.chosen)
        return [
            (known, [Choice(value, title, chosen.get(known.key) == value) for value, title in known.choices().items()])
            for known in FILTERS
        ]

    def sizes(self) -> list[Choice]:
        return [Choice(str(size), str(size), size == self.size) for size in SIZES]
