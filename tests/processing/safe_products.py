"""Small Level-2A products in ESA's SAFE format, with real JPEG 2000 rasters: 3.6 km in the corner of a tile."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from pyproj import Transformer

LEFT, TOP, EPSG = 499_980, 5_100_000, 32633
SIDE_M = 3_600
SIZES_M = {
    "B01": (20, 60), "B02": (10, 20, 60), "B03": (10, 20, 60), "B04": (10, 20, 60), "B05": (20, 60),
    "B06": (20, 60), "B07": (20, 60), "B08": (10,), "B8A": (20, 60), "B09": (60,), "B11": (20, 60),
    "B12": (20, 60), "AOT": (10, 20, 60), "SCL": (20, 60),
}  # fmt: skip
QUALITY = {"MSK_CLDPRB": (20, 60), "MSK_SNWPRB": (20, 60)}

_PRODUCT_XML = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-2A_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd">
  <n1:General_Info>
    <Product_Info>
      <PROCESSING_LEVEL>Level-2A</PROCESSING_LEVEL>
      <PRODUCT_TYPE>S2MSI2A</PRODUCT_TYPE>
      <PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE>
      <GENERATION_TIME>{generated}</GENERATION_TIME>
      <Datatake datatakeIdentifier="G{platform}_{begun}_042547_N{baseline}">
        <SPACECRAFT_NAME>Sentinel-{platform}</SPACECRAFT_NAME>
      </Datatake>
      <Product_Organisation><Granule_List><Granule>
        {images}
      </Granule></Granule_List></Product_Organisation>
    </Product_Info>
    <Product_Image_Characteristics>
      <QUANTIFICATION_VALUES_LIST>
        <BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE>
        <AOT_QUANTIFICATION_VALUE unit="none">1000.0</AOT_QUANTIFICATION_VALUE>
        <WVP_QUANTIFICATION_VALUE unit="cm">1000.0</WVP_QUANTIFICATION_VALUE>
      </QUANTIFICATION_VALUES_LIST>
      {offsets}
    </Product_Image_Characteristics>
  </n1:General_Info>
  <n1:Geometric_Info>
    <Product_Footprint><Product_Footprint><Global_Footprint>
      <EXT_POS_LIST>{positions}</EXT_POS_LIST>
    </Global_Footprint></Product_Footprint></Product_Footprint>
  </n1:Geometric_Info>
</n1:Level-2A_User_Product>
"""
_TILE_XML = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-2A_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-2A_Tile_Metadata.xsd">
  <n1:General_Info>
    <L1C_TILE_ID>{platform}_OPER_MSI_L1C_TL_2APS_{made}_A042547_T{tile}_N{baseline}</L1C_TILE_ID>
    <TILE_ID>{platform}_OPER_MSI_L2A_TL_2APS_{made}_A042547_T{tile}_N{baseline}</TILE_ID>
    <DATASTRIP_ID>{platform}_OPER_MSI_L2A_DS_2APS_{made}_S{datastrip}_N{baseline}</DATASTRIP_ID>
  </n1:General_Info>
  <n1:Geometric_Info>
    <Tile_Geocoding>
      <HORIZONTAL_CS_CODE>EPSG:{epsg}</HORIZONTAL_CS_CODE>
      <Geoposition resolution="10"><ULX>{left}</ULX><ULY>{top}</ULY><XDIM>10</XDIM><YDIM>-10</YDIM></Geoposition>
    </Tile_Geocoding>
    <Tile_Angles>
      <Sun_Angles_Grid>{sun}</Sun_Angles_Grid>
      <Viewing_Incidence_Angles_Grids bandId="1" detectorId="5">{view}</Viewing_Incidence_Angles_Grids>
    </Tile_Angles>
  </n1:Geometric_Info>
