"""Series of a part are kept exactly, whole or not at all, and are read by any thread and any process."""

import json
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import numpy as np
import pytest
import zarr

from processing.insar.delivery import NODATA
from processing.insar.series_store import ROWS_PER_CHUNK, DamagedSeries, SeriesStore, SeriesWriter

DATES = [date(2018, 1, 3) + timedelta(6 * number) for number in range(40)]
COUNT = 3 * ROWS_PER_CHUNK + 17


def tenths(seed=0, *, count=COUNT, dtype=np.int16):
    rng = np.random.default_rng(seed)
    series = rng.integers(-32767, 32768, (count, len(DATES))).astype(dtype)
    series[rng.random(series.shape) < 0.05] = NODATA
    return series


def write(folder, series, *, step=1000, extra=None):
    kinds = {name: values.dtype for name, values in (extra or {}).items()}
    with SeriesWriter(folder, dates=DATES, count=len(series), dtype=series.dtype, extra=kinds) as writer:
        for first in range(0, len(series), step):
            writer.write(first, series[first : first + step])
        for name, values in (extra or {}).items():
            writer.write_extra(name, 0, values)
    return SeriesStore(folder)


@pytest.fixture(scope="module")
def series():
    return tenths()


@pytest.fixture(scope="module")
def store(tmp_path_factory, series):
    return write(tmp_path_factory.mktemp("series") / "1", series, extra={"height": np.arange(COUNT, dtype="f4")})


@pytest.mark.parametrize("dtype", [np.int16, np.int32])
@pytest.mark.parametrize("step", [1, 700, ROWS_PER_CHUNK, 5000])
def test_what_was_written_is_read_exactly_whatever_the_blocks(tmp_path, dtype, step):
    series = tenths(1, count=1500, dtype=dtype)
    if dtype == np.int32:
        series[0, 0] = 2_000_000
    store = write(tmp_path / "1", series, step=step)
    found = store.raw(np.arange(len(series)))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, series)


def test_blocks_may_come_in_any_order(tmp_path, series):
    with SeriesWriter(tmp_path / "1", dates=DATES, count=COUNT) as writer:
        for first in (2000, 0, 1300, 700):
            last = {2000: COUNT, 0: 700, 1300: 2000, 700: 1300}[first]
            writer.write(first, series[first:last])
    np.testing.assert_array_equal(SeriesStore(tmp_path / "1").raw(range(COUNT)), series)


def test_a_block_can_be_used_again_once_it_was_given(tmp_path):
    room = np.full((10, len(DATES)), 5, np.int16)
    with SeriesWriter(tmp_path / "1", dates=DATES, count=20) as writer:
        writer.write(0, room)
        room[:] = 7
        writer.write(10, room)
    assert SeriesStore(tmp_path / "1").raw([0, 10])[:, 0].tolist() == [5, 7]


def test_rows_come_as_millimetres_in_the_order_asked_for(store, series):
    wanted = [COUNT - 1, 5, 2000, 5, 0]
    found = store.rows(wanted)
    assert found.dtype == np.float32
    expected = np.where(series[wanted] == NODATA, np.nan, series[wanted] / 10.0).astype(np.float32)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(store.row(5), expected[1])


def test_dates_years_count_and_further_numbers_are_told(store):
    assert store.dates == tuple(DATES)
    assert store.count == COUNT
    np.testing.assert_allclose(store.years[:3], [0, 6 / 365, 12 / 365])
    assert store.extra("height", [7, COUNT - 1]).tolist() == [7.0, COUNT - 1.0]


def test_no_rows_are_no_rows(store):
    assert store.rows([]).shape == (0, len(DATES))


def test_blocks_are_all_rows(store, series):
    firsts, blocks = zip(*store.blocks(1000), strict=True)
    assert firsts == (0, 1000, 2000, 3000)
    np.testing.assert_array_equal(np.concatenate(blocks), series)


@pytest.mark.parametrize("index", [-1, COUNT, 2**40])
def test_a_row_that_is_not_there_is_refused(store, index):
    with pytest.raises(IndexError):
        store.row(index)


@pytest.mark.parametrize("name", ["nothing", "../displacement", "", "a/b"])
def test_numbers_that_are_not_there_are_refused(store, name):
    with pytest.raises(KeyError):
        store.extra(name, [0])


def test_the_zarr_library_reads_the_same(store, series):
    group = zarr.open_group(store._folder, mode="r")
    np.testing.assert_array_equal(group["displacement"][:], series)
    assert group.attrs["dates"][0] == "2018-01-03"


def test_threads_share_a_store(store, series):
    wanted = [np.random.default_rng(seed).integers(0, COUNT, 200) for seed in range(40)]
    with ThreadPoolExecutor(8) as pool:
        for rows, found in zip(wanted, pool.map(store.raw, wanted), strict=True):
            np.testing.assert_array_equal(found, series[rows])


