"""DuckDB: two sorted copies, by plate and by day and cell, and the distinct plates.

Row groups are small, so that their zone maps leave most of them out: areas over 90 days take a third of the time, for a
tenth more bytes.
"""

import duckdb

from peer import COLUMNS, Answer, capped
from sql import (NEWEST_FIRST, common_plates, exactly, in_bounds_or_cells, in_frame, like, of_vehicle)

ROW = """
    SELECT id, epoch_us(scan_time) AS scan_time, plate, state, lat_e7, lon_e7, camera, pool, make, model, colour, confidence,
           cell::BIGINT AS cell FROM {source}
"""
PLATES_LISTED_MAX = 20_000
ROW_GROUP = 8_192


class Duck:
    name = "DuckDB"
    is_durable = True

    def __init__(self, folder, rows, cap, newest):
        self.file, self.cap, self.newest = folder / "duckdb.db", cap, newest
        self.fed = folder / "duckdb-fed.db"
        self.connection = None

    def connect(self, file):
        connection = duckdb.connect()
        connection.execute("SET threads = 2; SET memory_limit = '8GB'")
        connection.execute(f"ATTACH '{file}' AS bench (ROW_GROUP_SIZE {ROW_GROUP}); USE bench")
        return connection

    def load(self, parquet):
        self.file.unlink(missing_ok=True)
        self.connection = self.connect(self.file)
        row = ROW.format(source=f"'{parquet}'")
        self.connection.execute(
            f"CREATE TABLE by_cell AS SELECT * FROM ({row}) ORDER BY scan_time // 86400000000, cell, scan_time")
        self.connection.execute(f"CREATE TABLE by_plate AS SELECT * FROM ({row}) ORDER BY plate, scan_time")
        self.connection.execute("CREATE TABLE plates AS SELECT DISTINCT plate, state FROM by_plate ORDER BY plate")
        self.connection.execute("CHECKPOINT")

    def open(self):
        self.connection = self.connection or self.connect(self.file)

    def close(self):
        if self.connection:
            self.connection.close()

    def version(self):
        return duckdb.__version__

    def bytes(self):
        return self.file.stat().st_size

    # --- questions ---

    def variants(self, question):
        kind = question["sets"][0]["kind"]
        if kind == "full-plate":
            return ["plate"]
        if kind == "partial-plate":
            return ["plate", "dictionary", "listed dictionary"]
        if kind == "common-plate" or question["wanted"] == "count":
            return ["bounds", "cell"]
        return ["bounds", "cell", "bounds, counted first", "cell, counted first"]

    def ask(self, variant, wanted, one):
        variant, _, counted_first = variant.partition(", ")
        area_condition = exactly if variant == "bounds" else in_bounds_or_cells
        if one["kind"] == "common-plate":
            return capped(lambda limit: self.fetch(common_plates(
                one["areas"], "by_cell", area_condition, in_frame(one), limit)), self.cap, self.newest)
        where = f"{in_frame(one)}{of_vehicle(one)}"
        if one["kind"] == "full-plate":
            source = f"FROM by_plate WHERE plate = '{one['pattern']}' AND {where}"
        elif one["kind"] == "partial-plate":
            source = f"FROM by_plate WHERE {self.plate_condition(variant, one)} AND {where}"
        else:
            source = f"FROM by_cell WHERE {area_condition(one['areas'][0])} AND {where}"
        if wanted == "count":
            return Answer(self.connection.execute(f"SELECT count(*) {source}").fetchall()[0][0])
        fetch = lambda limit: self.fetch(f"SELECT {', '.join(COLUMNS)} {source} {NEWEST_FIRST} LIMIT {limit}")
        if counted_first:
            count = self.connection.execute(f"SELECT count(*) FROM (SELECT 1 {source} LIMIT {self.cap})").fetchall()[0][0]
            if count == self.cap:
                _, rows, ids = fetch(self.newest)
                return Answer(self.cap, rows, lambda: ids(rows))
        return capped(fetch, self.cap, self.newest)

    def plate_condition(self, variant, one):
        pattern = like(one["pattern"])
        if variant == "plate":
            return f"plate LIKE '{pattern}'"
        states = f" AND (state = '{one['state']}' OR state IS NULL)" if one["state"] else ""
        plates = f"SELECT DISTINCT plate FROM plates WHERE plate LIKE '{pattern}'{states}"
        if variant == "listed dictionary":
            listed = self.connection.execute(plates).fetchall()
            if len(listed) <= PLATES_LISTED_MAX:
                return f"plate IN ({', '.join(repr(plate) for (plate,) in listed) or 'NULL'})"
        return f"plate IN ({plates})"

    def fetch(self, query):
        """An Arrow table in this process's memory."""
        table = self.connection.sql(query).to_arrow_table()
        return table, table.num_rows, lambda count: table["id"].to_numpy()[:count]

    # --- ingest ---

    def ingest(self):
        self.remove_fed()
        self.feed = self.connect(self.fed)
        form = self.connection.execute("SELECT sql FROM duckdb_tables() WHERE table_name IN ('by_cell', 'by_plate', 'plates')")
        for (create,) in form.fetchall():
            self.feed.execute(create)
        return self.append

    def remove_fed(self):
        for file in self.fed.parent.glob(self.fed.name + "*"):
            file.unlink()

    def prepared(self, batch):
        return batch

    def append(self, batch):
        """One transaction; its commit writes and syncs the write-ahead log."""
        self.feed.register("batch", batch)
        self.feed.execute("BEGIN")
        self.feed.execute(f"INSERT INTO by_cell {ROW.format(source='batch')}")
        self.feed.execute(f"INSERT INTO by_plate {ROW.format(source='batch')}")
        self.feed.execute("INSERT INTO plates SELECT DISTINCT plate, state FROM batch EXCEPT SELECT plate, state FROM plates")
        self.feed.execute("COMMIT")

    def end_ingest(self, rows):
        stored = self.feed.execute("SELECT count(*) FROM by_plate").fetchall()[0][0]
        assert stored == rows, "what was appended can be searched"
        self.feed.close()
        self.remove_fed()
