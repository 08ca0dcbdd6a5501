"""ClickHouse in this process (chDB): a copy by plate and a copy by day and cell, and the distinct plates.

Within a day rows that are near in space are near on disk, so the least and greatest coordinates of each granule tell which
of them an area can be in.
"""

import shutil

import pyarrow
from chdb import session

from peer import COLUMNS, Answer, capped
from sql import (NEWEST_FIRST, common_plates, exactly, in_bounds_or_cells, in_cells, in_frame, like, of_vehicle)

TABLE = """
    CREATE TABLE {name} (
        id UInt64, scan_time Int64, plate String, state LowCardinality(Nullable(String)), lat_e7 Int32, lon_e7 Int32,
        camera UInt32, pool UInt8, make LowCardinality(Nullable(String)), model LowCardinality(Nullable(String)),
        colour LowCardinality(Nullable(String)), confidence UInt16, cell UInt64,
        INDEX lat lat_e7 TYPE minmax GRANULARITY 1, INDEX lon lon_e7 TYPE minmax GRANULARITY 1)
    ENGINE = MergeTree ORDER BY {order} SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 2048,
        min_compress_block_size = 4096, max_compress_block_size = 16384
"""
ROW = """
    SELECT id, toUnixTimestamp64Micro(scan_time) AS scan_time, plate, state, lat_e7, lon_e7, camera, pool, make, model, colour,
           confidence, cell FROM {source}
"""
PLATES = """
    CREATE TABLE {name} (plate String, state LowCardinality(Nullable(String))) ENGINE = ReplacingMergeTree ORDER BY plate
    SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
"""
BY_PLATE = "(plate, scan_time)"
BY_CELL = "(intDiv(scan_time, 86400000000), cell, scan_time)"
PLATES_LISTED_MAX = 20_000
# The same parameter set is asked several times: what matched last time must not be remembered.
SETTINGS = "SETTINGS use_query_condition_cache = 0, max_threads = 2"


