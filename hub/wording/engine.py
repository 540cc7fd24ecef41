"""What the engine may say, for translators. Written by ``manage.py engine_texts``: do not edit it."""

from django.utils.translation import gettext_noop as _

# fmt: off
# ruff: noqa: E501

SENTENCES = (
    # xgettext:no-python-format
    _("0: nothing, or less, was reflected"),
    # xgettext:no-python-format
    _("A whole tile: {0}."),
    # xgettext:no-python-format
    _("All its scene classes exist."),
    # xgettext:no-python-format
    _("GDAL reads {0} {1} x {2} pixels."),
    # xgettext:no-python-format
    _("Its classes and bands can be read."),
    # xgettext:no-python-format
    _("Its corner at {0}, {1} m is off the lattice of {2} m."),
    # xgettext:no-python-format
    _("Its pixels lie on the Sentinel-2 lattice."),
    # xgettext:no-python-format
    _("Missing, doubled or not ordered: {0}."),
    # xgettext:no-python-format
    _("Mosaic Hub {0}"),
    # xgettext:no-python-format
    _("No scene of this area and period can be read: {0}"),
    # xgettext:no-python-format
    _("Not a whole tile: {0}."),
    # xgettext:no-python-format
    _("Numbers from {0} to {1}; {2} to {3} can be."),
    # xgettext:no-python-format
    _("On {0} pixels {1} holds an observation and {2} holds none."),
    # xgettext:no-python-format
    _("Over {0} the median of {1} is {2}, that of {3} {4}."),
    # xgettext:no-python-format
    _("Place, size, type and no data are right{0}"),
    # xgettext:no-python-format
    _("Read back, it does not hold what was made"),
    # xgettext:no-python-format
    _("Read back, it holds what was made"),
    # xgettext:no-python-format
    _("Scene classes and {0} disagree on {1} % of the pixels on whether there is data."),
    # xgettext:no-python-format
    _("Stored numbers: {0}; {1} to {2} can be."),
    # xgettext:no-python-format
    _("Ten days"),
    # xgettext:no-python-format
    _("The archive at {0} stopped answering while scenes were read; try again later."),
    # xgettext:no-python-format
    _("The archive lacks {0}: {1}."),
    # xgettext:no-python-format
    _("The disk filled up while the product was written; make room and try again."),
    # xgettext:no-python-format
    _("The granule's metadata lie at {0}://, which only rasters are read from."),
    # xgettext:no-python-format
    _("The granule's metadata {0} cannot be read."),
    # xgettext:no-python-format
    _("The median reflectance is {0}."),
    # xgettext:no-python-format
    _("The overview of {0} x {1} pixels {2} numbers of the raster."),
    # xgettext:no-python-format
    _("The product failed its quality control and is not delivered: {0}"),
    # xgettext:no-python-format
    _("The product needs {0} MB on the disk while it is made, and only {1} MB are free; make room and try again."),
    # xgettext:no-python-format
    _("Wherever {0} holds an observation, {1} does."),
    # xgettext:no-python-format
    _("Without {0} snow is not tested by its bands: the scene class is taken at its word."),
    # xgettext:no-python-format
    _("a CRS that is not EPSG:{0}"),
    # xgettext:no-python-format
    _("a place that is not the product's"),
    # xgettext:no-python-format
    _("a size of {0} x {1} instead of {2} x {3}"),
    # xgettext:no-python-format
    _("below the medoid's threshold the newest valid observation is taken"),
    # xgettext:no-python-format
    _("below the medoid's threshold the observation with the greatest NDVI is taken"),
    # xgettext:no-python-format
    _("brighter than reflectance 1.6"),
    # xgettext:no-python-format
    _("crosses itself{0}; draw it so that its edges do not cross"),
    # xgettext:no-python-format
    _("does not hold only"),
    # xgettext:no-python-format
    _("ends before Sentinel-2's launch on {0}"),
    # xgettext:no-python-format
    _("has no coordinates"),
    # xgettext:no-python-format
    _("has no scene in the archive for {0}"),
    # xgettext:no-python-format
    _("has no scene in the archive from half a year before to half a year after {0}"),
    # xgettext:no-python-format
    _("has no scene of this area; the nearest one in the archive is of {0}"),
    # xgettext:no-python-format
    _("has unknown keys: {0}"),
    # xgettext:no-python-format
    _("has {0} corners, more than {1}; simplify it"),
    # xgettext:no-python-format
    _("holds a point that is not a pair of numbers (longitude, latitude)"),
    # xgettext:no-python-format
    _("holds a polygon without a ring"),
    # xgettext:no-python-format
    _("holds a ring of fewer than four points; the last point repeats the first"),
    # xgettext:no-python-format
    _("holds only"),
    # xgettext:no-python-format
    _("is a {0}; give a GeoJSON Polygon or MultiPolygon"),
    # xgettext:no-python-format
    _("is empty; draw an area with some extent"),
    # xgettext:no-python-format
    _("is longer than {0} characters"),
    # xgettext:no-python-format
    _("is missing"),
    # xgettext:no-python-format
    _("is not a key of an order; its keys are {0}"),
    # xgettext:no-python-format
    _("is not a valid area ({0}{1}); draw it again"),
    # xgettext:no-python-format
    _("is not closed: its last point must equal its first"),
    # xgettext:no-python-format
    _("it covers other ground than the scene classes"),
    # xgettext:no-python-format
    _("it has none"),
    # xgettext:no-python-format
    _("it is damaged or cut short"),
    # xgettext:no-python-format
    _("it is missing"),
    # xgettext:no-python-format
    _("its CRS is not a UTM zone"),
    # xgettext:no-python-format
    _("its data type is {0}, not {1}"),
    # xgettext:no-python-format
    _("its pixels are not square and north up"),
    # xgettext:no-python-format
    _("lies in the future: {0} begins on {1}"),
    # xgettext:no-python-format
    _("lies outside the archive, which covers {0} to {1} degrees east and {2} to {3} degrees north"),
    # xgettext:no-python-format
    _("must be a JSON object"),
    # xgettext:no-python-format
    _("must be a date as YYYY-MM-DD"),
    # xgettext:no-python-format
    _("must be a list of names"),
    # xgettext:no-python-format
    _("must be a whole number"),
    # xgettext:no-python-format
    _("must be text"),
    # xgettext:no-python-format
    _("must begin with a letter or digit and hold only letters, digits, blanks, - and _"),
    # xgettext:no-python-format
    _("names {0} twice"),
    # xgettext:no-python-format
    _("names {0}, more than any method has"),
    # xgettext:no-python-format
    _("names {0}, more than there are"),
    # xgettext:no-python-format
    _("opening scenes"),
    # xgettext:no-python-format
    _("orders nothing; choose at least one band or layer"),
    # xgettext:no-python-format
    _("reaches latitude {0}; mosaics are made between {1} and {2} degrees"),
    # xgettext:no-python-format
    _("reaches longitude {0}; longitudes run from -180 to 180 degrees"),
    # xgettext:no-python-format
    _("resolve host"),
    # xgettext:no-python-format
    _("the cloud probability counts as 0 everywhere"),
    # xgettext:no-python-format
    _("the medoid compares {0} only"),
    # xgettext:no-python-format
    _("the same"),
    # xgettext:no-python-format
    _("the scale {0} instead of {1}"),
    # xgettext:no-python-format
    _("the type {0} instead of {1}"),
    # xgettext:no-python-format
    _("thing without a type"),
    # xgettext:no-python-format
    _("timed out"),
    # xgettext:no-python-format
    _("{0} % of its scene classes do not exist."),
    # xgettext:no-python-format
    _("{0} MB of memory are too little for this order; allow more, or order a shorter period."),
    # xgettext:no-python-format
    _("{0} and {1} agree on every pixel."),
    # xgettext:no-python-format
    _("{0} and {1} disagree on {2} pixels on whether there is an observation."),
    # xgettext:no-python-format
    _("{0} as no data instead of {1}"),
    # xgettext:no-python-format
    _("{0} cannot be read back: {1} is damaged."),
    # xgettext:no-python-format
    _("{0} has {1} bytes."),
    # xgettext:no-python-format
    _("{0} is not a {1} that can be ordered; choose from {2}"),
    # xgettext:no-python-format
    _("{0} is not an option of the method {1}; {2}"),
    # xgettext:no-python-format
    _("{0} is not in {1} of {2} scenes: no data where one of these was chosen."),
    # xgettext:no-python-format
    _("{0} is not the first day of its {1}; that period starts on {2}"),
    # xgettext:no-python-format
    _("{0} layers were ordered and are there."),
    # xgettext:no-python-format
    _("{0} must be from {1} to {2}, not {3}"),
    # xgettext:no-python-format
    _("{0} of its pixels are {1}."),
    # xgettext:no-python-format
    _("{0} of the chosen observations have no number in this band."),
    # xgettext:no-python-format
    _("{0} of the pixels hold data; by the scene classes {1} were to be expected."),
    # xgettext:no-python-format
    _("{0} x {1} km in classes of {2} m"),
    # xgettext:no-python-format
    _("{0}: not in the archive for this area and period; it has {1}"),
    # xgettext:no-python-format
    _("{0}: scene classes and {1} disagree on {2} of the pixels"),
    # xgettext:no-python-format
    _("{0}: the archive lacks what is needed for this area and period; leave it out"),
    # xgettext:no-python-format
    _("{0}: {1} Its swath edge is not cut."),
    # xgettext:no-python-format
    _("{0}: {1} cannot be read ({2})"),
    # xgettext:no-python-format
    _("{0}: {1} of its scene classes do not exist"),
    # xgettext:no-python-format
    _("{0}: {1} pixels with data."),
    # xgettext:no-python-format
    _("{0}; it was left out."),
)

