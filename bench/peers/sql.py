"""The questions as SQL, as far as engines share it."""

COLUMNS = "id scan_time plate state lat_e7 lon_e7 camera pool make model colour confidence".split()
NEWEST_FIRST = "ORDER BY scan_time DESC, id DESC"


def columns(table):
    return ", ".join(f"{table}.{column}" for column in COLUMNS)


def like(pattern):
    """Plates hold letters and digits only, so nothing has to be escaped."""
    return pattern.replace("*", "%").replace("?", "_")


def in_frame(one):
    return f"scan_time >= {one['from']} AND scan_time < {one['to']}"


def of_vehicle(one):
    """A read without a state may be of any state."""
    parts = []
    if one["state"]:
        parts.append(f"(state = '{one['state']}' OR state IS NULL)")
    for column in ("make", "colour"):
        if one[column]:
            parts.append(f"{column} = '{one[column]}'")
    return "".join(f" AND {part}" for part in parts)


def in_bounds(area):
    west, south, east, north = area["bounds"]
    return f"lon_e7 BETWEEN {west} AND {east} AND lat_e7 BETWEEN {south} AND {north}"


def in_ring(area):
    """The even-odd rule in integers, for engines without geometry: edges between which the latitude lies, crossed or not."""
    ring, terms = area["ring"], []
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1]):
        if y1 == y2:
            continue
        if y1 > y2:
            x1, y1, x2, y2 = x2, y2, x1, y1
        (dx, dy) = (x2 - x1, y2 - y1)
        cross = f"CAST({dx} AS BIGINT) * lat_e7 - CAST({dy} AS BIGINT) * lon_e7 > {dx * y1 - dy * x1}"
        terms.append(f"CAST(lat_e7 >= {y1} AND lat_e7 < {y2} AND {cross} AS INT)")
    return f"({' + '.join(terms)}) % 2 = 1"


def exactly(area, in_ring=in_ring):
    return in_bounds(area) if area["is_box"] else f"{in_bounds(area)} AND {in_ring(area)}"


def cell_ranges(area, wanted_inside):
    return [(first, last) for first, last, inside in area["cells"] if inside == wanted_inside]


def in_cells(area, exact):
    """Ranges of cells; where a cell is not wholly inside, the exact test too."""
    def any_of(ranges):
        return " OR ".join(f"cell BETWEEN {first} AND {last}" for first, last in ranges) or "FALSE"
    inside, border = cell_ranges(area, True), cell_ranges(area, False)
    return f"(({any_of(inside)}) OR (({any_of(border)}) AND {exact}))"


def in_bounds_or_cells(area, in_ring=in_ring):
    """The box around it first; then the exact test where the cell does not tell."""
    if area["is_box"]:
        return in_bounds(area)
    inside = " OR ".join(f"cell BETWEEN {first} AND {last}" for first, last in cell_ranges(area, True)) or "FALSE"
    return f"{in_bounds(area)} AND ({inside} OR {in_ring(area)})"


def common_plates(areas, table, condition, frame, limit):
    """Reads in the areas of plates that were seen in two of them. Reads without a state are a plate of their own."""
    seen = " UNION ALL ".join(
        f"SELECT {place} AS place, {', '.join(COLUMNS)} FROM {table} WHERE {frame} AND {condition(area)}"
        for place, area in enumerate(areas))
    return (f"WITH seen AS ({seen}), "
            "winners AS (SELECT plate, coalesce(state, '') AS known FROM seen GROUP BY 1, 2 HAVING count(DISTINCT place) >= 2) "
            f"SELECT DISTINCT {columns('seen')} FROM seen JOIN winners "
            "ON seen.plate = winners.plate AND coalesce(seen.state, '') = winners.known "
            f"ORDER BY seen.scan_time DESC, seen.id DESC LIMIT {limit}")
