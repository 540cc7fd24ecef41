"""Files of EGMS's form for tests: text by the specification, written without the code that reads it."""

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

L2B_HEADER = (
    "pid,mp_type,latitude,longitude,easting,northing,height,height_wgs84,line,pixel,rmse,temporal_coherence,"
    "amplitude_dispersion,incidence_angle,track_angle,los_east,los_north,los_up,mean_velocity,mean_velocity_std,"
    "acceleration,acceleration_std,seasonality,seasonality_std"
)
L2A_HEADER = L2B_HEADER.replace("pid,", "pid,cluster_label,")
L3_HEADER = (
    "pid,easting,northing,height,rmse,mean_velocity,mean_velocity_std,acceleration,acceleration_std,"
    "seasonality,seasonality_std"
)
# As a third-party reader's test has it for releases from 2020 on.
RENAMED_HEADER = (
    L2B_HEADER.replace("height,height_wgs84", "height_ortho,height_ellipse").replace("rmse", "rmse_ts")
    + ",gnss_velocity"
)
L2B_ROW = (
    "{pid},0,43.712345,-1.054321,3456789.12,2301234.56,67.4,115.3,456,7890,2.3,0.87,0.23,38.12,349.12,"
    "-0.611,-0.112,0.778,-1.2,0.3,0.12,0.11,2.3,0.4"
)
L2A_ROW = L2B_ROW.replace("{pid},", "{pid},0,")
L3_ROW = "{pid},4321050,2210050,67.4,2.3,-1.2,0.3,0.12,0.11,2.3,0.4"
BURST_NAME = "EGMS_L2b_088_0282_IW2_VV_2018_2022_1"
TILE_NAME = "EGMS_L3_E43N22_100km_U_2018_2022_1"
PIDS = ("3ODTn5TNYv", "3ODTn5TNYw", "3ODTn5TNYx")


def days(count: int, first: date = date(2018, 1, 3), step: int = 6) -> list[date]:
    """Dates ``step`` days apart."""
    return [first + timedelta(days=step * number) for number in range(count)]


def lines_of(
    series: Sequence[Sequence[object]], *, header: str = L2B_HEADER, row: str = L2B_ROW, pids: Sequence[str] = PIDS
) -> list[str]:
    """A header with dates, and a row for each series; values as they are to be written."""
    dates = [f"{day:%Y%m%d}" for day in days(len(series[0]))]
    rows = [",".join([row.format(pid=pid), *map(str, values)]) for pid, values in zip(pids, series, strict=False)]
    return [",".join([header, *dates]), *rows]


def as_csv(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    """A deflated zip of these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def write_burst(folder: Path, lines: Sequence[str], *, name: str = BURST_NAME, xml: bytes | None = None) -> Path:
    """A zip as EGMS delivers it, of a CSV and perhaps XML."""
    members = {f"{name}.csv": as_csv(lines)} | ({f"{name}.xml": xml} if xml else {})
    return write_zip(folder / f"{name}.zip", members)


def packed_with(content: bytes, spoil: Callable[[bytearray], None], *, name: str = f"{BURST_NAME}.csv") -> bytes:
    """The bytes of a zip that ``spoil`` has changed in place."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    spoilt = bytearray(written.getvalue())
    spoil(spoilt)
    return bytes(spoilt)
