// The answer: what was asked, its receipt, counts, filters, reads with photos on demand, common plates, movement.

import { announce, counted, get, h, many, number, photo, post, put, times } from "./api.js";
import { letter, swatch } from "./map.js";

const WHY = { exact: "as read", "unknown-state": "state unknown", "look-alike": "look-alike", alternative: "other reading" };
const FACETS = [["match", "Why matched"], ["state", "State"], ["make", "Make"], ["model", "Model"], ["colour", "Color"], ["year", "Year"], ["source", "Camera kind"]];
/** Values of a facet that are shown before the rest is asked for. */
const FACET_SHOWN = 8;
/** Plates of a common-plate table that are drawn at a time. */
const TABLE_STEP = 200;

const words = (word) => word.replaceAll("-", " ");
const valueName = (facet, value) => (facet === "match" ? WHY[value] ?? value : facet === "source" ? words(value) : value);
const vehicleOf = (row) => [row.year, row.colour, row.make, row.model].filter(Boolean).join(" ");
const percent = (share) => `${Math.round(share * 100)}%`;
const plateNode = (plate, state) => [h("span", { class: "plate" }, plate), h("span", { class: "state" }, state ?? "no state")];

export class Answer {
  constructor({ map, run, narrow }) {
    Object.assign(this, { map, run, narrow, photos: new Map(), view: "list" });
    this.node = h("section", { class: "answer", "aria-label": "Answer", tabindex: "-1" });
    this.node.addEventListener("keydown", (event) => this.key(event));
    this.clear();
  }

  clear() {
    for (const url of this.photos.values()) URL.revokeObjectURL(url);
    this.photos.clear();
    Object.assign(this, { answer: null, page: null, filter: {} });
    this.map.setReads([]);
    put(this.node, h("div", { class: "empty" }, h("h2", {}, "No question yet"),
      h("p", {}, "Say why and what at the left, then ask. Preview tells how many reads match before any plate is shown."),
      h("p", {}, "Every question, refusal and photo is recorded before anything is returned. An answer can be looked at for 15 minutes.")));
  }

  show(answer, context) {
    this.clear();
    Object.assign(this, { answer, context, view: answer.common ? "common" : this.view === "common" ? "list" : this.view });
    const previewed = answer.step === "previewed";
    const movement = answer.kind === "movement";
    if (movement) this.view = "list";
    const kinds = Object.entries(answer.by_match).filter(([, count]) => count > 0).sort(([a], [b]) => Object.keys(WHY).indexOf(a) - Object.keys(WHY).indexOf(b));
    this.rows = h("ol", { class: "rows" });
    this.filters = h("div", { class: "filters" });
    this.pager = h("nav", { class: "pager", "aria-label": "Pages" });
    this.common = h("div", { class: "common" });
    put(this.node, 
      this.receipt(answer),
      h("p", { class: "said" }, answer.sentence.split(/(\d{4}-\d\d-\d\dT[\d:.]+Z)/).map((part, index) => (index % 2 ? times.node(part) : part))),
      h("div", { class: "count" }, h("h2", {}, counted(answer.count)), kinds.map(([kind, count]) => h("span", { class: `why ${kind}` }, `${number(count)} ${WHY[kind] ?? kind}`))),
      answer.truncated && h("p", { class: "note warn" }, "Shown are the newest 5,000. Older matches are not in this answer."),
      answer.incomplete.length > 0 && h("p", { class: "note warn" }, `Not complete: ${many(answer.incomplete.length, "damaged part")} of the store did not answer. Tell whoever runs this service.`),
      answer.notice && h("p", { class: "note" }, answer.notice),
      movement && h("p", { class: "note" }, "Stops in order of time. The way between them is not known, so none is drawn. Do not act on a pattern without corroboration."),
      h("p", { class: "reminder" }, answer.reminder, h("span", { class: "hint" }, ` Can be looked at until ${times.parts(answer.expires).time.slice(0, 5)}.`)),
      previewed ? this.preview(answer) : [this.again(answer), this.bar(), this.filters, this.common, this.rows, this.pager]);
    this.node.scrollTop = 0;
    const each = kinds.map(([kind, count]) => `${number(count)} ${WHY[kind] ?? kind}`).join(", ");
    announce(`${counted(answer.count)}${each ? `: ${each}` : ""}. Ledger entry ${number(answer.receipt.entry)}.`);
    if (previewed) this.map.setReads([], { cells: answer.density });
    else { this.setPage(answer.page); this.setView(this.view); }
    this.node.focus({ preventScroll: true });
  }

