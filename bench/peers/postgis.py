"""PostgreSQL with PostGIS: one table in the order of day and cell, and the index that fits each kind of question.

A plate by btree (plate, time); parts of one by a table of distinct plates with a trigram index and a btree of them read
backwards; an area by GiST (point, time) or btree (cell, time); the newest of a broad question by btree (time, id).
"""

import os
import pathlib
import pwd
import shutil
import struct
import subprocess
import tempfile

import duckdb
import numpy
import psycopg

from peer import COLUMNS, Answer, capped
from sql import (cell_ranges, columns, common_plates, exactly, in_frame, like, of_vehicle, NEWEST_FIRST)

MEMORY = {
    # A quarter of the memory of the machine that the figures are for.
    "shared_buffers": "6GB", "effective_cache_size": "16GB", "work_mem": "256MB", "maintenance_work_mem": "2GB",
    "max_wal_size": "16GB", "checkpoint_timeout": "30min", "wal_compression": "lz4", "random_page_cost": "1.1",
    # Starting a worker costs more than most of these questions take; measured slower for nearly all.
    "max_parallel_workers_per_gather": "0", "jit": "off", "max_connections": "10", "listen_addresses": "",
}

TABLE = """
    CREATE TABLE {reads} (
        id bigint NOT NULL, scan_time bigint NOT NULL, plate text NOT NULL, state text, lat_e7 int NOT NULL, lon_e7 int NOT NULL,
        camera int NOT NULL, pool smallint NOT NULL, make text, model text, colour text, confidence smallint, cell bigint NOT NULL,
        geom geometry(Point) GENERATED ALWAYS AS (ST_MakePoint(lon_e7, lat_e7)) STORED);
    CREATE TABLE {plates} (plate text NOT NULL, state text NOT NULL);
"""
INDEXES = [
    "CREATE INDEX ON {reads} (plate, scan_time)",
    "CREATE INDEX ON {reads} (cell, scan_time)",
    "CREATE INDEX ON {reads} (scan_time, id)",
    "CREATE INDEX ON {reads} USING gist (geom, scan_time)",
    "CREATE UNIQUE INDEX ON {plates} (plate, state)",
    "CREATE INDEX ON {plates} USING gin (plate gin_trgm_ops)",
    "CREATE INDEX ON {plates} (reverse(plate))",
]
LOADED = {"reads": "reads", "plates": "plates"}
FED = {"reads": "fed_reads", "plates": "fed_plates"}