</n1:Level-2A_Tile_ID>
"""


@dataclass(frozen=True)
class SafeProduct:
    """A product to be written; what it says of itself can be changed afterwards, file by file."""

    begun: str = "20230815T095031"
    """Start of the datatake; the datastrip begins six seconds later."""

    tile: str = "33TWL"
    platform: str = "S2A"
    baseline: str = "05.09"
    made: str = "20230815T155057"
    offset: int | None = -1000
    """BOA_ADD_OFFSET of every band; None leaves the list out, as before baseline 04.00."""

    prefix: str = ""
    """"L2A_" in front of image names: baselines before 02.07."""

    quality: tuple[str, str] | None = None
    """"CLD" and "SNW" give cloud and snow probability the names they had before 02.09."""

    value: Callable[[str, int], int] = lambda band, size_m: {"SCL": 4, "AOT": 100, "CLD": 5, "SNW": 0}.get(band, 1500)
    """Digital number of all pixels of a band's raster of that pixel size."""

    @property
    def name(self) -> str:
        baseline = self.baseline.replace(".", "")
        return f"{self.platform}_MSIL2A_{self.begun}_N{baseline}_R079_T{self.tile}_{self.made}"

    @property
    def granule(self) -> str:
        """Path of the granule's folder in the product's."""
        return f"GRANULE/L2A_T{self.tile}_A042547_{self.begun}"

    def image(self, band: str, size_m: int) -> str:
        """Path of an image in the product's folder, without its ending."""
        name = f"{self.prefix}T{self.tile}_{self.begun}_{band}_{size_m}m"
        return f"{self.granule}/IMG_DATA/R{size_m}m/{name}"

    def write(self, archive: Path, *, folder_name: str = "", rasters: bool = True) -> Path:
        """Write it into the folder ``archive``; return its own folder. Without ``rasters`` their files are empty."""
        folder = archive / (folder_name or f"{self.name}.SAFE")
        (folder / self.granule).mkdir(parents=True)
        (folder / "MTD_MSIL2A.xml").write_text(self._product_xml())
        (folder / self.granule / "MTD_TL.xml").write_text(self._tile_xml())
        for path, band, size_m in self._rasters():
            target = folder / f"{path}.jp2"
            target.parent.mkdir(parents=True, exist_ok=True)
            if rasters:
                write_jp2(target, self.value(band, size_m), size_m, np.uint16 if band[0] in "BA" else np.uint8)
            else:
                target.touch()
        return folder

    def _rasters(self) -> Iterator[tuple[str, str, int]]:
        for band, sizes in SIZES_M.items():
            yield from ((self.image(band, size_m), band, size_m) for size_m in sizes)
        for number, (name, sizes) in enumerate(QUALITY.items()):
            old = self.quality and f"{self.prefix}T{self.tile}_{self.begun}_{self.quality[number]}"
            for size_m in sizes:
                yield f"{self.granule}/QI_DATA/{old or name}_{size_m}m", "CLD" if number == 0 else "SNW", size_m

    def _product_xml(self) -> str:
        images = (self.image(band, size_m) for band, sizes in SIZES_M.items() for size_m in sizes)
        offsets = (
            ""
            if self.offset is None
            else "".join(f'<BOA_ADD_OFFSET band_id="{i}">{self.offset}</BOA_ADD_OFFSET>' for i in range(13))
        )
        return _PRODUCT_XML.format(
            baseline=self.baseline,
            generated=f"{self.made[:4]}-{self.made[4:6]}-{self.made[6:11]}:{self.made[11:13]}:{self.made[13:]}.000000Z",
            platform=self.platform,
            begun=self.begun,
            images="".join(f"<IMAGE_FILE>{image}</IMAGE_FILE>" for image in images),
            offsets=offsets and f"<BOA_ADD_OFFSET_VALUES_LIST>{offsets}</BOA_ADD_OFFSET_VALUES_LIST>",
            positions=" ".join(f"{latitude} {longitude}" for longitude, latitude in corners()),
        )

    def _tile_xml(self) -> str:
        return _TILE_XML.format(
            platform=self.platform, made=self.made, tile=self.tile, baseline=self.baseline, epsg=EPSG, left=LEFT,
            top=TOP, datastrip=f"{self.begun[:-2]}{int(self.begun[-2:]) + 6:02}",
            sun=_angles(35.0, 150.0), view=_angles(4.0, 285.0),
        )  # fmt: skip


def change(file: Path, pattern: str, replacement: str) -> None:
    """Replace every match in a text file; there must be one."""
    text, count = re.subn(pattern, replacement, file.read_text(), flags=re.DOTALL)
    assert count, f"{pattern} is not in {file.name}"
    file.write_text(text)


def corners() -> list[tuple[float, float]]:
    """Longitude and latitude of the closed outline of what the products show."""
    x = [LEFT, LEFT + SIDE_M, LEFT + SIDE_M, LEFT, LEFT]
    y = [TOP, TOP, TOP - SIDE_M, TOP - SIDE_M, TOP]
    return list(zip(*Transformer.from_crs(EPSG, 4326, always_xy=True).transform(x, y), strict=True))


def write_jp2(path: Path, value: int, size_m: int, dtype: type) -> None:
    """A lossless JPEG 2000 of one value on the products' ground."""
    side = SIDE_M // size_m
    profile = {
        "driver": "JP2OpenJPEG", "width": side, "height": side, "count": 1, "dtype": dtype, "crs": EPSG,
        "transform": rasterio.Affine(size_m, 0, LEFT, 0, -size_m, TOP), "quality": 100, "reversible": "YES",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(np.full((side, side), value, dtype), 1)


def _angles(zenith: float, azimuth: float) -> str:
    def grid(kind: str, degrees: float) -> str:
        row = f"<VALUES>{' '.join([str(degrees)] * 23)}</VALUES>"
        step = '<COL_STEP unit="m">5000</COL_STEP><ROW_STEP unit="m">5000</ROW_STEP>'
        return f"<{kind}>{step}<Values_List>{row * 23}</Values_List></{kind}>"

    return grid("Zenith", zenith) + grid("Azimuth", azimuth)
