"""The metadata files of a SAFE product: MTD_MSIL2A.xml, MTD_DS.xml and manifest.safe."""

from collections.abc import Iterable, Mapping
from hashlib import sha3_256
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

from shapely import Polygon

from processing.sample.documents import document, element, moment, psd_document
from processing.sample.granule_xml import image_content
from processing.sample.names import Names
from processing.sample.quality import AOT_SCALE
from processing.sample.scene import Scene

BANDS = 13
MIME_TYPES = {".jp2": "application/octet-stream", ".xml": "text/xml"}


def product_xml(names: Names, outline: Polygon, images: Iterable[str], scene: Scene) -> bytes:
    """MTD_MSIL2A.xml: ``outline`` in longitude and latitude, ``images`` are paths without ending."""
    corners = " ".join(f"{latitude:.7f} {longitude:.7f}" for longitude, latitude in outline.exterior.coords)
    return psd_document(
        "Level-2A_User_Product",
        "User_Product_Level-2A.xsd",
        element("n1:General_Info", _product_info(names, images), _image_characteristics(names)),
        element(
            "n1:Geometric_Info",
            element(
                "Product_Footprint",
                element("Product_Footprint", element("Global_Footprint", element("EXT_POS_LIST", f"{corners} "))),
                element("RASTER_CS_TYPE", "POINT"),
                element("PIXEL_ORIGIN", 1),
            ),
            element(
                "Coordinate_Reference_System",
                element("GEO_TABLES", "EPSG", version=1),
                element("HORIZONTAL_CS_TYPE", "GEOGRAPHIC"),
            ),
        ),
        _quality(scene),
    )


def datastrip_xml(names: Names) -> bytes:
    """MTD_DS.xml, no more than which datastrip it is."""
    passing = names.passing
    return psd_document(
        "Level-2A_DataStrip_ID",
        "S2_PDI_Level-2A_Datastrip_Metadata.xsd",
        element(
            "n1:General_Info",
            _datatake(names),
            element(
                "Datastrip_Time_Info",
                element("DATASTRIP_SENSING_START", moment(names.sensed_at)),
                element("DATASTRIP_SENSING_STOP", moment(names.sensed_at)),
            ),
            element("Processing_Info", element("PROCESSING_BASELINE", passing.baseline)),
        ),
    )


def manifest(files: Mapping[str, bytes]) -> bytes:
    """manifest.safe: every other file of the product with its size and checksum, ``files`` by path."""
    objects = []
    for path in sorted(files):
        stream = element(
            "byteStream",
            element("fileLocation", href=f"./{path}", locatorType="URL"),
            element("checksum", sha3_256(files[path]).hexdigest(), checksumName="SHA3-256"),
            mimeType=MIME_TYPES[PurePosixPath(path).suffix],
            size=len(files[path]),
        )
        objects.append(element("dataObject", stream, ID=f"{PurePosixPath(path).stem}_Data"))
    return document(
        element(
            "xfdu:XFDU",
            element("dataObjectSection", *objects),
            version="esa/safe/sentinel/1.1/sentinel-2/msi/archive_l2a_user_product",
            **{"xmlns:xfdu": "urn:ccsds:schema:xfdu:1"},
        )
    )


def _product_info(names: Names, images: Iterable[str]) -> Element:
    started = moment(names.passing.datatake_start, digits=3)
    granule = element(
        "Granule",
        *(element("IMAGE_FILE", image) for image in images),
        datastripIdentifier=names.datastrip,
        granuleIdentifier=names.granule(),
        imageFormat="JPEG2000",
    )
    return element(
        "Product_Info",
        element("PRODUCT_START_TIME", started),
        element("PRODUCT_STOP_TIME", started),
        element("PRODUCT_URI", names.product),
        element("PROCESSING_LEVEL", "Level-2A"),
        element("PRODUCT_TYPE", "S2MSI2A"),
        element("PROCESSING_BASELINE", names.passing.baseline),
        element("GENERATION_TIME", moment(names.generated_at)),
        _datatake(names),
        element("Query_Options", element("PRODUCT_FORMAT", "SAFE_COMPACT"), completeSingleTile="true"),
        element("Product_Organisation", element("Granule_List", granule)),
    )


def _datatake(names: Names) -> Element:
    passing = names.passing
    return element(
        "Datatake",
        element("SPACECRAFT_NAME", f"Sentinel-2{passing.satellite}"),
        element("DATATAKE_TYPE", "INS-NOBS"),
        element("DATATAKE_SENSING_START", moment(passing.datatake_start, digits=3)),
        element("SENSING_ORBIT_NUMBER", passing.orbit),
        element("SENSING_ORBIT_DIRECTION", "DESCENDING"),
        datatakeIdentifier=names.datatake,
    )


def _image_characteristics(names: Names) -> Element:
    """How to read the numbers. Baselines before 04.00 have no list of offsets at all."""
    added = names.passing.dn_offset
    offsets = [element("BOA_ADD_OFFSET", -added, band_id=band) for band in range(BANDS)]
    return element(
        "Product_Image_Characteristics",
        _special_value("NODATA", 0),
        _special_value("SATURATED", 65535),
        element(
            "QUANTIFICATION_VALUES_LIST",
            element("BOA_QUANTIFICATION_VALUE", 10000, unit="none"),
            element("AOT_QUANTIFICATION_VALUE", f"{AOT_SCALE:.1f}", unit="none"),
        ),
        *([element("BOA_ADD_OFFSET_VALUES_LIST", *offsets)] if added else []),
    )


def _special_value(text: str, value: int) -> Element:
    return element("Special_Values", element("SPECIAL_VALUE_TEXT", text), element("SPECIAL_VALUE_INDEX", value))


def _quality(scene: Scene) -> Element:
    content = image_content(scene)
    cloudy = content.findtext("CLOUDY_PIXEL_PERCENTAGE", "")
    return element("n1:Quality_Indicators_Info", element("Cloud_Coverage_Assessment", cloudy), content)