def read_in_child(folder, seen):
    write(folder.parent / "from-child", tenths(3, count=50))
    seen.put(int(SeriesStore(folder).raw([1234]).sum()))


def test_a_forked_process_reads_and_writes_after_its_parent_did(store, series):
    forking = multiprocessing.get_context("fork")
    seen = forking.Queue()
    child = forking.Process(target=read_in_child, args=(store._folder, seen))
    child.start()
    found = seen.get(timeout=60)
    child.join(60)
    assert child.exitcode == 0
    assert found == int(series[1234].sum())


def test_nothing_appears_before_it_is_closed(tmp_path, series):
    writer = SeriesWriter(tmp_path / "1", dates=DATES, count=COUNT)
    writer.write(0, series)
    assert not (tmp_path / "1").exists()
    writer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_missing_rows_leave_nothing_behind(tmp_path, series):
    writer = SeriesWriter(tmp_path / "1", dates=DATES, count=COUNT)
    writer.write(0, series[:-1])
    with pytest.raises(ValueError, match=f"1 of {COUNT} series"):
        writer.close()
    assert list(tmp_path.iterdir()) == []


def test_an_error_on_the_way_leaves_nothing_behind(tmp_path, series):
    with (
        pytest.raises(ZeroDivisionError),
        SeriesWriter(tmp_path / "1", dates=DATES, count=COUNT) as writer,
    ):
        writer.write(0, series)
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_what_a_stopped_process_left_behind_is_in_nobodys_way(tmp_path, series):
    (tmp_path / "1.part").mkdir()
    (tmp_path / "1.part" / "rubbish").touch()
    assert write(tmp_path / "1", series).count == COUNT


def test_a_part_is_not_written_twice(tmp_path, series):
    write(tmp_path / "1", series)
    with pytest.raises(FileExistsError):
        SeriesWriter(tmp_path / "1", dates=DATES, count=COUNT)


@pytest.mark.parametrize(
    ("first", "block"),
    [
        (0, np.zeros((5, 7), np.int16)),
        (COUNT - 2, np.zeros((5, len(DATES)), np.int16)),
        (-1, np.zeros((5, len(DATES)), np.int16)),
        (0, np.zeros((5, len(DATES)), np.float32)),
        (0, np.zeros(len(DATES), np.int16)),
    ],
)
def test_blocks_that_do_not_fit_are_refused(tmp_path, first, block):
    writer = SeriesWriter(tmp_path / "1", dates=DATES, count=COUNT)
    with pytest.raises(ValueError, match="fit"):
        writer.write(first, block)
    writer.discard()


@pytest.mark.parametrize(("dates", "count"), [([], 5), (DATES, 0), (DATES[::-1], 5), ([DATES[0]] * 2, 5)])
def test_a_part_without_dates_or_points_has_no_series(tmp_path, dates, count):
    with pytest.raises(ValueError, match="dates"):
        SeriesWriter(tmp_path / "1", dates=dates, count=count)


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(DamagedSeries, match="part-9 is missing"):
        SeriesStore(tmp_path / "part-9")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"attributes": {"dates": ["never"], "format": 1}}', "\xff"])
def test_a_damaged_description_is_told(tmp_path, series, text):
    write(tmp_path / "1", series)
    (tmp_path / "1" / "zarr.json").write_text(text, encoding="latin-1")
    with pytest.raises(DamagedSeries):
        SeriesStore(tmp_path / "1")


def test_an_array_of_another_codec_is_told(tmp_path, series):
    write(tmp_path / "1", series)
    path = tmp_path / "1" / "displacement" / "zarr.json"
    about = json.loads(path.read_text())
    about["codecs"][1]["name"] = "gzip"
    path.write_text(json.dumps(about))
    with pytest.raises(DamagedSeries):
        SeriesStore(tmp_path / "1")


@pytest.mark.parametrize("damage", ["gone", "short", "zeros", "empty", "flipped"])
def test_a_damaged_chunk_is_told_and_the_others_are_read(tmp_path, series, damage):
    store = write(tmp_path / "1", series)
    chunk = tmp_path / "1" / "displacement" / "c" / "1" / "0"
    data = chunk.read_bytes()
    if damage == "gone":
        chunk.unlink()
    else:
        flipped = data[:500] + bytes([data[500] ^ 1]) + data[501:]
        broken = {"short": data[: len(data) // 2], "zeros": bytes(len(data)), "empty": b"", "flipped": flipped}
        chunk.write_bytes(broken[damage])
    with pytest.raises(DamagedSeries, match="chunk 1"):
        store.row(ROWS_PER_CHUNK)
    np.testing.assert_array_equal(store.raw([0]), series[:1])