class PostGis:
    name = "PostgreSQL + PostGIS"
    is_durable = True

    def __init__(self, folder, rows, cap, newest):
        self.data, self.cap, self.newest = folder / "postgres", cap, newest
        self.bin = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.socket, self.connection = None, None

    # --- the cluster: a folder of the benchmark's own, on a private socket ---

    def run(self, *command):
        """The server refuses to run as root."""
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*prefix, *map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self):
        if self.connection:
            return
        self.socket = tempfile.mkdtemp(prefix="sightline-bench-")
        owner = pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            owner = "postgres"
            shutil.chown(self.socket, owner)
        settings = " ".join(f"-c {name}={value!r}" for name, value in MEMORY.items())
        self.run(self.bin / "pg_ctl", "-D", self.data, "-w", "-l", self.data / "log", "-o",
                 f"{settings} -c unix_socket_directories={self.socket}", "start")
        self.connection = psycopg.connect(host=self.socket, user=owner, dbname="postgres", autocommit=True)

    def close(self):
        if self.connection:
            self.connection.close()
        if self.socket:
            self.run(self.bin / "pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
            shutil.rmtree(self.socket)

    def load(self, parquet):
        if self.data.exists():
            shutil.rmtree(self.data)
        self.data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.data, "postgres")
        self.run(self.bin / "initdb", "-D", self.data, "--auth=trust", "--encoding=UTF8", "--no-locale")
        self.start()
        sorted_rows = parquet.with_suffix(".csv")
        duckdb.sql(f"""
            COPY (SELECT id, epoch_us(scan_time), * EXCLUDE (id, scan_time) FROM '{parquet}'
                  ORDER BY epoch_us(scan_time) // 86400000000, cell, scan_time)
            TO '{sorted_rows}' (HEADER false)""")
        run = self.connection.execute
        run("CREATE EXTENSION postgis; CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm")
        run(TABLE.format(**LOADED))
        run(f"COPY reads ({', '.join(COLUMNS)}, cell) FROM '{sorted_rows}' (FORMAT csv)")
        sorted_rows.unlink()
        run("INSERT INTO plates SELECT DISTINCT plate, coalesce(state, '') FROM reads ORDER BY 1, 2")
        for index in INDEXES:
            run(index.format(**LOADED))
        run("VACUUM (ANALYZE) reads")
        run("VACUUM (ANALYZE) plates")
        run("CHECKPOINT")

    def open(self):
        self.start()
        # Into the page cache and the server's own memory, as far as they reach.
        self.connection.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        for (name,) in self.connection.execute(
                "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                "AND relkind IN ('r', 'i') AND relname ~ '^(reads|plates)'").fetchall():
            self.connection.execute("SELECT pg_prewarm(%s)", [name])

    def version(self):
        return self.connection.execute("SELECT current_setting('server_version') || ', ' || postgis_lib_version()").fetchone()[0]

    def bytes(self):
        return self.connection.execute(
            "SELECT pg_total_relation_size('reads') + pg_total_relation_size('plates')").fetchone()[0]

    # --- questions ---

    def variants(self, question):
        kind = question["sets"][0]["kind"]
        if kind == "full-plate":
            return ["plate"]
        if kind == "partial-plate":
            ends = question["sets"][0]["pattern"]
            return ["dictionary"] + (["dictionary backwards"] if ends[0] == "*" and ends[-1] not in "*?" else [])
        if kind == "common-plate" or question["wanted"] == "count":
            return ["gist", "cell"]
        return ["gist", "cell", "cell, counted first", "time", "time, counted first"]

    def ask(self, variant, wanted, one):
        variant, _, counted_first = variant.partition(", ")
        if one["kind"] == "common-plate":
            query = lambda what, tail: common_plates(
                one["areas"], "reads", lambda area: self.area_condition(variant, area), in_frame(one), tail)
            return capped(lambda limit: self.fetch(query(None, limit)), self.cap, self.newest)
        source = self.source(variant, one)
        if wanted == "count":
            return Answer(int(self.fetch(f"SELECT count(*) {source}", binary=False)[0].get_value(0, 0)))
        fetch = lambda limit: self.fetch(f"SELECT {columns('reads')} {source} {NEWEST_FIRST} LIMIT {limit}")
        if counted_first:
            count = self.fetch(f"SELECT count(*) FROM (SELECT 1 {source} LIMIT {self.cap}) AS counted", binary=False)
            if int(count[0].get_value(0, 0)) == self.cap:
                _, rows, ids = fetch(self.newest)
                return Answer(self.cap, rows, lambda: ids(rows))
        return capped(fetch, self.cap, self.newest)

    def source(self, variant, one):
        where = f"{in_frame(one)}{of_vehicle(one)}"
        if one["kind"] == "full-plate":
            return f"FROM reads WHERE plate = '{one['pattern']}' AND {where}"
        if one["kind"] == "partial-plate":
            pattern = like(one["pattern"])
            text = f"plate LIKE '{pattern}'" if variant == "dictionary" else f"reverse(plate) LIKE '{pattern[::-1]}'"
            states = f" AND state IN ('{one['state']}', '')" if one["state"] else ""
            return f"FROM reads WHERE plate IN (SELECT plate FROM plates WHERE {text}{states}) AND {where}"
        (area,) = one["areas"]
        if variant == "cell":
            ranges = [(*ends, inside) for inside in (True, False) for ends in cell_ranges(area, inside)]
            values = ", ".join(f"({first}, {last}, {inside})" for first, last, inside in ranges)
            return (f"FROM (VALUES {values}) AS cells (first, last, inside) JOIN reads ON cell BETWEEN first AND last "
                    f"WHERE (inside OR {exactly(area, within)}) AND {where}")
        return f"FROM reads WHERE {self.area_condition(variant, area)} AND {where}"

    def area_condition(self, variant, area):
        if variant == "gist":
            west, south, east, north = area["bounds"]
            near = f"geom && ST_MakeEnvelope({west}, {south}, {east}, {north})"
            return f"{near} AND {exactly(area, within)}"
        if variant == "cell":
            ranges = " OR ".join(f"cell BETWEEN {first} AND {last}" for first, last, _ in area["cells"])
            return f"({ranges}) AND {exactly(area, within)}"
        # The point is made anew, so that no index on it is used.
        return exactly(area, lambda area: f"ST_Intersects(ST_MakePoint(lon_e7, lat_e7), {polygon(area)})")

    def fetch(self, query, binary=True):
        """Rows stay as the server sent them, in the client library's memory: making Python objects is not its fault."""
        result = self.connection.pgconn.exec_params(query.encode(), None, result_format=int(binary))
        if result.status != psycopg.pq.ExecStatus.TUPLES_OK:
            raise RuntimeError(result.error_message.decode())
        read = lambda count: numpy.array([struct.unpack("!q", result.get_value(row, 0))[0] for row in range(count)])
        return result, result.ntuples, read

    # --- ingest ---

    def ingest(self):
        run = self.connection.execute
        for table in FED.values():
            run(f"DROP TABLE IF EXISTS {table}")
        run(TABLE.format(**FED))
        for index in INDEXES:
            run(index.format(**FED))
        return self.append

    def prepared(self, batch):
        """The text form of COPY, made before the clock runs."""
        micros = batch["scan_time"].cast("int64").to_pylist()
        values = [batch[column].to_pylist() if column != "scan_time" else micros for column in [*COLUMNS, "cell"]]
        line = lambda row: "\t".join("\\N" if value is None else str(value) for value in row)
        plates = sorted(set(zip(batch["plate"].to_pylist(), (state or "" for state in batch["state"].to_pylist()))))
        return "".join(line(row) + "\n" for row in zip(*values)), plates

    def append(self, prepared):
        text, plates = prepared
        with self.connection.transaction(), self.connection.cursor() as cursor:
            with cursor.copy(f"COPY fed_reads ({', '.join(COLUMNS)}, cell) FROM STDIN") as copy:
                copy.write(text)
            names, states = zip(*plates)
            cursor.execute("INSERT INTO fed_plates SELECT * FROM unnest(%s::text[], %s::text[]) ON CONFLICT DO NOTHING",
                           [list(names), list(states)])

    def end_ingest(self, rows):
        stored = self.connection.execute("SELECT count(*) FROM fed_reads").fetchone()[0]
        assert stored == rows, "what was appended can be searched"
        assert self.connection.execute("SHOW fsync").fetchone()[0] == "on"
        for table in FED.values():
            self.connection.execute(f"DROP TABLE {table}")


def polygon(area):
    ring = area["ring"] + area["ring"][:1]
    return "'POLYGON((" + ", ".join(f"{x} {y}" for x, y in ring) + "))'::geometry"


def within(area):
    return f"ST_Intersects(geom, {polygon(area)})"
