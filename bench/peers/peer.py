"""Loads a peer with the benchmark's rows, asks it the benchmark's questions, and keeps what came out.

`peer.py ENGINE FOLDER` reads FOLDER/detections.parquet and FOLDER/sets.json (both by `bench ROWS prepare`) and writes its
figures into FOLDER/peers.json, in the form of bench/src/figures.rs. `load` after them only loads.

How a question is asked is the engine's own file. Every engine must return, into this process's memory, what Sightline
returns: the count of matches, capped at 10,000, and all columns of the newest 5,000 matches, or of all below the cap.
Reading ids out of that for the comparison is not timed.
"""

import datetime
import hashlib
import json
import os
import pathlib
import statistics
import sys
import time

import numpy

# As for Sightline: passes over all parameter sets after one that warms up, and the lowest time of each set counts.
PASSES = 5
# Seconds for one question by one engine, the warm-up not counted. Where it ends early, fewer sets were timed.
BUDGET_S = float(os.environ.get("BUDGET_S", "4"))
# Parameter sets that choose between the ways to ask an engine.
TRIED_SETS = 4
# Seconds after which a way to ask that is slower than another is not tried on.
TRY_S = 2.0
INGEST_BATCH = 1_000
INGEST_BATCHES = 400
INGEST_S = 15.0

COLUMNS = "id scan_time plate state lat_e7 lon_e7 camera pool make model colour confidence".split()


def engine_named(name):
    if name == "postgis":
        from postgis import PostGis as engine
    elif name == "clickhouse":
        from clickhouse import ClickHouse as engine
    elif name == "duckdb":
        from duck import Duck as engine
    elif name == "lance":
        from lance_dataset import LanceDataset as engine
    else:
        sys.exit(f"no peer is called {name}; there are postgis, clickhouse, duckdb, lance")
    return engine


class Answer:
    """What an engine returned; `ids` is read after the clock was stopped. An exact count has none."""

    def __init__(self, count, rows=0, ids=None):
        self.count, self.rows, self.ids = count, rows, ids

    def compared(self):
        if self.ids is None:
            return {"count": self.count, "rows": self.rows, "ids": ""}
        ids = numpy.asarray(self.ids(), dtype="<u8")
        assert len(ids) == self.rows, "as many ids as rows"
        return {"count": self.count, "rows": self.rows, "ids": hashlib.sha256(ids.tobytes()).hexdigest()[:16]}


def capped(fetch, cap, newest):
    """One query for the newest `cap` rows. `fetch(limit)` gives rows, their number, and a function that cuts them."""
    rows, count, ids = fetch(cap)
    if count < cap:
        return Answer(count, count, lambda: ids(count))
    return Answer(cap, newest, lambda: ids(newest))


def timed(engine, variant, question, parameters):
    began = time.perf_counter()
    answer = engine.ask(variant, question["wanted"], parameters)
    return (time.perf_counter() - began) * 1e3, answer


def fastest_variant(engine, question):
    """The way to ask with the lowest median over a few sets, each asked twice."""
    best, best_ms = None, float("inf")
    sets = question["sets"][:TRIED_SETS]
    for variant in engine.variants(question):
        began, lowest = time.perf_counter(), []
        for parameters in sets:
            lowest.append(min(timed(engine, variant, question, parameters)[0] for _ in range(2)))
            if time.perf_counter() - began > TRY_S and statistics.median(lowest) > best_ms:
                break
        if statistics.median(lowest) < best_ms:
            best, best_ms = variant, statistics.median(lowest)
    return best


