"""STAC items as each archive writes them, shortened to what is read; every builder takes changes as keywords."""

from copy import deepcopy
from pathlib import Path
from typing import Any

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "s2"

FOOTPRINT = {
    "type": "Polygon",
    "coordinates": [[[15.0, 45.0], [16.4, 45.0], [16.4, 46.0], [15.0, 46.0], [15.0, 45.0]]],
}
COMMON_NAMES = {
    "coastal": "B01", "blue": "B02", "green": "B03", "red": "B04", "rededge1": "B05", "rededge2": "B06",
    "rededge3": "B07", "nir": "B08", "nir08": "B8A", "nir09": "B09", "swir16": "B11", "swir22": "B12",
}  # fmt: skip
RESOLUTION_M = {
    "B01": (20, 60), "B02": (10, 20, 60), "B03": (10, 20, 60), "B04": (10, 20, 60), "B05": (20, 60),
    "B06": (20, 60), "B07": (20, 60), "B08": (10,), "B8A": (20, 60), "B09": (60,), "B11": (20, 60),
    "B12": (20, 60),
}  # fmt: skip


def _item(item_id: str, properties: dict[str, Any], assets: dict[str, Any], changes: dict[str, Any]) -> dict:
    """``changes`` replace properties; None removes one; ``collection`` and ``geometry`` are the item's own."""
    item = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": item_id,
        "collection": changes.pop("collection", "sentinel-2-l2a"),
        "geometry": changes.pop("geometry", deepcopy(FOOTPRINT)),
        "properties": {**properties, **changes},
        "links": [],
        "assets": assets,
    }
    item["properties"] = {name: value for name, value in item["properties"].items() if value is not None}
    return item


def earth_search_item(
    *, item_id="S2A_33TWL_20230815_0_L2A", scale=0.0001, offset=-0.1, base=None, **changes: Any
) -> dict:
    """Collection sentinel-2-l2a of Earth Search v1, with its JPEG 2000 twins."""
    base = base or f"https://sentinel-cogs.s3.us-west-2.amazonaws.com/{item_id}"
    raster = [{"nodata": 0, "data_type": "uint16", "scale": scale, "offset": offset}]
    bands = {name: {"href": f"{base}/{band}.tif", "raster:bands": raster} for name, band in COMMON_NAMES.items()}
    twins = {
        f"{name}-jp2": {"href": f"s3://sentinel-s2-l2a/{band}.jp2", "raster:bands": raster}
        for name, band in COMMON_NAMES.items()
    }
    layers = {
        "scl": {"href": f"{base}/SCL.tif", "raster:bands": [{"nodata": 0, "data_type": "uint8"}]},
        "aot": {"href": f"{base}/AOT.tif", "raster:bands": [{"scale": 0.001, "offset": 0}]},
        "granule_metadata": {"href": f"{base}/granule_metadata.xml"},
    }
    properties = {
        "datetime": "2023-08-15T09:58:11.662000Z",
        "platform": "sentinel-2a",
        "mgrs:utm_zone": 33,
        "mgrs:latitude_band": "T",
        "mgrs:grid_square": "WL",
        "grid:code": "MGRS-33TWL",
        "s2:product_type": "S2MSI2A",
        "s2:processing_baseline": "05.09",
        "s2:product_uri": "S2A_MSIL2A_20230815T095031_N0509_R079_T33TWL_20230815T155057.SAFE",
        "s2:generation_time": "2023-08-15T15:50:57.000000Z",
        "s2:datatake_id": "GS2A_20230815T095031_042547_N05.09",
        "s2:datastrip_id": "S2A_OPER_MSI_L2A_DS_2APS_20230815T155057_S20230815T095630_N05.09",
        "s2:granule_id": "S2A_OPER_MSI_L2A_TL_2APS_20230815T155057_A042547_T33TWL_N05.09",
        "earthsearch:boa_offset_applied": True,
    }
    return _item(item_id, properties, {**twins, **bands, **layers}, changes)


def planetary_computer_item(
    *, item_id="S2A_MSIL2A_20230815T095031_R079_T33TWL_20230815T221322", **changes: Any
) -> dict:
    """Planetary Computer: band names, hyphens, no raster extension, storage that wants signatures."""
    base = "https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/33/T/WL"
    names = [*RESOLUTION_M, "SCL", "AOT", "WVP"]
    assets = {name: {"href": f"{base}/T33TWL_{name}_10m.tif"} for name in names}
    assets["granule-metadata"] = {"href": f"{base}/MTD_TL.xml"}
    properties = {
        "datetime": "2023-08-15T09:50:31.024000Z",
        "platform": "Sentinel-2A",
        "s2:mgrs_tile": "33TWL",
        "s2:product_type": "S2MSI2A",
        "s2:processing_baseline": "05.09",
        "s2:product_uri": "S2A_MSIL2A_20230815T095031_N0509_R079_T33TWL_20230815T221322.SAFE",
        "s2:generation_time": "2023-08-15T22:13:22.000Z",
        "s2:datatake_id": "GS2A_20230815T095031_042547_N05.09",
        "s2:datastrip_id": "S2A_OPER_MSI_L2A_DS_2APS_20230815T221322_S20230815T095630_N05.09",
        "s2:granule_id": "S2A_OPER_MSI_L2A_TL_2APS_20230815T221322_A042547_T33TWL_N05.09",
    }
    return _item(item_id, properties, assets, changes)


def data_space_item(
    *, item_id="S2A_MSIL2A_20230815T095031_N0509_R079_T33TWL_20230815T155057", offset=-0.1, **changes: Any
) -> dict:
    """Copernicus Data Space: STAC 1.1, one asset per band and resolution, eopf names, JPEG 2000 on s3."""
    base = f"s3://eodata/Sentinel-2/MSI/L2A/2023/08/15/{item_id}.SAFE/GRANULE"
    assets = {
        f"{band}_{resolution}m": {
            "href": f"{base}/{band}_{resolution}m.jp2",
            "bands": [{"name": band}],
            "raster:scale": 0.0001,
            "raster:offset": offset,
        }
        for band, resolutions in RESOLUTION_M.items()
        for resolution in reversed(resolutions)
    }
    assets |= {f"SCL_{resolution}m": {"href": f"{base}/SCL_{resolution}m.jp2"} for resolution in (60, 20)}
    assets["granule_metadata"] = {"href": f"{base}/MTD_TL.xml"}
    properties = {
        "datetime": "2023-08-15T09:50:31.024000Z",
        "platform": "sentinel-2a",
        "grid:code": "MGRS-33TWL",
        "product:type": "S2MSI2A",
        "processing:version": "05.09",
        "eopf:datatake_id": "GS2A_20230815T095031_042547_N05.09",
        "eopf:datastrip_id": "S2A_OPER_MSI_L2A_DS_2APS_20230815T155057_S20230815T095630_N05.09",
    }
    return _item(item_id, properties, assets, changes)
