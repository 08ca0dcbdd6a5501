"""Lance: one data set in the order of day and cell with scalar indexes, and the distinct plates in this process's memory."""

import shutil

import duckdb
import lance
import numpy
import pyarrow
import pyarrow.compute
from lance.dataset import ColumnOrdering

from peer import COLUMNS, Answer, capped
from sql import exactly, in_bounds_or_cells, in_cells, in_frame, like, of_vehicle

ROW = """
    SELECT id, epoch_us(scan_time) AS scan_time, plate, state, lat_e7, lon_e7, camera, pool, make, model, colour, confidence,
           cell::BIGINT AS cell FROM '{parquet}' ORDER BY epoch_us(scan_time) // 86400000000, cell, scan_time
"""
INDEXES = [("plate", "BTREE"), ("cell", "BTREE"), ("scan_time", "ZONEMAP"), ("lat_e7", "ZONEMAP"), ("lon_e7", "ZONEMAP")]
PLATES_LISTED_MAX = 20_000
NEWEST_FIRST = [("scan_time", "descending"), ("id", "descending")]


class LanceDataset:
    name = "Lance"
    # No call makes what was appended durable; it is in the page cache when `write_dataset` returns.
    is_durable = False

    def __init__(self, folder, rows, cap, newest):
        self.folder, self.cap, self.newest = folder / "lance", cap, newest
        self.fed = folder / "lance-fed"
        self.dataset = None

    def load(self, parquet):
        if self.folder.exists():
            shutil.rmtree(self.folder)
        connection = duckdb.connect()
        connection.execute("SET threads = 2; SET memory_limit = '8GB'")
        rows = connection.sql(ROW.format(parquet=parquet)).to_arrow_reader(100_000)
        lance.write_dataset(rows, str(self.folder), schema=rows.schema, max_rows_per_file=25_000_000)
        dataset = lance.dataset(str(self.folder))
        for column, kind in INDEXES:
            dataset.create_scalar_index(column, kind)

    def open(self):
        self.dataset = lance.dataset(str(self.folder))
        plates = self.dataset.to_table(columns=["plate", "state"])
        plates = plates.group_by(["plate", "state"]).aggregate([])
        self.plates = plates.combine_chunks()

    def close(self):
        pass

    def version(self):
        return lance.__version__

    def bytes(self):
        """The data set with its indexes, and the plates that are held in memory."""
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file()) + self.plates.nbytes

    # --- questions ---

    def variants(self, question):
        kind = question["sets"][0]["kind"]
        if kind == "full-plate":
            return ["plate"]
        if kind == "partial-plate":
            return ["plate", "dictionary"]
        ways = ["bounds", "cell", "inner cells"]
        if question["wanted"] == "count":
            return ways
        if kind == "common-plate":
            return ways
        return [f"{way}, {how}" for way in ways for how in ("whole rows", "rows afterwards", "sorted inside")]

    def ask(self, variant, wanted, one):
        way, _, how = variant.partition(", ")
        area_condition = {
            "cell": lambda area: in_cells(area, exactly(area)), "inner cells": in_bounds_or_cells,
        }.get(way, exactly)
        if one["kind"] == "common-plate":
            return capped(lambda limit: self.common_plates(one, area_condition, limit), self.cap, self.newest)
        where = f"{in_frame(one)}{of_vehicle(one)}"
        if one["kind"] == "full-plate":
            where = f"plate = '{one['pattern']}' AND {where}"
        elif one["kind"] == "partial-plate":
            condition = self.plate_condition(way, one)
            if condition is None:
                return Answer(0, 0, lambda: [])
            where = f"{condition} AND {where}"
        else:
            where = f"{area_condition(one['areas'][0])} AND {where}"
        if wanted == "count":
            return Answer(self.dataset.count_rows(filter=where))
        return capped(lambda limit: self.fetch(how, where, limit), self.cap, self.newest)

    def plate_condition(self, way, one):
        if way == "plate":
            return f"plate LIKE '{like(one['pattern'])}'"
        plates = self.plates
        chosen = pyarrow.compute.match_like(plates["plate"], like(one["pattern"]))
        if one["state"]:
            states = pyarrow.compute.fill_null(pyarrow.compute.equal(plates["state"], one["state"]), True)
            chosen = pyarrow.compute.and_(chosen, states)
        listed = sorted(set(plates["plate"].filter(chosen).to_pylist()))
        if len(listed) > PLATES_LISTED_MAX:
            return f"plate LIKE '{like(one['pattern'])}'"
        return f"plate IN ({', '.join(repr(plate) for plate in listed)})" if listed else None

    def fetch(self, how, where, limit):
        """An Arrow table in this process's memory, newest first."""
        if how == "sorted inside":
            order = [ColumnOrdering(name, ascending=False, nulls_first=False) for name, _ in NEWEST_FIRST]
            table = self.dataset.scanner(columns=COLUMNS, filter=where, order_by=order, limit=limit).to_table()
        elif how == "rows afterwards":
            found = self.dataset.scanner(columns=["scan_time", "id"], filter=where, with_row_id=True).to_table()
            found = newest(found, limit)
            table = self.dataset._take_rows(found["_rowid"].to_pylist(), columns=COLUMNS)
        else:
            table = newest(self.dataset.scanner(columns=COLUMNS, filter=where).to_table(), limit)
        return table, table.num_rows, lambda count: table["id"].to_numpy()[:count]

    def common_plates(self, one, area_condition, limit):
        """A scan for each area, put together here."""
        seen = []
        for area in one["areas"]:
            seen.append(self.dataset.scanner(columns=COLUMNS, filter=f"{in_frame(one)} AND {area_condition(area)}").to_table())
        places = numpy.repeat(numpy.arange(len(seen)), [table.num_rows for table in seen])
        table = pyarrow.concat_tables(seen)
        states = pyarrow.compute.fill_null(table["state"], "")
        keys = pyarrow.compute.binary_join_element_wise(table["plate"], states, "/")
        of_key = pyarrow.table({"key": keys, "place": places}).group_by("key").aggregate([("place", "count_distinct")])
        winners = of_key["key"].filter(pyarrow.compute.greater_equal(of_key["place_count_distinct"], 2))
        table = table.filter(pyarrow.compute.is_in(keys, winners.combine_chunks()))
        _, first = numpy.unique(table["id"].to_numpy(), return_index=True)
        table = newest(table.take(first), limit)
        return table, table.num_rows, lambda count: table["id"].to_numpy()[:count]

    # --- ingest ---

    def ingest(self):
        if self.fed.exists():
            shutil.rmtree(self.fed)
        return self.append

    def prepared(self, batch):
        return batch

    def append(self, batch):
        """Searchable, but by scanning: new rows are in no index until it is made anew."""
        lance.write_dataset(batch, str(self.fed), mode="append" if self.fed.exists() else "create")

    def end_ingest(self, rows):
        assert lance.dataset(str(self.fed)).count_rows() == rows, "what was appended can be searched"
        shutil.rmtree(self.fed)


def newest(table, limit):
    if table.num_rows <= limit:
        return table.take(pyarrow.compute.sort_indices(table, NEWEST_FIRST))
    return table.take(pyarrow.compute.select_k_unstable(table, limit, NEWEST_FIRST))