  receipt({ receipt, again_of: repeat }) {
    const text = `Sightline ledger entry ${receipt.entry}, ${receipt.time}, leaf ${receipt.leaf_hash}, outcome in entry ${receipt.outcome_entry}`;
    const copy = h("button", { type: "button", class: "plain", onclick: async () => {
      await navigator.clipboard.writeText(text).then(() => { copy.textContent = "Copied"; }, () => { copy.textContent = "Cannot copy here"; });
      setTimeout(() => { copy.textContent = "Copy"; }, 2000);
    } }, "Copy");
    const proof = h("a", { href: `/api/v1/ledger/entries/${receipt.entry}/receipt`, target: "_blank", rel: "noopener", title: "A proof that the entry is in the log; it can be verified offline" }, "Receipt");
    return h("p", { class: "receipt", title: `Leaf hash ${receipt.leaf_hash}` }, h("span", {}, "Entry ", h("b", {}, number(receipt.entry))), times.node(receipt.time), repeat && h("span", { class: "tag" }, "asked again"), h("span", { class: "acts" }, copy, proof));
  }

  preview({ query, count }) {
    const large = count.exactly === undefined || count.exactly >= 10_000;
    const show = () => this.run((options) => post(`/queries/${query}/show`, {}, options), this.context);
    return h("div", { class: "preview" },
      h("p", {}, count.exactly === 0 ? "Nothing matches. Check the time frame and the plate or areas." : `No plate has been shown.${this.answer.density.length ? " The map says roughly where the reads are." : ""}${large ? " With this many, narrow the question first." : ""}`),
      h("div", { class: "buttons" }, count.exactly !== 0 && h("button", { type: "button", class: large ? "" : "primary", onclick: show }, "Show plates"), h("button", { type: "button", class: large ? "primary" : "", onclick: this.narrow }, "Narrow the question")));
  }

  bar() {
    const common = this.answer.common ? [["common", "Plates × areas"]] : [];
    this.shown = h("span", { class: "hint", role: "status" });
    this.views = h("div", { class: "switch", role: "group", "aria-label": "View" }, [...common, ["list", "List"], ["cards", "Cards"]].map(([view, name]) => h("button", { type: "button", "data-view": view, onclick: () => this.setView(view) }, name)));
    return h("div", { class: "answer-bar" }, this.views, this.shown);
  }

  setView(view) {
    this.view = view;
    for (const button of this.views.children) button.setAttribute("aria-pressed", String(button.dataset.view === view));
    const common = view === "common";
    this.common.hidden = !common;
    this.filters.hidden = this.pager.hidden = this.rows.hidden = this.shown.hidden = common;
    this.rows.classList.toggle("cards", view === "cards");
    if (common) this.drawCommon();
    else if (this.page) this.drawRows(this.rows, this.page.rows);
  }