TITLES = (
    # xgettext:no-python-format
    _("Aerosol optical thickness"),
    # xgettext:no-python-format
    _("Bare soil, not vegetated"),
    # xgettext:no-python-format
    _("Blue"),
    # xgettext:no-python-format
    _("Cloud Optimized GeoTIFF, one file per layer; opens in every GIS."),
    # xgettext:no-python-format
    _("Cloud confidence"),
    # xgettext:no-python-format
    _("Cloud shadow"),
    # xgettext:no-python-format
    _("Cloud, high probability"),
    # xgettext:no-python-format
    _("Cloud, medium probability"),
    # xgettext:no-python-format
    _("Coastal aerosol"),
    # xgettext:no-python-format
    _("Dark feature or terrain shadow"),
    # xgettext:no-python-format
    _("Dark features are left out too: fewer shadows, but holes in cities and shallow water."),
    # xgettext:no-python-format
    _("Dark features, vegetation, bare soil, water, and snow that is bright and snow-coloured."),
    # xgettext:no-python-format
    _("Day of the chosen observation, counted from the period's first day, which is 0."),
    # xgettext:no-python-format
    _("Days from the period's first day"),
    # xgettext:no-python-format
    _("GeoTIFF"),
    # xgettext:no-python-format
    _("Green"),
    # xgettext:no-python-format
    _("How far the medoid lies from the observations on average; no data where no medoid was taken."),
    # xgettext:no-python-format
    _("How it was decided"),
    # xgettext:no-python-format
    _("How it was made"),
    # xgettext:no-python-format
    _("How many observations did not count: for cloud, shadow, snow, swath edge, missing data; five rasters."),
    # xgettext:no-python-format
    _("How many valid observations the period had at this pixel."),
    # xgettext:no-python-format
    _("JPEG 2000"),
    # xgettext:no-python-format
    _("Latest"),
    # xgettext:no-python-format
    _("Lossless JPEG 2000, one file per layer, its no data in an .aux.xml beside it; small, but slow to open."),
    # xgettext:no-python-format
    _("Medoid"),
    # xgettext:no-python-format
    _("Medoid from"),
    # xgettext:no-python-format
    _("Medoid spread"),
    # xgettext:no-python-format
    _("Medoid: mean distance to the observations"),
    # xgettext:no-python-format
    _("Near infrared"),
    # xgettext:no-python-format
    _("Near infrared, narrow"),
    # xgettext:no-python-format
    _("NetCDF"),
    # xgettext:no-python-format
    _("No data"),
    # xgettext:no-python-format
    _("No observation"),
    # xgettext:no-python-format
    _("Observation date"),
    # xgettext:no-python-format
    _("Observations rejected at the swath's edge"),
    # xgettext:no-python-format
    _("Observations rejected for cloud"),
    # xgettext:no-python-format
    _("Observations rejected for cloud shadow"),
    # xgettext:no-python-format
    _("Observations rejected for snow that is none by its bands"),
    # xgettext:no-python-format
    _("Observations rejected without data"),
    # xgettext:no-python-format
    _("One NetCDF-4 file with all layers by the CF Conventions; periods open together as one time series."),
    # xgettext:no-python-format
    _("One valid observation: that one. Two or three: the short-term decision tree. Four or more: the medoid, the observation nearest to all others."),
    # xgettext:no-python-format
    _("Quality"),
    # xgettext:no-python-format
    _("Red"),
    # xgettext:no-python-format
    _("Red edge 1"),
    # xgettext:no-python-format
    _("Red edge 2"),
    # xgettext:no-python-format
    _("Red edge 3"),
    # xgettext:no-python-format
    _("Rejected observations"),
    # xgettext:no-python-format
    _("S2GM"),
    # xgettext:no-python-format
    _("S2GM 1.0"),
    # xgettext:no-python-format
    _("S2GM's first version: two or three valid observations are compared pair by pair, by scene class, cloud probability and brightness; four or more give the medoid. Snow is taken at its class's word."),
    # xgettext:no-python-format
    _("Saturated or defective"),
    # xgettext:no-python-format
    _("Scene classes as S2GM"),
    # xgettext:no-python-format
    _("Scene classes, cities kept"),
    # xgettext:no-python-format
    _("Scene classes, snow untested"),
    # xgettext:no-python-format
    _("Scene classes, strict"),
    # xgettext:no-python-format
    _("Scene classification"),
    # xgettext:no-python-format
    _("Sen2Cor's aerosol optical thickness of the chosen observation."),
    # xgettext:no-python-format
    _("Sen2Cor's class (0-11) of the chosen observation."),
    # xgettext:no-python-format
    _("Sen2Cor's cloud probability of the chosen observation, in percent."),
    # xgettext:no-python-format
    _("Sen2Cor's snow probability of the chosen observation, in percent."),
    # xgettext:no-python-format
    _("Short-term decision tree"),
    # xgettext:no-python-format
    _("Shortwave infrared 1"),
    # xgettext:no-python-format
    _("Shortwave infrared 2"),
    # xgettext:no-python-format
    _("Snow confidence"),
    # xgettext:no-python-format
    _("Snow or ice"),
    # xgettext:no-python-format
    _("Source index"),
    # xgettext:no-python-format
    _("Sun and view"),
    # xgettext:no-python-format
    _("Sun azimuth angle"),
    # xgettext:no-python-format
    _("Sun zenith angle"),
    # xgettext:no-python-format
    _("Taken without comparison"),
    # xgettext:no-python-format
    _("The classes of S2GM; snow is taken at its class's word, as before March 2019."),
    # xgettext:no-python-format
    _("The newest valid observation of the period, whatever the others say."),
    # xgettext:no-python-format
    _("The observation nearest to all others, whenever there are two or more; of two the newest."),
    # xgettext:no-python-format
    _("Thin cirrus"),
    # xgettext:no-python-format
    _("Unclassified pixels count too: cities are whole, at the price of some haze in old processing baselines."),
    # xgettext:no-python-format
    _("Unclassified, low cloud probability"),
    # xgettext:no-python-format
    _("Valid observations"),
    # xgettext:no-python-format
    _("Valid observations from which on the medoid decides; with fewer the short-term tree does."),
    # xgettext:no-python-format
    _("Validation"),
    # xgettext:no-python-format
    _("Vegetation"),
    # xgettext:no-python-format
    _("View azimuth angle"),
    # xgettext:no-python-format
    _("View azimuth angle, mean over bands"),
    # xgettext:no-python-format
    _("View zenith angle"),
    # xgettext:no-python-format
    _("View zenith angle, mean over bands"),
    # xgettext:no-python-format
    _("Water"),
    # xgettext:no-python-format
    _("What decided: one observation only, the short-term tree, or the medoid."),
    # xgettext:no-python-format
    _("Where the satellite stood: degrees clockwise from north; beyond 327.67 less 360."),
    # xgettext:no-python-format
    _("Where the satellite stood: degrees from the vertical."),
    # xgettext:no-python-format
    _("Where the sun stood: degrees clockwise from north; beyond 327.67 less 360."),
    # xgettext:no-python-format
    _("Where the sun stood: degrees from the vertical."),
    # xgettext:no-python-format
    _("Which scene the pixel comes from: the key into Source_product_list of the product's JSON."),
    # xgettext:no-python-format
    _("checking"),
    # xgettext:no-python-format
    _("compositing"),
    # xgettext:no-python-format
    _("describing"),
    # xgettext:no-python-format
    _("finished"),
    # xgettext:no-python-format
    _("searching"),
    # xgettext:no-python-format
    _("writing"),
)
# fmt: on
