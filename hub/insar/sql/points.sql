-- Points and cells, one partition per layer: a layer is loaded, indexed and dropped by itself.
-- hub/insar/models/releases.py says what the columns mean; hub/insar/partitions.py makes the partitions.

CREATE TABLE insar_measurementpoint (
    layer_id integer NOT NULL,
    part_id integer NOT NULL,
    "row" integer NOT NULL,
    cluster_label integer,
    mp_type integer,
    line integer,
    pixel integer,
    height real,
    height_wgs84 real,
    rmse real,
    temporal_coherence real,
    amplitude_dispersion real,
    incidence_angle real,
    track_angle real,
    los_east real,
    los_north real,
    los_up real,
    mean_velocity real,
    mean_velocity_std real,
    acceleration real,
    acceleration_std real,
    seasonality real,
    seasonality_std real,
    easting double precision,
    northing double precision,
    geom geometry(Point, 3857) NOT NULL,
    pid text NOT NULL
) PARTITION BY LIST (layer_id);

CREATE TABLE insar_cell (
    layer_id integer NOT NULL,
    size_m smallint NOT NULL,
    shown boolean NOT NULL,
    "column" integer NOT NULL,
    "row" integer NOT NULL,
    count integer NOT NULL,
    mean real NOT NULL,
    spread real NOT NULL,
    median real NOT NULL,
    p05 real NOT NULL,
    p95 real NOT NULL,
    low real NOT NULL,
    high real NOT NULL,
    coherence real,
    std real,
    geom geometry(Polygon, 3857) NOT NULL
) PARTITION BY LIST (layer_id);
