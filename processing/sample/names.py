"""What a granule, its parts and its product are called: ESA's rules for compact SAFE products, Earth Search's ids."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from processing.sample.passes import Pass

PROCESSED_AFTER = timedelta(hours=5, minutes=57)


@dataclass(frozen=True)
class Names:
    """The identifiers of one granule: a tile in a datatake."""

    passing: Pass
    tile: str

    @property
    def sensed_at(self) -> datetime:
        return self.passing.sensed_at(self.tile)

    @property
    def generated_at(self) -> datetime:
        return self.passing.datatake_start + PROCESSED_AFTER

    @property
    def satellite(self) -> str:
        return f"S2{self.passing.satellite}"

    @property
    def item(self) -> str:
        """Id of the STAC item and name of the granule's folder, as in Earth Search: ``S2A_33TWL_20240603_0_L2A``."""
        return f"{self.satellite}_{self.tile}_{self.passing.day:%Y%m%d}_0_L2A"

    @property
    def product(self) -> str:
        baseline = self.passing.baseline.replace(".", "")
        return (
            f"{self.satellite}_MSIL2A_{self._started}_N{baseline}_R{self.passing.orbit:03d}"
            f"_T{self.tile}_{self._generated}.SAFE"
        )

    @property
    def datatake(self) -> str:
        return f"G{self.satellite}_{self._started}_{self._orbit}_N{self.passing.baseline}"

    @property
    def datastrip(self) -> str:
        return f"{self.satellite}_OPER_MSI_L2A_DS_2APS_{self._generated}_S{self._sensed}_N{self.passing.baseline}"

    def granule(self, level: str = "L2A") -> str:
        return (
            f"{self.satellite}_OPER_MSI_{level}_TL_2APS_{self._generated}_A{self._orbit}"
            f"_T{self.tile}_N{self.passing.baseline}"
        )

    @property
    def granule_folder(self) -> str:
        """Path in the product."""
        return f"GRANULE/L2A_T{self.tile}_A{self._orbit}_{self._sensed}"

    @property
    def datastrip_folder(self) -> str:
        """Path in the product."""
        return f"DATASTRIP/DS_2APS_{self._generated}_S{self._sensed}"

    def image(self, layer: str, metres: int) -> str:
        """Path in the product, without ending: ``.../IMG_DATA/R10m/T33TWL_20240603T100031_B02_10m``."""
        return f"{self.granule_folder}/IMG_DATA/R{metres}m/T{self.tile}_{self._started}_{layer}_{metres}m"

    def mask(self, kind: str, metres: int) -> str:
        """Path in the product, without ending, of a probability mask: ``kind`` is CLDPRB or SNWPRB."""
        return f"{self.granule_folder}/QI_DATA/MSK_{kind}_{metres}m"

    @property
    def _started(self) -> str:
        return _compact(self.passing.datatake_start)

    @property
    def _sensed(self) -> str:
        return _compact(self.sensed_at)

    @property
    def _generated(self) -> str:
        return _compact(self.generated_at)

    @property
    def _orbit(self) -> str:
        return f"{self.passing.absolute_orbit:06d}"


def _compact(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S}"
