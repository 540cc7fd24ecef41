"""Numbers in text come out as they went in, however they are written."""

import random
import re
import tempfile
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
from egms_files import as_csv
from hypothesis import given
from hypothesis import strategies as st

from processing.insar.delivery import NODATA, BadDelivery, WideSeries
from processing.insar.opening import open_delivery
from processing.insar.tables import Columns, Rows, Table, read_header
from processing.insar.unpacking import Text
from processing.kernels.delimited import NAME, NUMBER, TENTHS

FORMATS = ("{}", "{!r}", "{:.1f}", "{:.6f}", "{:e}", "{:g}", "{:+.3f}", "{:.20f}", " {} ", '"{}"', "{:.17g}", "{:E}")
floats = st.floats(allow_nan=False, allow_infinity=False)
displacements = st.floats(-3276.7, 3276.7) | st.integers(-32767, 32767).map(lambda tenths: tenths / 10)


def read_rows(lines: list[str], kinds: tuple[int, ...], *, wide: bool = False) -> tuple[Rows, int]:
    """All rows of a table with names of letters, and how many values were rounded."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(as_csv(lines))
        text = Text(path)
        header = read_header(text)
        table = Table(text, header, Columns(header.names, kinds), wide=wide)
        (rows,) = table.batches(1000)
        return rows, table.rounded


# What counts as a number, or as none; blanks and a quote on each side do not matter.
NUMBERS = r"[+-]?[nN][aA][nN]|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
GRAMMAR = re.compile(rf'[ \t]*(?P<quote>"?)[ \t]*(?P<value>|{NUMBERS})[ \t]*(?P=quote)[ \t]*\r?', re.ASCII)


def in_tenths(written: str) -> tuple[int, bool]:
    exact = Decimal(written.strip(' "')) * 10
    tenths = int(exact.to_integral_value(ROUND_HALF_UP))
    return tenths, tenths != exact


@given(st.lists(st.lists(floats, min_size=3, max_size=3), min_size=1, max_size=8), st.sampled_from(FORMATS))
def test_any_float_that_python_writes_is_read_as_python_reads_it(table: list[list[float]], form: str) -> None:
    written = [[form.format(value) for value in row] for row in table]
    lines = ["pid,a,b,c", *(",".join([f"p{number}", *row]) for number, row in enumerate(written))]
    rows, _ = read_rows(lines, (NAME, NUMBER, NUMBER, NUMBER))
    expected = [[float(value.strip(' "')) for value in row] for row in written]
    assert rows.numbers.T.tolist() == expected


@given(st.lists(st.lists(displacements, min_size=3, max_size=3), min_size=1, max_size=8), st.sampled_from(FORMATS))
def test_any_displacement_is_rounded_as_decimals_are(table: list[list[float]], form: str) -> None:
    written = [[form.format(value) for value in row] for row in table]
    lines = ["pid,a,b,c", *(",".join([f"p{number}", *row]) for number, row in enumerate(written))]
    rows, rounded = read_rows(lines, (NAME, TENTHS, TENTHS, TENTHS))
    expected = [[in_tenths(value) for value in row] for row in written]
    assert rows.series.tolist() == [[tenths for tenths, _ in row] for row in expected]
    assert rounded == sum(lost for row in expected for _, lost in row)


@given(
    st.lists(
        st.from_regex(r"[+-]?[0-9]{0,5}\.?[0-9]{0,2}", fullmatch=True) | st.text("0159.-:/", max_size=9),
        min_size=1, max_size=5,
    ),
    st.sampled_from([1, 2, 5]),
)  # fmt: skip
def test_values_that_are_almost_plain_are_read_or_refused_like_all_others(written: list[str], copies: int) -> None:
    """Eight bytes at a time are read only where that many follow: the text goes on behind what is looked at."""
    names = [f"c{number}" for number in range(len(written))]
    lines = [
        ",".join(["pid", *names]),
        *[",".join(["p", *written])] * copies,
        *[",".join(["p", *["0.0"] * len(names)])] * 3,
    ]
    found = [GRAMMAR.fullmatch(value) for value in written]
    try:
        rows, rounded = read_rows(lines, (NAME, *[TENTHS] * len(written)))
        numbers, _ = read_rows(lines, (NAME, *[NUMBER] * len(written)))
    except WideSeries:
        assert any(each and each["value"] and abs(in_tenths(each["value"])[0]) > 32767 for each in found)
        return
    except BadDelivery as error:
        assert not all(found)
        assert error.line == 2
        return
    assert all(found)
    expected = [in_tenths(value) if value else (NODATA, False) for value in written]
    assert rows.series[:copies].tolist() == [[tenths for tenths, _ in expected]] * copies
    assert rounded == copies * sum(lost for _, lost in expected)
    assert np.array_equal(numbers.numbers[:, 0], [float(value or "nan") for value in written], equal_nan=True)


@given(st.lists(st.integers(-32767, 32767) | st.none(), min_size=1, max_size=300))
def test_tenths_go_in_and_come_out_unchanged(tenths: list[int | None]) -> None:
    written = ["" if value is None else f"{value / 10:.1f}" for value in tenths]
    lines = [",".join(["pid", *(f"c{number}" for number in range(len(tenths)))]), ",".join(["p", *written])]
    rows, rounded = read_rows(lines, (NAME, *[TENTHS] * len(tenths)))
    assert rows.series.tolist() == [[NODATA if value is None else value for value in tenths]]
    assert rounded == 0


@given(st.decimals(min_value=-200_000_000, max_value=200_000_000, allow_nan=False, places=3))
def test_wide_displacements_are_rounded_the_same_way(value: Decimal) -> None:
    rows, rounded = read_rows(["pid,a", f"p,{value}"], (NAME, TENTHS), wide=True)
    tenths, lost = in_tenths(str(value))
    if tenths == NODATA:
        tenths, lost = tenths + 1, True
    assert (rows.series.tolist(), rounded) == ([[tenths]], int(lost))


@given(st.text('0123456789.-+eE nNaA\t"\r', max_size=12) | st.text('019.-e"', max_size=6))
def test_what_counts_as_a_number_is_what_the_grammar_says(written: str) -> None:
    found = GRAMMAR.fullmatch(written)
    try:
        rows, _ = read_rows(["pid,a", f"p,{written}"], (NAME, NUMBER))
        series, _ = read_rows(["pid,a", f"p,{written}"], (NAME, TENTHS), wide=True)
    except BadDelivery as error:
        beyond = found is not None and found["value"] and abs(float(found["value"])) > (2**31 - 1.5) / 10
        assert found is None or beyond
        assert error.line == 2
        return
    assert found is not None
    value = float(found["value"] or "nan")
    assert np.array_equal(rows.numbers, [[value]], equal_nan=True)
    assert (series.series == NODATA).all() == np.isnan(value)


@given(st.binary(max_size=200) | st.text('0123.-e,;"\n\r \t').map(str.encode))
def test_no_bytes_whatever_do_more_than_be_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(b"pid,latitude,longitude,los_east,20200101,20200107\na,1,2,-0.5,0.1,0.2\n" + content)
        try:
            with open_delivery(path) as delivery:
                count = sum(len(batch) for batch in delivery.batches(3))
        except BadDelivery as error:
            assert "\n" not in str(error)
            assert error.line is None or 1 <= error.line <= content.count(b"\n") + 3
        else:
            assert 1 <= count <= content.count(b"\n") + 2


def test_a_table_of_values_that_are_all_too_long_for_the_quick_way_is_read() -> None:
    digits = random.Random(1)
    columns = 400
    values = [[digits.uniform(-3000, 3000) for _ in range(columns)] for _ in range(400)]
    lines = [",".join(["pid", *(f"c{number}" for number in range(columns))])]
    lines += [",".join([f"p{number}", *(f"{value:.22f}" for value in row)]) for number, row in enumerate(values)]
    rows, _ = read_rows(lines, (NAME, *[NUMBER] * columns))
    assert np.array_equal(rows.numbers.T, values)
    rows, rounded = read_rows(lines, (NAME, *[TENTHS] * columns))
    assert rows.series.tolist() == [[in_tenths(f"{value:.22f}")[0] for value in row] for row in values]
    assert rounded > columns * 390