def percentile(ordered, share):
    return ordered[min(len(ordered) * share // 100, len(ordered) - 1)]


def ask(engine, question):
    variant = fastest_variant(engine, question)
    sets = question["sets"]
    answers = [timed(engine, variant, question, parameters)[1].compared() for parameters in sets]
    lowest = [None] * len(sets)
    began = time.perf_counter()
    for _ in range(PASSES):
        for number, parameters in enumerate(sets):
            if time.perf_counter() - began > BUDGET_S and any(ms is not None for ms in lowest):
                break
            took = timed(engine, variant, question, parameters)[0]
            lowest[number] = took if lowest[number] is None else min(lowest[number], took)
    ordered = sorted(ms for ms in lowest if ms is not None)
    of_rows = question["wanted"] == "rows"
    sizes = sorted(answer["rows"] if of_rows else answer["count"] for answer in answers)
    return {
        "question": question["name"],
        "variant": variant,
        "median_ms": percentile(ordered, 50),
        "p95_ms": percentile(ordered, 95),
        "answer_rows": sizes[len(sizes) // 2],
        "timed_sets": len(ordered),
        "answers": answers,
    }


def ingest(engine, parquet):
    """Batches of rows into tables of the same form as the loaded ones, empty at first, all indexes in place."""
    import pyarrow.parquet

    table = pyarrow.parquet.ParquetFile(parquet).read_row_group(0)
    rows = min(table.num_rows, INGEST_BATCH * INGEST_BATCHES)
    batches = [table.slice(first, INGEST_BATCH) for first in range(0, rows, INGEST_BATCH)]
    append = engine.ingest()
    millis, began = [], time.perf_counter()
    for batch in batches:
        given = engine.prepared(batch)
        start = time.perf_counter()
        append(given)
        millis.append((time.perf_counter() - start) * 1e3)
        if time.perf_counter() - began > INGEST_S:
            break
    engine.end_ingest(len(millis) * INGEST_BATCH)
    ordered = sorted(millis)
    return {
        "rows": len(millis) * INGEST_BATCH,
        "rows_per_second": len(millis) * INGEST_BATCH / (sum(millis) / 1e3),
        "batch_median_ms": percentile(ordered, 50),
        "batch_p95_ms": percentile(ordered, 95),
        "is_durable": engine.is_durable,
    }


def load_average():
    return pathlib.Path("/proc/loadavg").read_text().rsplit(" ", 2)[0]


def keep(path, figures):
    """Replaces what the file has of this engine."""
    kept = json.loads(path.read_text()) if path.exists() else []
    kept = [one for one in kept if one["engine"] != figures["engine"]] + [figures]
    order = ["PostgreSQL + PostGIS", "ClickHouse", "DuckDB", "Lance"]
    kept.sort(key=lambda one: order.index(one["engine"]))
    staged = path.with_suffix(".part")
    staged.write_text(json.dumps(kept, indent=1) + "\n")
    staged.rename(path)


def main():
    name, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    sets = json.loads((folder / "sets.json").read_text())
    engine = engine_named(name)(folder, sets["rows"], sets["cap"], sets["newest"])
    parquet = folder / "detections.parquet"
    loaded = folder / f"{name}-loaded.json"
    try:
        if not loaded.exists():
            print(f"{engine.name}: loading {sets['rows']} rows", flush=True)
            began = time.perf_counter()
            engine.load(parquet)
            loaded.write_text(json.dumps({"seconds": time.perf_counter() - began}))
        if sys.argv[3:] == ["load"]:
            return
        engine.open()
        before = load_average()
        questions = []
        for question in sets["questions"]:
            one = ask(engine, question)
            questions.append(one)
            print(f"{engine.name}, {question['name']}: {one['median_ms']:.3g} ms ({one['variant']}), "
                  f"p95 {one['p95_ms']:.3g}, {one['answer_rows']} rows, n={one['timed_sets']}", flush=True)
        figures = {
            "engine": engine.name,
            "version": engine.version(),
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "load_average": [before, load_average()],
            "sets": sets["hash"],
            "rows": sets["rows"],
            "loaded_s": json.loads(loaded.read_text())["seconds"],
            "bytes_per_row": engine.bytes() / sets["rows"],
            "questions": questions,
            "ingest": ingest(engine, parquet),
        }
        keep(folder / "peers.json", figures)
        rate = figures["ingest"]["rows_per_second"]
        print(f"{engine.name}: {figures['bytes_per_row']:.1f} bytes a row, ingest {rate:.0f} rows/s", flush=True)
    finally:
        engine.close()


if __name__ == "__main__":
    main()
