// A map without a network: a graticule, a scale bar, areas to draw, reads as points, the density of a preview as cells.

import { announce, h, many, number, squareMetres } from "./api.js";

const AREA_COLOURS = 8;
const CLICK_PX = 5;
const PICK_PX = 14;
/** How near the pointer must be to a camera for its name. */
const CAMERA_PX = 7;
const SCALE_MAX = 256 * 2 ** 24;
const SCALE_MIN = 400;
const METRES_PER_DEGREE = 111_320;

/** Areas are named by letters, on the map, in the form and in tables; never by colour alone. */
export const letter = (index) => String.fromCharCode(65 + (index % 26)) + (index < 26 ? "" : Math.floor(index / 26));
export const swatch = (index) => h("span", { class: `swatch area-${index % AREA_COLOURS}` }, letter(index));

// Mercator, the world as a square of side 1.
const project = ([lon, lat]) => [(lon + 180) / 360, (1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2];
const unproject = ([x, y]) => [x * 360 - 180, (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI];
const round7 = (value) => Math.round(value * 1e7) / 1e7;

/** Square metres of a ring, near enough for a drawing hand; the service measures exactly. */
export function roughArea(ring) {
  const shrink = Math.cos((ring[0][1] * Math.PI) / 180);
  const sum = ring.reduce((total, [lon, lat], index) => {
    const [nextLon, nextLat] = ring[(index + 1) % ring.length];
    return total + (lon - ring[0][0]) * (nextLat - ring[0][1]) - (nextLon - ring[0][0]) * (lat - ring[0][1]);
  }, 0);
  return (Math.abs(sum) / 2) * METRES_PER_DEGREE ** 2 * shrink;
}

/** Areas from text: GeoJSON, or a corner a line as `latitude, longitude`. */
export function readAreas(text) {
  const polygons = [];
  const take = (json) => {
    if (json.type === "FeatureCollection") json.features.forEach(take);
    else if (json.type === "Feature") take(json.geometry);
    else if (json.type === "GeometryCollection") json.geometries.forEach(take);
    else if (json.type === "MultiPolygon") polygons.push(...json.coordinates);
    else if (json.type === "Polygon") polygons.push(json.coordinates);
    else throw new Error("GeoJSON needs a Polygon or MultiPolygon");
  };
  if (/^\s*[{[]/.test(text)) {
    let json;
    try { json = JSON.parse(text); } catch { throw new Error("This is not complete GeoJSON"); }
    take(json);
  } else {
    const corners = text.trim().split(/[\n;]+/).map((line) => line.trim().split(/[\s,]+/).map(Number));
    if (corners.some((corner) => corner.length !== 2)) throw new Error("Write one corner a line: latitude, longitude");
    polygons.push([corners.map(([lat, lon]) => [lon, lat])]);
  }
  for (const ring of polygons.flat()) {
    if (!Array.isArray(ring) || ring.length < 3) throw new Error("An area needs at least three corners");
    const onEarth = ring.every(([lon, lat]) => Math.abs(lat) <= 90 && Math.abs(lon) <= 180);
    if (!onEarth) throw new Error("A latitude is between -90 and 90, a longitude between -180 and 180");
  }
  // Corners beyond two numbers (heights) are cut, and rings are closed as GeoJSON wants them.
  const closed = (ring) => (String(ring[0]) === String(ring.at(-1)) ? ring : [...ring, ring[0]]);
  return polygons.map((rings) => ({ coordinates: rings.map((ring) => closed(ring.map(([lon, lat]) => [lon, lat]))) }));
}

/** Numbers of the stops at one place: `3`, `1, 2`, `4–6`, `1, 4, 7 …`. */
function stops(reads) {
  const runs = [];
  for (const { number: stop } of reads) {
    const last = runs.at(-1);
    if (last?.[1] === stop - 1) last[1] = stop;
    else runs.push([stop, stop]);
  }
  const written = runs.map(([first, last]) => (first === last ? `${first}` : last === first + 1 ? `${first}, ${last}` : `${first}–${last}`));
  return written.slice(0, 3).join(", ") + (written.length > 3 ? " …" : "");
}

export class MapView {
  constructor({ onAreas, onPick }) {
    Object.assign(this, { onAreas, onPick, areas: [], places: [], cameras: [], cells: [], draft: [], pointers: new Map(), mode: "move" });
    Object.assign(this, { centre: [0.5, 0.4], scale: 700, selected: null, colours: null, numbered: false, home: null });
    this.canvas = h("canvas", { tabindex: "0", role: "application", "aria-label": "Map. Arrows move, plus and minus zoom. While drawing, Space sets a corner at the cross, Enter finishes, Escape gives up. Areas can also be typed as coordinates." });
    this.hint = h("p", { class: "map-hint", role: "status" });
    const tool = (text, title, action, mode) => h("button", { type: "button", title, "data-mode": mode, "aria-pressed": mode && "false", onclick: action }, text);
    const goTo = h("input", { "aria-label": "Go to latitude, longitude", placeholder: "lat, lon", title: "Go to latitude, longitude (Enter)", autocomplete: "off" });
    goTo.addEventListener("keydown", (event) => event.key === "Enter" && this.goToText(goTo));
    this.tools = h("div", { class: "map-tools" },
      tool("Move", "Move the map and pick reads", () => this.draw("move"), "move"),
      tool("Polygon", "Draw an area corner by corner", () => this.draw("polygon"), "polygon"),
      tool("Rectangle", "Drag an area from corner to corner", () => this.draw("rectangle"), "rectangle"),
      goTo,
      tool("+", "Zoom in", () => this.zoom(2)), tool("−", "Zoom out", () => this.zoom(0.5)), tool("Fit", "Show everything", () => this.fit()));
    this.node = h("div", { class: "map" }, this.tools, h("div", { class: "map-ground" }, this.canvas, this.hint));
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    this.draw("move");
  }

  resize() {
    const ratio = devicePixelRatio || 1;
    [this.width, this.height] = [this.canvas.clientWidth, this.canvas.clientHeight];
    [this.canvas.width, this.canvas.height] = [this.width * ratio, this.height * ratio];
    if (this.unfitted && this.width) this.fit();
    this.paint();
  }

  /** Where the map opens, and the fixed cameras that the caller may know of. */
  setHome(centre, cameras) {
    this.home = centre;
    this.cameras = cameras;
    this.fit();
    this.paint();
  }

  recolour() { this.colours = null; this.paint(); }

  setAreas(areas) {
    this.areas = areas;
    this.onAreas(areas);
    this.paint();
  }

  /** Reads of one place are one mark, with all their numbers or how many there are. */
  setReads(points, { numbered = false, cells = [] } = {}) {
    const places = new Map();
    for (const point of points) {
      const key = `${point.lat},${point.lon}`;
      if (!places.has(key)) places.set(key, { lat: point.lat, lon: point.lon, solid: false, reads: [] });
      const place = places.get(key);
      place.reads.push(point);
      place.solid ||= point.solid;
    }
    Object.assign(this, { places: [...places.values()], cells, numbered, selected: null });
    if (points.length || cells.length) this.fit();
    this.paint();
  }

  select(id) { this.selected = id; this.paint(); }

  draw(mode) {
    Object.assign(this, { mode, draft: [], drag: null });
    for (const button of this.tools.querySelectorAll("[data-mode]")) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    this.canvas.dataset.mode = mode;
    this.say();
    this.paint();
  }

  say() {
    const size = this.draft.length > 2 ? `, about ${squareMetres(roughArea(this.draft))}` : "";
    this.hint.textContent = this.mode === "polygon"
      ? this.draft.length ? `${many(this.draft.length, "corner")}${size}. Enter or the first corner finishes, Backspace takes one back, Escape gives up.` : "Click the corners of the area, one after another."
      : this.mode === "rectangle" ? "Drag from one corner of the area to the opposite one." : "";
  }

  finish(ring) {
    this.draw("move");
    if (ring.length < 3) return;
    this.setAreas([...this.areas, { coordinates: [[...ring, ring[0]].map(([lon, lat]) => [round7(lon), round7(lat)])] }]);
    announce(`Area ${letter(this.areas.length - 1)} drawn, about ${squareMetres(roughArea(ring))}.`);
  }

  // Screen and ground.
  toScreen(place) {
    const [x, y] = project(place);
    return [(x - this.centre[0]) * this.scale + this.width / 2, (y - this.centre[1]) * this.scale + this.height / 2];
  }

  toGround([x, y]) {
    return unproject([(x - this.width / 2) / this.scale + this.centre[0], (y - this.height / 2) / this.scale + this.centre[1]]);
  }

  zoom(factor, at = [this.width / 2, this.height / 2]) {
    const before = project(this.toGround(at));
    this.scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, this.scale * factor));
    const after = project(this.toGround(at));
    this.centre = [this.centre[0] + before[0] - after[0], this.centre[1] + before[1] - after[1]];
    this.paint();
  }

  shift(dx, dy) {
    this.centre = [this.centre[0] - dx / this.scale, Math.min(1, Math.max(0, this.centre[1] - dy / this.scale))];
    this.paint();
  }

  goToText(input) {
    const [lat, lon] = input.value.split(/[\s,]+/).map(Number);
    const valid = Math.abs(lat) <= 85 && Math.abs(lon) <= 180;
    input.setAttribute("aria-invalid", String(!valid));
    if (valid) this.goTo([lon, lat]);
  }

  goTo(place, metresAcross = 18_000) {
    this.centre = project(place);
    this.scale = ((this.width || 600) * METRES_PER_DEGREE * 360 * Math.cos((place[1] * Math.PI) / 180)) / metresAcross;
    this.paint();
  }

  fit() {
    const corners = this.cells.flatMap((cell) => [[cell.west, cell.south], [cell.east, cell.north]]);
    const places = [...this.places.map((place) => [place.lon, place.lat]), ...corners, ...this.areas.flatMap((area) => area.coordinates[0])].map(project);
    this.unfitted = !this.width;
    if (!this.width) return;
    if (!places.length) { if (this.home) this.goTo(this.home); return; }
    const [west, east] = [Math.min(...places.map((p) => p[0])), Math.max(...places.map((p) => p[0]))];
    const [north, south] = [Math.min(...places.map((p) => p[1])), Math.max(...places.map((p) => p[1]))];
    this.centre = [(west + east) / 2, (north + south) / 2];
    const room = Math.min((this.width - 140) / (east - west || 1e-9), (this.height - 80) / (south - north || 1e-9));
    this.scale = Math.min(256 * 2 ** 17, Math.max(SCALE_MIN, room));
    this.paint();
  }

  listen() {
    const at = (event) => [event.offsetX, event.offsetY];
    const { canvas, pointers } = this;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, at(event));
      this.drag = { from: at(event), moved: pointers.size > 1 };
      if (this.mode === "rectangle") this.draft = [this.toGround(at(event))];
    });
    canvas.addEventListener("pointermove", (event) => {
      this.cursor = at(event);
      this.nameCamera();
      const last = pointers.get(event.pointerId);
      if (!last || !this.drag) return this.mode === "polygon" && this.paint();
      const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      pointers.set(event.pointerId, this.cursor);
      if (others.length === 1) {
        const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) || 1;
        return this.zoom(apart(this.cursor, others[0]) / apart(last, others[0]), others[0]);
      }
      this.drag.moved ||= Math.hypot(this.cursor[0] - this.drag.from[0], this.cursor[1] - this.drag.from[1]) > CLICK_PX;
      if (this.mode === "rectangle") this.draft = this.rectangle(this.drag.from, this.cursor);
      else if (this.drag.moved) this.shift(this.cursor[0] - last[0], this.cursor[1] - last[1]);
      this.paint();
    });
    canvas.addEventListener("pointerup", (event) => {
      pointers.delete(event.pointerId);
      const drag = this.drag;
      if (!drag || pointers.size) return;
      this.drag = null;
      if (this.mode === "rectangle") return drag.moved ? this.finish(this.draft) : this.draw("rectangle");
      if (drag.moved) return;
      if (this.mode === "polygon") this.corner(at(event));
      else this.pick(at(event));
    });
    canvas.addEventListener("pointercancel", (event) => { pointers.delete(event.pointerId); this.drag = null; });
    canvas.addEventListener("wheel", (event) => { event.preventDefault(); this.zoom(2 ** (-event.deltaY / 300), at(event)); }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.paint());
    canvas.addEventListener("focus", () => this.paint());
  }

  key(event) {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    const cross = [this.width / 2, this.height / 2];
    if (step) this.shift(...step);
    else if (event.key === "+" || event.key === "=") this.zoom(1.5);
    else if (event.key === "-") this.zoom(1 / 1.5);
    else if (event.key === "Escape") this.draw("move");
    else if (event.key === " " && this.mode === "polygon") this.corner(cross);
    else if (event.key === "Enter" && this.mode === "polygon") this.finish(this.draft);
    else if (event.key === "Enter" && this.mode === "move") this.pick(cross);
    else if (event.key === "Backspace" && this.mode === "polygon") { this.draft.pop(); this.say(); this.paint(); }
    else return;
    event.preventDefault();
  }

  rectangle(from, to) {
    const [[west, north], [east, south]] = [this.toGround(from), this.toGround(to)];
    return [[west, north], [east, north], [east, south], [west, south]];
  }

  corner(at) {
    const first = this.draft.length > 2 && this.toScreen(this.draft[0]);
    if (first && Math.hypot(first[0] - at[0], first[1] - at[1]) < PICK_PX) return this.finish(this.draft);
    this.draft.push(this.toGround(at));
    this.say();
    this.paint();
  }

  pick(at) {
    const reads = this.nearest(this.places, at, PICK_PX)?.reads;
    if (!reads) return;
    // Picking the same place again goes on to its next read.
    const chosen = reads.findIndex((read) => read.id === this.selected);
    this.onPick(reads[(chosen + 1) % reads.length].id);
  }

  nearest(things, at, limit) {
    const far = ({ lon, lat }) => { const [x, y] = this.toScreen([lon, lat]); return Math.hypot(x - at[0], y - at[1]); };
    const [distance, thing] = things.map((one) => [far(one), one]).sort((a, b) => a[0] - b[0])[0] ?? [];
    return distance < limit ? thing : undefined;
  }

  nameCamera() {
    const camera = this.nearest(this.cameras, this.cursor, CAMERA_PX);
    this.canvas.title = camera ? `${camera.name} · ${camera.source.replaceAll("-", " ")} · ${camera.owner}` : "";
  }

  // Painting, once a frame at most.
  paint() {
    this.frame ??= requestAnimationFrame(() => { this.frame = null; if (this.width) this.paintNow(); });
  }

  colour(name) {
    // Only a real property resolves `light-dark()`, so the canvas itself is asked.
    this.colours ??= new Map();
    if (!this.colours.has(name)) {
      this.canvas.style.color = `var(--${name})`;
      this.colours.set(name, getComputedStyle(this.canvas).color);
      this.canvas.style.color = "";
    }
    return this.colours.get(name);
  }

  paintNow() {
    const pen = this.canvas.getContext("2d");
    const ratio = devicePixelRatio || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = this.colour("map");
    pen.fillRect(0, 0, this.width, this.height);
    pen.font = "11px system-ui, sans-serif";
    this.paintGraticule(pen);
    this.paintCells(pen);
    this.areas.forEach((area, index) => this.paintArea(pen, area, index));
    this.paintCameras(pen);
    this.paintPlaces(pen);
    this.areas.forEach((area, index) => this.paintTag(pen, area, index));
    this.paintCellCounts(pen);
    this.paintDraft(pen);
    this.paintScale(pen);
    this.paintLegend(pen);
  }

  paintGraticule(pen) {
    const steps = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001];
    const step = steps.findLast((degrees) => (degrees / 360) * this.scale > 90) ?? 30;
    const places = Math.max(0, Math.ceil(-Math.log10(step)));
    const [[west, north], [east, south]] = [this.toGround([0, 0]), this.toGround([this.width, this.height])];
    const label = (value, plus, minus) => `${Math.abs(value).toFixed(places)}° ${value < 0 ? minus : plus}`;
    Object.assign(pen, { strokeStyle: this.colour("graticule"), fillStyle: this.colour("quiet"), lineWidth: 1 });
    pen.beginPath();
    for (let lon = Math.ceil(Math.max(west, -180) / step) * step; lon <= Math.min(east, 180); lon += step) {
      const x = Math.round(this.toScreen([lon, 0])[0]) + 0.5;
      pen.moveTo(x, 0);
      pen.lineTo(x, this.height);
      if (x > 60) pen.fillText(label(lon, "E", "W"), x + 4, 13);
    }
    for (let lat = Math.ceil(Math.max(south, -85) / step) * step; lat <= Math.min(north, 85); lat += step) {
      const y = Math.round(this.toScreen([0, lat])[1]) + 0.5;
      pen.moveTo(0, y);
      pen.lineTo(this.width, y);
      if (y > 26 && y < this.height - 50) pen.fillText(label(lat, "N", "S"), 4, y - 4);
    }
    pen.stroke();
  }

  paintCells(pen) {
    const most = Math.log1p(Math.max(...this.cells.map((cell) => cell.reads), 1));
    for (const cell of this.cells) {
      const [[x, y], [right, bottom]] = [this.toScreen([cell.west, cell.north]), this.toScreen([cell.east, cell.south])];
      pen.fillStyle = this.colour("accent");
      pen.globalAlpha = 0.12 + 0.5 * (Math.log1p(cell.reads) / most);
      pen.fillRect(x, y, Math.max(2, right - x - 1), Math.max(2, bottom - y - 1));
      pen.globalAlpha = 1;
    }
  }

  paintCellCounts(pen) {
    for (const cell of this.cells) {
      const [[x, y], [right, bottom]] = [this.toScreen([cell.west, cell.north]), this.toScreen([cell.east, cell.south])];
      if (right - x > 34) this.paintText(pen, number(cell.reads), (x + right) / 2, (y + bottom) / 2);
    }
  }

  paintCameras(pen) {
    pen.fillStyle = this.colour("edge");
    for (const camera of this.cameras) {
      const [x, y] = this.toScreen([camera.lon, camera.lat]);
      pen.beginPath();
      pen.arc(x, y, 2.5, 0, 2 * Math.PI);
      pen.fill();
    }
  }

  paintText(pen, text, x, y, colour = "ink") {
    Object.assign(pen, { textAlign: "center", textBaseline: "middle", fillStyle: this.colour(colour), strokeStyle: this.colour("map"), lineWidth: 3 });
    if (colour === "ink") pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
    Object.assign(pen, { textAlign: "start", textBaseline: "alphabetic" });
  }

  ring(pen, ring) {
    ring.forEach((place, index) => pen[index ? "lineTo" : "moveTo"](...this.toScreen(place)));
  }

  paintArea(pen, area, index) {
    const colour = this.colour(`area-${index % AREA_COLOURS}`);
    pen.beginPath();
    for (const ring of area.coordinates) { this.ring(pen, ring); pen.closePath(); }
    Object.assign(pen, { fillStyle: colour, strokeStyle: colour, lineWidth: 2, globalAlpha: 0.14 });
    pen.fill("evenodd");
    pen.globalAlpha = 1;
    pen.stroke();
  }

  paintTag(pen, area, index) {
    const corners = area.coordinates[0].map((place) => this.toScreen(place));
    const [x, y] = corners.reduce((top, corner) => (corner[1] < top[1] || (corner[1] === top[1] && corner[0] < top[0]) ? corner : top));
    pen.fillStyle = this.colour(`area-${index % AREA_COLOURS}`);
    pen.fillRect(x - 1, y - 17, 20, 17);
    pen.font = "600 11px system-ui, sans-serif";
    this.paintText(pen, letter(index), x + 9, y - 8, "on-area");
    pen.font = "11px system-ui, sans-serif";
  }

  paintPlaces(pen) {
    const isChosen = (place) => place.reads.some((read) => read.id === this.selected);
    const ordered = this.places.map((place) => [place, isChosen(place)]).sort((a, b) => a[1] - b[1]);
    for (const [place, chosen] of ordered) {
      const [x, y] = this.toScreen([place.lon, place.lat]);
      const text = this.numbered ? stops(place.reads) : place.reads.length > 1 ? number(place.reads.length) : "";
      const high = text ? 9 : chosen ? 7 : 4.5;
      const wide = Math.max(high, text && pen.measureText(text).width / 2 + 5);
      const solid = chosen || place.solid;
      Object.assign(pen, { fillStyle: this.colour(chosen ? "ink" : solid ? "accent" : "map"), strokeStyle: this.colour(solid ? "map" : "accent"), lineWidth: solid ? 1.5 : 2 });
      pen.beginPath();
      pen.roundRect(x - wide, y - high, 2 * wide, 2 * high, high);
      pen.fill();
      pen.stroke();
      if (text) this.paintText(pen, text, x, y + 0.5, chosen ? "map" : solid ? "on-accent" : "accent");
    }
  }

  paintDraft(pen) {
    const focused = document.activeElement === this.canvas && this.canvas.matches(":focus-visible");
    Object.assign(pen, { strokeStyle: this.colour("ink"), fillStyle: this.colour("ink"), lineWidth: 1.5 });
    if (focused) {
      pen.beginPath();
      for (const [dx, dy] of [[9, 0], [0, 9]]) { pen.moveTo(this.width / 2 - dx, this.height / 2 - dy); pen.lineTo(this.width / 2 + dx, this.height / 2 + dy); }
      pen.stroke();
    }
    if (!this.draft.length) return;
    pen.beginPath();
    this.ring(pen, this.draft);
    if (this.mode === "rectangle") pen.closePath();
    else if (this.cursor) pen.lineTo(...this.cursor);
    pen.stroke();
    for (const place of this.draft) { const [x, y] = this.toScreen(place); pen.fillRect(x - 3, y - 3, 6, 6); }
  }

  /** What the marks mean, for those that are on the map. */
  paintLegend(pen) {
    const open = this.places.some((place) => !place.solid);
    const lines = [this.cameras.length > 0 && ["edge", "fixed camera"], open && ["accent", "unverified, or not as read"]].filter(Boolean);
    lines.forEach(([colour, text], index) => {
      const y = this.height - 14 - 16 * index;
      pen.textAlign = "right";
      pen.fillStyle = this.colour("quiet");
      pen.fillText(text, this.width - 12, y);
      const x = this.width - 22 - pen.measureText(text).width;
      pen.textAlign = "start";
      Object.assign(pen, { fillStyle: this.colour(colour), strokeStyle: this.colour(colour), lineWidth: 2 });
      pen.beginPath();
      pen.arc(x, y - 4, colour === "edge" ? 2.5 : 4, 0, 2 * Math.PI);
      if (colour === "edge") pen.fill();
      else pen.stroke();
    });
  }

  paintScale(pen) {
    const [, lat] = this.toGround([this.width / 2, this.height / 2]);
    const perPixel = (METRES_PER_DEGREE * 360 * Math.cos((lat * Math.PI) / 180)) / this.scale;
    const power = 10 ** Math.floor(Math.log10(perPixel * 110));
    const metres = [5, 2, 1].map((lead) => lead * power).find((length) => length <= perPixel * 110) ?? power;
    const [length, y] = [metres / perPixel, this.height - 14];
    Object.assign(pen, { strokeStyle: this.colour("ink"), lineWidth: 1.5 });
    pen.beginPath();
    pen.moveTo(14, y - 5); pen.lineTo(14, y); pen.lineTo(14 + length, y); pen.lineTo(14 + length, y - 5);
    pen.stroke();
    const feet = metres * 3.28084;
    const imperial = feet >= 2640 ? `${Number((feet / 5280).toPrecision(2))} mi` : `${Number(feet.toPrecision(2))} ft`;
    pen.fillStyle = this.colour("ink");
    pen.fillText(`${metres >= 1000 ? `${metres / 1000} km` : `${metres} m`} · ${imperial}`, 14, y - 9);
  }
}