  // Filters and pages of the same answer; nothing new is asked.
  async load(filter) {
    const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== undefined && value !== ""));
    try {
      const page = await get(`/queries/${this.answer.query}/rows?${query}`);
      this.filter = filter;
      this.setPage(page);
      this.drawRows(this.rows, page.rows);
      announce(`${many(page.filtered, "read")} shown.`);
    } catch (error) {
      if (error.code !== "signed-out") this.shown.textContent = error.status === 404 ? "This answer is over; ask again." : error.sentence;
    }
  }

  setPage(page) {
    this.page = page;
    const first = page.page * 500;
    const narrowed = Object.keys(this.filter).some((name) => name !== "page" && this.filter[name] !== undefined);
    this.shown.textContent = page.rows.length ? `${number(first + 1)}–${number(first + page.rows.length)} of ${many(page.filtered, "read")}${narrowed ? ", filtered" : ""}` : "";
    this.drawFilters(page);
    const turn = (to, text) => h("button", { type: "button", disabled: to < 0 || to >= page.pages, onclick: async () => { await this.load({ ...this.filter, page: to || undefined }); this.node.scrollTop = 0; } }, text);
    put(this.pager, ...(page.pages > 1 ? [turn(page.page - 1, "Newer"), h("span", {}, `Page ${page.page + 1} of ${page.pages}`), turn(page.page + 1, "Older")] : []));
    if (this.answer.kind === "movement" && page.pages > 1) [this.pager.firstChild.textContent, this.pager.lastChild.textContent] = ["Earlier", "Later"];
  }

  drawFilters(page) {
    const wasOpen = this.filters.querySelector("details")?.open ?? false;
    const set = (name, value) => this.load({ ...this.filter, page: undefined, [name]: value });
    const chosen = Object.entries(this.filter).filter(([name, value]) => name !== "page" && value !== undefined);
    const title = (name, value) => (name === "area" ? `Area ${letter(Number(value))}` : name === "from" || name === "to" ? `${name} ${times.text(value)}` : valueName(name, value));
    const chips = chosen.map(([name, value]) => h("button", { type: "button", class: "chip chosen", "aria-label": `Remove filter ${title(name, value)}`, onclick: () => set(name, undefined) }, `${title(name, value)} ×`));
    const facet = ([name, label]) => {
      const { values = [], more = 0 } = page.facets[name] ?? {};
      if (values.length < 2) return null;
      const button = ({ value, count }) => h("button", { type: "button", class: "chip", onclick: () => set(name, value) }, valueName(name, value), h("b", {}, number(count)));
      const rest = values.slice(FACET_SHOWN);
      const moreButton = rest.length > 0 && h("button", { type: "button", class: "plain", onclick: (event) => event.target.replaceWith(...rest.map(button), more ? h("span", { class: "hint" }, `and ${number(more)} rarer`) : "") }, `${rest.length + more} more`);
      return h("div", { class: "facet" }, h("span", { class: "label" }, label), h("div", { class: "chips" }, values.slice(0, FACET_SHOWN).map(button), moreButton));
    };
    const areas = this.context.areas.length > 1 && h("div", { class: "facet" }, h("span", { class: "label" }, "Area"), h("div", { class: "chips" }, this.context.areas.map((_, index) => h("button", { type: "button", class: "chip", onclick: () => set("area", index) }, swatch(index)))));
    const input = (name) => h("input", { type: "datetime-local", "aria-label": `Shown ${name}`, value: this.filter[name] ? times.wall(this.filter[name]) : "", onchange: (event) => { try { set(name, times.instant(event.target.value)); } catch (error) { this.shown.textContent = error.sentence; } } });
    const time = h("div", { class: "facet" }, h("span", { class: "label" }, "Time"), h("div", { class: "pair" }, input("from"), input("to")));
    put(this.filters, h("details", { open: wasOpen }, h("summary", {}, "Filter", h("span", { class: "chips" }, chips)), FACETS.map(facet), areas, time));
  }

  // Reads.
  drawRows(list, rows) {
    const movement = this.answer.kind === "movement";
    const first = list === this.rows ? this.page.page * 500 : 0;
    list.classList.toggle("movement", movement);
    put(list, ...rows.map((row, index) => this.rowNode(row, movement && first + index + 1)));
    if (!rows.length) put(list, h("li", { class: "empty" }, "No read matches. Check the time frame, or take a filter away."));
    this.map.setReads(rows.map((row, index) => ({ id: row.id, lat: row.lat, lon: row.lon, solid: row.verified && row.match === "exact", number: first + index + 1 })), { numbered: movement });
  }

  rowNode(row, stop) {
    const detail = h("div", { class: "detail", hidden: true });
    const summary = h("button", { type: "button", class: "row", "aria-expanded": "false", onclick: () => this.toggle(item) },
      stop && h("span", { class: "stop" }, String(stop)),
      h("span", { class: "c-plate" }, plateNode(row.plate, row.state)),
      h("span", { class: "c-time" }, times.node(row.scan_time)),
      h("span", { class: "c-camera" }, row.camera),
      h("span", { class: "c-vehicle" }, vehicleOf(row) || h("span", { class: "quiet" }, "vehicle not reported")),
      h("span", { class: "c-sure" }, h("span", { class: "quiet" }, words(row.source)), h("span", { title: "How sure the reader was" }, row.confidence === undefined ? "–" : percent(row.confidence))),
      h("span", { class: "c-why" }, row.areas.map((area) => swatch(area)), row.match !== "exact" && h("span", { class: `why ${row.match}` }, WHY[row.match] ?? row.match), !row.verified && h("span", { class: "why unverified", title: "Fewer than two photos: not called a match" }, "unverified")));
    const since = row.seconds_since_previous;
    const item = h("li", { "data-id": row.id }, since !== undefined && h("span", { class: "since" }, `${times.span(since)} later`), summary, detail);
    Object.assign(item, { row, detail, summary });
    return item;
  }

  toggle(item, open = item.detail.hidden) {
    const list = item.parentNode;
    for (const other of list.querySelectorAll("li.open")) {
      other.classList.remove("open");
      other.detail.hidden = true;
      other.summary.setAttribute("aria-expanded", "false");
    }
    this.map.select(open ? item.row.id : null);
    if (!open) return;
    item.classList.add("open");
    item.summary.setAttribute("aria-expanded", "true");
    item.detail.hidden = false;
    if (!item.detail.hasChildNodes()) this.fill(item);
  }

  fill({ row, detail }) {
    const matched = row.match === "alternative" ? row.readings[row.matched_reading]?.plate : undefined;
    const why = { exact: "The plate as read.", "unknown-state": "The plate as read; the camera did not report a state.", "look-alike": "With look-alike characters taken for one another.", alternative: `By another reading of the same picture${matched ? `: ${matched}` : ""}.` }[row.match];
    // Some cameras list their best reading among the alternatives; it is the plate itself.
    const others = row.readings.filter((reading) => reading.plate !== row.plate);
    const fact = (name, ...value) => [h("dt", {}, name), h("dd", {}, ...value)];
    const count = Math.min(row.photos, 2);
    const photos = h("div", { class: "photos" });
    for (let index = 0; index < count; index += 1) this.openPhoto(row, index, photos);
    if (row.photos > 2) photos.append(h("button", { type: "button", class: "plain", onclick: (event) => { event.target.remove(); for (let index = 2; index < row.photos; index += 1) this.openPhoto(row, index, photos); } }, `Open ${row.photos - 2} more`));
    put(detail,
      row.photos ? photos : h("p", { class: "note warn" }, "No photo."),
      !row.verified && h("p", { class: "note warn" }, "Unverified: fewer than two photos, so this read is not called a match."),
      row.low_quality && h("p", { class: "note" }, "Low quality: the plate is small in the picture."),
      h("dl", {}, fact("Why it matched", why ?? row.match), row.raw_plate !== row.plate && fact("As the reader wrote it", h("span", { class: "mono" }, row.raw_plate)),
        others.length > 0 && fact("Other readings", h("span", { class: "mono" }, others.map((reading) => `${reading.plate} ${percent(reading.confidence)}`).join(", "))),
        fact("Read", times.node(row.scan_time)), fact("Received", times.node(row.receive_time)),
        fact("Where", `${row.lat.toFixed(5)}, ${row.lon.toFixed(5)}`), fact("Camera", `${row.camera}, ${words(row.source)}${row.commercial ? ", commercial" : ""}`), fact("Owner", row.owner)),
      h("p", { class: "hint" }, "Compare plate and state with the photos before acting. Opening photos is recorded."));
  }

  async openPhoto(row, index, into) {
    const key = `${row.id}/${index}`;
    const frame = h("div", { class: "photo" }, h("span", { class: "hint" }, "Opening…"));
    into.append(frame);
    const { query } = this.answer;
    try {
      if (!this.photos.has(key)) this.photos.set(key, await photo(`/queries/${query}/photos/${key}`));
      if (this.answer?.query !== query) { URL.revokeObjectURL(this.photos.get(key)); this.photos.delete(key); return; }
      const alt = `Photo ${index + 1} of ${row.photos}: read as ${row.plate}, ${row.camera}, ${times.text(row.scan_time)}`;
      put(frame, h("img", { src: this.photos.get(key), alt }));
    } catch (error) { put(frame, h("span", { class: "hint" }, error.status === 404 ? "This photo cannot be opened. If the answer is older than 15 minutes, ask again." : error.sentence ?? "The photo cannot be shown.")); }
  }

  /** A read that was picked on the map. */
  pick(id) {
    const item = this.node.querySelector(`[data-id="${CSS.escape(id)}"]`);
    if (!item) return;
    document.body.dataset.view = "answer";
    this.toggle(item, true);
    item.scrollIntoView({ block: "nearest" });
    item.summary.focus({ preventScroll: true });
  }

  key(event) {
    const step = { j: 1, k: -1 }[event.key.toLowerCase()];
    if (!step || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const all = [...this.node.querySelectorAll("li[data-id]")].filter((item) => item.offsetParent);
    const at = all.indexOf(document.activeElement.closest("li[data-id]"));
    all[Math.min(all.length - 1, Math.max(0, at + step))]?.summary.focus();
  }

  // Common plates: plate x area.
  drawCommon() {
    const { areas } = this.context;
    const latest = (plate) => plate.places.reduce((last, seen) => (seen && seen.last > last ? seen.last : last), "");
    const orders = { plate: (a, b) => a.plate.localeCompare(b.plate), seen: (a, b) => b.places.filter(Boolean).length - a.places.filter(Boolean).length || latest(b).localeCompare(latest(a)) };
    areas.forEach((_, index) => { orders[index] = (a, b) => (b.places[index]?.last ?? "").localeCompare(a.places[index]?.last ?? ""); });
    this.order ??= "seen";
    const plates = [...this.answer.common].sort(orders[this.order] ?? orders.seen);
    const head = (order, ...label) => h("th", { scope: "col", "aria-sort": this.order === order ? (order === "plate" ? "ascending" : "descending") : null }, h("button", { type: "button", class: "plain", onclick: () => { this.order = order; this.drawCommon(); } }, ...label));
    const minute = (instant) => times.wall(instant).replace("T", " ").slice(5);
    const day = (seen) => (seen.reads === 1 ? [minute(seen.first)] : [minute(seen.first), `– ${minute(seen.last)}`]);
    const cell = (plate, seen, index) => {
      if (!seen) return h("td", {}, h("span", { class: "quiet", "aria-label": "not seen" }, "–"));
      const label = `${plate.plate} in area ${letter(index)}: ${many(seen.reads, "read")}, open them`;
      const open = (event) => this.openCell(event.currentTarget, plate, seen, index);
      const button = { type: "button", class: "seen", title: `${times.text(seen.first)} to ${times.text(seen.last)}`, "aria-label": label, "aria-expanded": "false", onclick: open };
      return h("td", {}, h("button", button, h("b", {}, number(seen.reads)), h("span", {}, day(seen).map((text) => h("span", {}, text)))));
    };
    const line = (plate) => h("tr", {}, h("th", { scope: "row" }, plateNode(plate.plate, plate.state)), h("td", { class: "num" }, String(plate.places.filter(Boolean).length)), plate.places.map((seen, index) => cell(plate, seen, index)));
    const body = h("tbody", {}, plates.slice(0, TABLE_STEP).map(line));
    const more = h("button", { type: "button", class: "plain", onclick: () => {
      body.append(...plates.slice(body.children.length, body.children.length + TABLE_STEP).map(line));
      more.hidden = body.children.length >= plates.length;
    } }, `Show ${TABLE_STEP} more of ${number(plates.length)}`);
    more.hidden = plates.length <= TABLE_STEP;
    put(this.common, 
      h("p", { class: "hint" }, plates.length ? `${many(plates.length, "plate")} in at least two areas. Choose a cell to see its reads and photos.` : "No plate was read in two of the areas."),
      plates.length > 0 && h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Plates by area" }, h("table", {}, h("thead", {}, h("tr", {}, head("plate", "Plate"), head("seen", "Areas"), areas.map((_, index) => head(index, swatch(index))))), body)),
      more);
  }

  /** The reads behind a cell: of this answer, found through its pages. */
  async openCell(button, plate, seen, index) {
    const wasOpen = button.getAttribute("aria-expanded") === "true";
    for (const other of this.common.querySelectorAll(".seen")) other.setAttribute("aria-expanded", "false");
    this.cell?.remove();
    if (wasOpen) return;
    button.setAttribute("aria-expanded", "true");
    const list = h("ol", { class: "rows cards" }, h("li", { class: "empty" }, "Opening…"));
    this.cell = h("tr", {}, h("td", { colspan: this.context.areas.length + 2 }, h("div", { class: "cell" }, h("h3", {}, plateNode(plate.plate, plate.state), " in area ", swatch(index)), list)));
    button.closest("tr").after(this.cell);
    const found = [];
    const frame = { area: index, from: seen.first, to: new Date(Date.parse(seen.last) + 1000).toISOString() };
    try {
      for (let page = 0, pages = 1; page < pages && found.length < seen.reads; page += 1) {
        const part = await get(`/queries/${this.answer.query}/rows?${new URLSearchParams({ ...frame, page })}`);
        pages = part.pages;
        found.push(...part.rows.filter((row) => row.plate === plate.plate && row.state === plate.state));
      }
      this.drawRows(list, found);
    } catch (error) { put(list, h("li", { class: "empty" }, error.status === 404 ? "This answer is over; ask again." : error.sentence)); }
  }

  again({ query, receipt }) {
    const now = Math.ceil(Date.now() / 60_000) * 60_000;
    const [from, to] = [now - 86_400_000, now].map((instant) => h("input", { type: "datetime-local", value: times.wall(instant) }));
    const wrong = h("p", { class: "hint", role: "alert" });
    const ask = (event) => {
      event.preventDefault();
      let body;
      try { body = { from: times.instant(from.value), to: times.instant(to.value) }; } catch (error) { wrong.textContent = error.sentence; return; }
      this.run((options) => post(`/queries/${query}/again`, body, options), this.context);
    };
    return h("details", { class: "again" }, h("summary", {}, "Ask the same again over another time frame"),
      h("p", { class: "hint" }, `With the same purpose; recorded as a repeat of entry ${number(receipt.entry)}.`),
      h("form", { onsubmit: ask }, h("div", { class: "pair" }, h("label", {}, "From", from), h("label", {}, "Until, not included", to)), wrong, h("button", {}, "Ask again")));
  }
}