class ClickHouse:
    name = "ClickHouse"
    is_durable = True

    def __init__(self, folder, rows, cap, newest):
        self.folder, self.cap, self.newest = folder / "clickhouse", cap, newest
        self.session = None

    def run(self, query):
        return self.session.query(query, "ArrowStream").bytes()

    def value(self, query):
        return pyarrow.ipc.open_stream(self.run(query)).read_all()[0][0].as_py()

    def load(self, parquet):
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.open()
        self.run("CREATE DATABASE bench")
        for name, order in (("by_plate", BY_PLATE), ("by_cell", BY_CELL)):
            self.run(TABLE.format(name=f"bench.{name}", order=order))
            self.run(f"INSERT INTO bench.{name} {ROW.format(source=f'file({str(parquet)!r}, Parquet)')}")
            self.run(f"OPTIMIZE TABLE bench.{name} FINAL")
        self.run(PLATES.format(name="bench.plates").replace("ReplacingMergeTree", "MergeTree"))
        self.run("INSERT INTO bench.plates SELECT DISTINCT plate, state FROM bench.by_plate")
        self.run("OPTIMIZE TABLE bench.plates FINAL")

    def open(self):
        self.session = self.session or session.Session(str(self.folder))

    def close(self):
        if self.session:
            self.session.close()

    def version(self):
        return self.value("SELECT version()")

    def bytes(self):
        return self.value("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'bench'")

    # --- questions ---

    def variants(self, question):
        kind = question["sets"][0]["kind"]
        if kind == "full-plate":
            return ["plate"]
        if kind == "partial-plate":
            return ["plate", "dictionary", "listed dictionary"]
        if kind == "common-plate" or question["wanted"] == "count":
            return ["bounds", "cell", "inner cells"]
        ways = ["bounds", "cell", "inner cells"]
        return ways + [f"{way}, counted first" for way in ways]

    def ask(self, variant, wanted, one):
        variant, _, counted_first = variant.partition(", ")
        exact = lambda area: exactly(area, in_polygon)
        area_condition = {
            "cell": lambda area: in_cells(area, exact(area)),
            "inner cells": lambda area: in_bounds_or_cells(area, in_polygon),
        }.get(variant, exact)
        frame = f"{in_frame(one)} AND {days(one)}"
        if one["kind"] == "common-plate":
            return capped(lambda limit: self.fetch(common_plates(
                one["areas"], "bench.by_cell", area_condition, frame, limit)), self.cap, self.newest)
        where = f"{in_frame(one)}{of_vehicle(one)}"
        if one["kind"] == "full-plate":
            source = f"FROM bench.by_plate WHERE plate = '{one['pattern']}' AND {where}"
        elif one["kind"] == "partial-plate":
            source = f"FROM bench.by_plate WHERE {self.plate_condition(variant, one)} AND {where}"
        else:
            source = f"FROM bench.by_cell WHERE {days(one)} AND {area_condition(one['areas'][0])} AND {where}"
        if wanted == "count":
            return Answer(self.value(f"SELECT count() {source} {SETTINGS}"))
        fetch = lambda limit: self.fetch(f"SELECT {', '.join(COLUMNS)} {source} {NEWEST_FIRST} LIMIT {limit}")
        if counted_first:
            count = self.value(f"SELECT count() FROM (SELECT 1 {source} LIMIT {self.cap}) {SETTINGS}")
            if count == self.cap:
                _, rows, ids = fetch(self.newest)
                return Answer(self.cap, rows, lambda: ids(rows))
        return capped(fetch, self.cap, self.newest)

    def plate_condition(self, variant, one):
        pattern = like(one["pattern"])
        if variant == "plate":
            return f"plate LIKE '{pattern}'"
        states = f" AND (state = '{one['state']}' OR state IS NULL)" if one["state"] else ""
        plates = f"SELECT DISTINCT plate FROM bench.plates WHERE plate LIKE '{pattern}'{states}"
        if variant == "listed dictionary":
            listed = pyarrow.ipc.open_stream(self.run(f"{plates} {SETTINGS}")).read_all()["plate"].to_pylist()
            if len(listed) <= PLATES_LISTED_MAX:
                return f"plate IN ({', '.join(repr(plate) for plate in listed) or 'NULL'})"
        return f"plate IN ({plates})"

    def fetch(self, query):
        """An Arrow stream in this process's memory, opened without a copy."""
        table = pyarrow.ipc.open_stream(self.run(f"{query} {SETTINGS}")).read_all()
        return table, table.num_rows, lambda count: table["id"].to_numpy()[:count]

    # --- ingest ---

    def ingest(self):
        """What is inserted into one copy goes into the other and into the plates before the insert returns."""
        self.run("DROP DATABASE IF EXISTS fed")
        self.run("CREATE DATABASE fed")
        self.run(TABLE.format(name="fed.by_plate", order=BY_PLATE))
        self.run(TABLE.format(name="fed.by_cell", order=BY_CELL))
        self.run(PLATES.format(name="fed.plates"))
        self.run("CREATE MATERIALIZED VIEW fed.to_cell TO fed.by_cell AS SELECT * FROM fed.by_plate")
        self.run("CREATE MATERIALIZED VIEW fed.to_plates TO fed.plates AS SELECT DISTINCT plate, state FROM fed.by_plate")
        return self.append

    def prepared(self, batch):
        table = pyarrow.Table.from_batches(batch.to_batches()) if isinstance(batch, pyarrow.Table) else batch
        at = table.schema.get_field_index("scan_time")
        return table.set_column(at, "scan_time", table["scan_time"].cast("int64"))

    def append(self, batch):
        self.session.query("INSERT INTO fed.by_plate SELECT * FROM Python(batch)")

    def end_ingest(self, rows):
        for name in ("by_plate", "by_cell"):
            assert self.value(f"SELECT count() FROM fed.{name}") == rows, "what was appended can be searched"
        self.run("DROP DATABASE fed")


def days(one):
    """The first column of the copy's order, said as it stands there."""
    day = 86_400_000_000
    return f"intDiv(scan_time, {day}) BETWEEN {one['from'] // day} AND {(one['to'] - 1) // day}"


def in_polygon(area):
    ring = ", ".join(f"({x}, {y})" for x, y in area["ring"])
    return f"pointInPolygon((lon_e7, lat_e7), [{ring}])"
