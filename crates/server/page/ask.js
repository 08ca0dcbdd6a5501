// The question: first why, then what. Says what a pattern accepts and how the question reads, and handles a no.

import { get, h, many, number, post, Problem, put, sentence, squareMetres, times } from "./api.js";
import { letter, readAreas, roughArea, swatch } from "./map.js";

const PLATE = ["full-plate", "partial-plate", "movement"];
const VEHICLE = ["partial-plate", "make-model", "area", "common-plate"];
const AREAS = ["area", "common-plate"];
/** Kinds without a plate must say at whom or what they aim. */
const TARGET = ["make-model", ...AREAS];
/** Word, name, permission, what comes back. */
export const KINDS = [
  ["full-plate", "Full plate", "full", "Every read of one plate, newest first."],
  ["partial-plate", "Partial plate", "partial", "Plates of which some characters are known."],
  ["make-model", "Make and model", "make-model", "Vehicles like a description, wherever they were read."],
  ["area", "Area", "area", "Every plate that was read inside areas on the map."],
  ["common-plate", "Common plate", "common", "Plates that were read in at least two areas."],
  ["movement", "Movement", "movement", "One vehicle's reads in order of time. More sensitive than single reads: a permission of its own."],
];
const FRAMES = [["24 hours", 1], ["7 days", 7], ["30 days", 30]];
const US = "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,DC District of Columbia,FL Florida,GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,KY Kentucky,LA Louisiana,ME Maine,MD Maryland,MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,MO Missouri,MT Montana,NE Nebraska,NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,PR Puerto Rico,RI Rhode Island,SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,WA Washington,WV West Virginia,WI Wisconsin,WY Wyoming";
const CA = "AB Alberta,BC British Columbia,MB Manitoba,NB New Brunswick,NL Newfoundland and Labrador,NS Nova Scotia,NT Northwest Territories,NU Nunavut,ON Ontario,PE Prince Edward Island,QC Quebec,SK Saskatchewan,YT Yukon";
const MX = "BCN Baja California,COA Coahuila,CHH Chihuahua,NLE Nuevo León,SON Sonora,TAM Tamaulipas";
const MAKES = "bmw,chevrolet,dodge,ford,gmc,honda,hyundai,jeep,kia,mercedes-benz,nissan,ram,subaru,tesla,toyota,volkswagen";
const COLOURS = "beige,black,blue,brown,gray,green,orange,red,silver,white,yellow";
/** Names that policy and the question's reader use for a field of the form. */
const SAME_FIELD = { places: "areas", pattern: "plate", tokens: "plate", time_frame: "from", vehicle: "vehicle.make", target: "purpose.target.description", "purpose.target": "purpose.target.description" };

/** What a pattern accepts, in words. `star` is what the agency's policy says that `*` means. */
export function accepts(text, kind, star) {
  const characters = [...text.normalize("NFKC").toUpperCase()].filter((character) => !/[\s\-.·•‧/]/.test(character));
  if (!characters.length) return kind === "partial-plate" ? "" : "Spaces and hyphens do not count.";
  const strange = characters.find((character) => !/[\p{L}\p{N}*?]/u.test(character));
  if (strange) return `“${strange}” is not part of a plate: letters and digits${kind === "partial-plate" ? ", * and ?" : ""} only.`;
  const wild = characters.filter((character) => "*?".includes(character)).length;
  if (kind !== "partial-plate") return wild ? "A full plate has no * or ?. Choose “Partial plate” for those." : `Accepts ${characters.join("")} only.`;
  const anyRun = (character) => character === "*" && star === "any";
  const words = characters.join("").match(/[^*?]+|[*?]/g).map((part) => anyRun(part) ? "any run of characters, or none" : "*?".includes(part) ? "one character" : part);
  const least = characters.filter((character) => !anyRun(character)).length;
  const length = characters.some(anyRun) ? `${least} characters or more` : `exactly ${many(least, "character")}`;
  return `Accepts ${words.join(" + ")}: ${length}, ${characters.length - wild} known.`;
}

const options = (list, country) => list.split(",").map((item) => h("option", { value: `${country}-${item.split(" ")[0]}` }, `${item.slice(item.indexOf(" ") + 1)} (${item.split(" ")[0]})`));
let lastId = 0;

export class AskForm {
  constructor({ map, onAnswer }) {
    Object.assign(this, { map, onAnswer, kind: "full-plate", fields: new Map() });
    this.node = h("form", { class: "ask", novalidate: true, autocomplete: "off", "aria-label": "Ask" }, h("div", { class: "ask-fields" }, h("h1", { class: "unseen" }, "Ask"), this.why(), this.what()), this.foot());
    this.node.addEventListener("submit", (event) => { event.preventDefault(); this.ask(event.submitter?.value === "preview"); });
    this.node.addEventListener("input", (event) => { this.clearProblem(event.target.closest("[data-field]")); this.refresh(); });
    this.setFrame(7);
  }

  // Fields. `kinds` are the kinds of question that have the field.
  field(name, label, control, { hint, kinds } = {}) {
    const id = `f${++lastId}`;
    control.id = id;
    control.setAttribute("aria-describedby", `${id}h`);
    const said = h("p", { class: "hint", id: `${id}h` }, hint ?? "");
    const node = h("div", { class: "field", "data-field": name }, h("label", { for: id }, label), control, said);
    this.fields.set(name, { node, control, said, hint: hint ?? "", kinds });
    return node;
  }

  check(name, label, kinds) {
    const control = h("input", { type: "checkbox" });
    const said = h("p", { class: "hint" });
    const node = h("div", { class: "field check", "data-field": name }, h("label", {}, control, h("span", {}, label)), said);
    this.fields.set(name, { node, control, said, hint: "", kinds });
    return node;
  }

  value(name) { return this.fields.get(name).control.value.trim() || undefined; }
  checked(name) { return this.fields.get(name).control.checked; }
  hint(name, text) { const field = this.fields.get(name); field.hint = text; if (field.control.getAttribute("aria-invalid") !== "true") field.said.textContent = text; }

  why() {
    return h("fieldset", {}, h("legend", {}, "1 · Why"),
      this.field("purpose.reason", "Reason", h("select", {}), { hint: "From your agency's list." }),
      h("div", { class: "pair" },
        this.field("purpose.case_reference", "Case reference", h("input", { maxlength: 200 })),
        this.field("purpose.on_behalf_of", "For whom", h("select", {}))),
      this.field("purpose.justification", "Justification", h("textarea", { rows: 2, maxlength: 4000 }), { hint: "Why this has to be asked, in your own words." }),
      this.check("purpose.not_based_on_trait", "This does not rest on a protected trait, or on speech, assembly or worship."));
  }

  /** What a kind needs to know of the person, the thing or the place; it stands below the kinds, so that choosing one moves nothing above. */
  whom() {
    const targets = [["", "Choose…"], ["person", "A person"], ["vehicle", "A vehicle"], ["criminal-activity", "Criminal activity"]];
    return [
      this.field("purpose.subject", "Subject", h("input", { maxlength: 200 }), { kinds: PLATE, hint: "Whom or what the plate belongs to, as far as you know." }),
      h("div", { class: "pair", "data-kinds": TARGET.join(" ") },
        this.field("purpose.target.kind", "Aimed at", h("select", {}, targets.map(([value, name]) => h("option", { value }, name))), { kinds: TARGET }),
        this.field("purpose.target.description", "Which one", h("input", { maxlength: 200 }), { kinds: TARGET })),
      this.field("purpose.suspicion_facts", "Facts of suspicion", h("textarea", { rows: 2, maxlength: 4000 }), { kinds: AREAS, hint: "What links these areas with the investigation." }),
      this.check("purpose.place_linked_to_case", "The place, not the people in it, links to the case.", AREAS),
    ];
  }

  what() {
    const choice = ([word, name]) => h("label", { class: "kind", "data-kind": word }, h("input", { type: "radio", name: "kind", value: word, checked: word === this.kind, onchange: () => this.choose(word) }), h("span", {}, name, h("small", {})));
    const datalist = (id, words) => h("datalist", { id }, words.split(",").map((word) => h("option", { value: word })));
    const state = h("select", {}, h("option", { value: "" }, "Any state"), h("optgroup", { label: "United States" }, options(US, "US")), h("optgroup", { label: "Canada" }, options(CA, "CA")), h("optgroup", { label: "Mexico" }, options(MX, "MX")), h("option", { value: "other" }, "Another code…"));
    this.otherState = h("input", { placeholder: "ISO 3166 code, such as MX-JAL", "aria-label": "Code of the state", hidden: true });
    state.addEventListener("change", () => { this.otherState.hidden = state.value !== "other"; if (state.value === "other") this.otherState.focus(); });
    const stateField = this.field("state", "State", state);
    state.after(this.otherState);
    return h("fieldset", {}, h("legend", {}, "2 · What"),
      h("div", { class: "kinds", role: "radiogroup", "aria-label": "Kind of question" }, KINDS.map(choice)),
      this.kindNote = h("p", { class: "note" }),
      this.whom(),
      this.field("plate", "Plate", h("input", { class: "plate", maxlength: 64, spellcheck: "false", autocapitalize: "characters" }), { kinds: PLATE }),
      this.starNote = h("p", { class: "hint star" }),
      stateField,
      h("div", { class: "checks", "data-kinds": PLATE.join(" ") },
        this.check("look_alikes", "Also look-alikes: O\u00a00\u00a0D\u00a0Q, I\u00a01\u00a0L, B\u00a08, S\u00a05, Z\u00a02, G\u00a06", PLATE),
        this.check("alternatives", "Also the reader's other readings", PLATE)),
      h("div", { class: "four", "data-kinds": VEHICLE.join(" ") },
        this.field("vehicle.make", "Make", h("input", { list: "makes", maxlength: 40 }), { kinds: VEHICLE }),
        this.field("vehicle.model", "Model", h("input", { maxlength: 40 }), { kinds: VEHICLE }),
        this.field("vehicle.colour", "Color", h("input", { list: "colours", maxlength: 40 }), { kinds: VEHICLE }),
        this.field("vehicle.year", "Year", h("input", { inputmode: "numeric", maxlength: 4 }), { kinds: VEHICLE })),
      datalist("makes", MAKES), datalist("colours", COLOURS),
      this.areasPart(),
      h("div", { class: "frame" }, this.field("from", "From", h("input", { type: "datetime-local" })), this.field("to", "Until", h("input", { type: "datetime-local" }))),
      h("p", { class: "chips" }, h("span", { class: "label" }, "Last"), FRAMES.map(([name, days]) => h("button", { type: "button", class: "chip", onclick: () => { this.setFrame(days); this.refresh(); } }, name))),
      this.zoneNote = h("p", { class: "hint" }));
  }

  areasPart() {
    this.areaList = h("ul", { class: "areas" });
    this.measured = h("p", { class: "hint", role: "status" });
    const pasted = h("textarea", { rows: 4, "aria-label": "Coordinates or GeoJSON", placeholder: "34.0012, -140.0021\n34.0030, -140.0021\n34.0030, -139.9990\nor GeoJSON" });
    const add = () => {
      try {
        this.map.setAreas([...this.map.areas, ...readAreas(pasted.value)]);
        this.map.fit();
        pasted.value = "";
        this.clearProblem(this.fields.get("areas").node);
      } catch (error) { this.mark("areas", `${error instanceof TypeError ? "This is not GeoJSON of polygons" : error.message}.`); }
    };
    const draw = (mode) => { document.body.dataset.view = "map"; this.map.draw(mode); this.map.canvas.focus({ focusVisible: false }); };
    const part = h("div", { tabindex: "-1", class: "areas-part" }, this.areaList,
      h("p", { class: "chips" }, h("button", { type: "button", class: "chip", onclick: () => draw("polygon") }, "Draw a polygon"), h("button", { type: "button", class: "chip", onclick: () => draw("rectangle") }, "Draw a rectangle")),
      h("details", {}, h("summary", {}, "Type coordinates or paste GeoJSON"), pasted, h("button", { type: "button", onclick: add }, "Add")),
      this.measured);
    const said = h("p", { class: "hint" });
    const node = h("div", { class: "field", "data-field": "areas", role: "group", "aria-label": "Areas" }, h("span", { class: "label" }, "Areas"), part, said);
    this.fields.set("areas", { node, control: part, said, hint: "", kinds: AREAS });
    return node;
  }

  foot() {
    this.stop = h("button", { type: "button", class: "plain", hidden: true, onclick: () => this.abort?.abort() }, "Stop waiting");
    this.refusal = h("div", { class: "refusal", role: "alert" });
    return h("div", { class: "ask-foot" }, this.refusal, this.sentence = h("p", { class: "sentence" }),
      h("div", { class: "buttons" }, h("button", { class: "primary", value: "ask" }, "Ask"), h("button", { value: "preview", title: "How many reads match and roughly where, before any plate is shown" }, "Preview"), this.progress = h("span", { class: "hint" }), this.stop));
  }

  /** Fills in who asks: reasons, colleagues, doors, the zone. */
  setCaller(me, reasons, colleagues) {
    this.me = me;
    const keep = (name, items) => { const { control } = this.fields.get(name); const before = control.value; control.replaceChildren(...items); control.value = before; if (control.selectedIndex < 0) control.selectedIndex = 0; };
    this.reasons = reasons;
    keep("purpose.reason", [h("option", { value: "" }, reasons.length ? "Choose…" : "No reason is open to your unit"), ...reasons.map((reason) => h("option", { value: reason.code }, `${reason.label} (${reason.code})`))]);
    keep("purpose.on_behalf_of", [h("option", { value: "" }, "Myself"), ...colleagues.map((one) => h("option", { value: one.user }, one.name))]);
    for (const [word, , permission] of KINDS) {
      const missing = !me.permissions.includes(permission) ? "no permission" : me.door === "plain" && word !== "full-plate" ? "enhanced" : "";
      this.node.querySelector(`[data-kind="${word}"] small`).textContent = missing;
    }
    this.zoneNote.textContent = `Times at ${times.parts(Date.now()).offset}; the end is not included.`;
    this.zoneNote.title = me.zone;
    this.choose(this.kind);
  }

  choose(kind) {
    this.kind = kind;
    const [, name, permission, about] = KINDS.find(([word]) => word === kind);
    for (const field of this.fields.values()) field.node.hidden = Boolean(field.kinds) && !field.kinds.includes(kind);
    for (const node of this.node.querySelectorAll("[data-kinds]")) node.hidden = !node.dataset.kinds.split(" ").includes(kind);
    const lacks = !this.me.permissions.includes(permission), plain = this.me.door === "plain" && kind !== "full-plate";
    this.kindNote.textContent = lacks ? `${about} Your account has no permission for it: asking is refused, and the refusal is recorded. Your agency's manager grants permissions.`
      : plain ? `${about} It shows more than one plate's reads, so it needs the enhanced door: sign out, and in again with your second factor. Through this door it is refused, and the refusal is recorded.` : about;
    this.kindNote.classList.toggle("warn", lacks || plain);
    this.fields.get("plate").node.firstChild.textContent = kind === "partial-plate" ? "Plate pattern" : "Plate";
    this.starNote.textContent = this.me.star === "one" ? "* and ? each stand for exactly one character: AB*123 finds ABC123." : "* stands for any run of characters, also none; ? for exactly one: AB*12? finds AB12C and ABXX12C.";
    this.starNote.hidden = kind !== "partial-plate";
    this.clearProblem();
    this.showAreas(this.map.areas);
  }

  setFrame(days) {
    const until = Math.ceil(Date.now() / 60_000) * 60_000;
    this.fields.get("from").control.value = times.wall(until - days * 86_400_000);
    this.fields.get("to").control.value = times.wall(until);
  }

  // What was typed, said back while it is typed.
  refresh() {
    if (!this.me) return;
    const { kind } = this;
    const reason = this.reasons.find(({ code }) => code === this.value("purpose.reason"));
    this.hint("purpose.reason", reason ? `${reason.criminal ? "Criminal" : "Administrative"} · ${reason.authority} · at most ${number(reason.look_back_days)} days back` : "From your agency's list.");
    const plate = this.value("plate");
    this.hint("plate", accepts(plate ?? "", kind, this.me.star));
    const frame = ["from", "to"].map((name) => this.value(name)?.replace("T", " ") ?? "…");
    const vehicle = ["year", "colour", "make", "model"].map((name) => this.value(`vehicle.${name}`)).filter(Boolean).join(" ");
    const areas = many(this.map.areas.length, "area");
    const subject = { "full-plate": `Reads of ${plate ?? "…"}`, "partial-plate": `Plates like ${plate ?? "…"}`, "make-model": `Vehicles`, area: `Every plate in ${areas}`, "common-plate": `Plates in at least two of ${areas}`, movement: `Movement of ${plate ?? "…"}` }[kind];
    const state = this.state();
    this.sentence.textContent = `${[subject, state, VEHICLE.includes(kind) && vehicle].filter(Boolean).join(", ")}, ${frame[0]} to ${frame[1]}.`;
  }

  state() { const value = this.value("state"); return value === "other" ? this.otherState.value.trim() || undefined : value; }

  showAreas(areas) {
    if (!this.me) return;
    const own = this.kind === "common-plate";
    put(this.areaList, ...areas.map((area, index) => {
      const input = (name) => h("input", { type: "datetime-local", value: area[name] ?? "", "aria-label": `Area ${letter(index)} ${name}`, oninput: (event) => { area[name] = event.target.value; } });
      const drop = () => this.map.setAreas(areas.filter((other) => other !== area));
      return h("li", {}, swatch(index), h("span", { class: "size" }, squareMetres(area.squareMetres ?? roughArea(area.coordinates[0]))), h("span", { class: "hint" }, many(area.coordinates[0].length - 1, "corner")),
        h("button", { type: "button", class: "plain", onclick: drop, "aria-label": `Remove area ${letter(index)}` }, "Remove"),
        own && h("details", { open: Boolean(area.from || area.to) }, h("summary", {}, "Its own time frame"), h("div", { class: "pair" }, input("from"), input("to"))));
    }));
    if (!areas.length) put(this.areaList, h("li", { class: "hint" }, own ? "None yet. Draw at least two." : "None yet."));
    this.refresh();
    clearTimeout(this.measuring);
    if (areas.length && AREAS.includes(this.kind)) this.measuring = setTimeout(() => this.measure(areas), 300);
    else this.measured.textContent = "";
  }

  /** Size and cameras; how many reads there are is not known before a recorded preview. */
  async measure(areas) {
    try {
      const { square_metres: sizes, cameras } = await post("/areas/measure", { areas: areas.map(({ coordinates }) => ({ coordinates })) });
      if (areas !== this.map.areas) return;
      areas.forEach((area, index) => { area.squareMetres = sizes[index]; });
      this.areaList.querySelectorAll(".size").forEach((node, index) => { node.textContent = squareMetres(sizes[index]); });
      this.measured.textContent = `${squareMetres(sizes.reduce((a, b) => a + b, 0))} together, ${many(cameras, "fixed camera")} inside.`;
    } catch (error) { if (error instanceof Problem) this.showProblem(error); }
  }

  body(preview) {
    const { kind } = this;
    const takes = (kinds) => kinds.includes(kind);
    const question = { kind, state: this.state(), from: times.instant(this.value("from"), "question.from"), to: times.instant(this.value("to"), "question.to") };
    if (takes(PLATE)) Object.assign(question, { plate: this.value("plate") ?? "", look_alikes: this.checked("look_alikes"), alternatives: this.checked("alternatives") });
    if (takes(VEHICLE)) {
      const year = this.value("vehicle.year");
      if (year && !/^\d{4}$/.test(year)) throw new Problem(0, { detail: "A year has four digits", field: "question.vehicle.year" });
      question.vehicle = { make: this.value("vehicle.make"), model: this.value("vehicle.model"), colour: this.value("vehicle.colour"), year: year && Number(year) };
    }
    if (takes(AREAS)) {
      const own = (area, index, end) => (kind === "common-plate" ? times.instant(area[end], `question.areas[${index}]`) : undefined);
      question.areas = this.map.areas.map((area, index) => ({ type: "Polygon", coordinates: area.coordinates, from: own(area, index, "from"), to: own(area, index, "to") }));
    }
    const [target, description] = ["kind", "description"].map((part) => (takes(TARGET) ? this.value(`purpose.target.${part}`) : undefined));
    const purpose = {
      reason: this.value("purpose.reason"), case_reference: this.value("purpose.case_reference"), justification: this.value("purpose.justification"), on_behalf_of: this.value("purpose.on_behalf_of"),
      subject: takes(PLATE) ? this.value("purpose.subject") : undefined, suspicion_facts: takes(AREAS) ? this.value("purpose.suspicion_facts") : undefined,
      target: target || description ? { kind: target ?? "", description: description ?? "" } : undefined,
      place_linked_to_case: takes(AREAS) && this.checked("purpose.place_linked_to_case"), not_based_on_trait: this.checked("purpose.not_based_on_trait"),
    };
    return { question, purpose, preview };
  }

  ask(preview) {
    this.clearProblem();
    let body;
    try { body = this.body(preview); } catch (error) { return this.showProblem(error); }
    return this.run((options) => post("/queries", body, options), { kind: this.kind, areas: body.question.areas ?? [] });
  }

  /** Asks, with progress after a second and a way to stop; a large answer is confirmed or narrowed. */
  async run(work, context) {
    if (this.abort) return;
    this.clearProblem();
    this.abort = new AbortController();
    const began = Date.now();
    const tick = setInterval(() => { this.progress.textContent = `Searching, ${Math.round((Date.now() - began) / 1000)} s`; this.stop.hidden = false; }, 1000);
    this.node.toggleAttribute("data-busy", true);
    let next;
    try {
      this.onAnswer(await work({ signal: this.abort.signal }), context);
    } catch (error) {
      if (error.name === "AbortError") this.refusal.textContent = "You stopped waiting, so nothing is shown. The question is probably recorded already.";
      else if (error.code === "needs-confirmation") next = error;
      else if (error.code !== "signed-out") this.showProblem(error);
    } finally {
      clearInterval(tick);
      this.abort = null;
      this.progress.textContent = "";
      this.stop.hidden = true;
      this.node.toggleAttribute("data-busy", false);
    }
    if (next && (await this.confirmLarge(next, context.kind))) await this.run((options) => post(`/queries/${next.query}/show`, { confirm_large: true }, options), context);
  }

  /** The dialog of 10,000 or more: ways to narrow come first. */
  confirmLarge(problem, kind) {
    const ways = [["from", "Shorten the time frame"], PLATE.includes(kind) ? ["plate", "Give more of the plate"] : null, AREAS.includes(kind) ? ["areas", "Draw smaller areas"] : null, VEHICLE.includes(kind) ? ["vehicle.make", "Say make, model, color or year"] : null, ["state", "Choose the state"]];
    const exact = h("p", { class: "hint", role: "status" }, "At least 10,000; counting all takes longer and is recorded.");
    const count = h("button", { type: "button", onclick: async () => {
      count.disabled = true;
      exact.textContent = "Counting…";
      try {
        const { exactly, incomplete, ledger_entry: entry } = await post(`/queries/${problem.query}/count`);
        exact.textContent = `${incomplete.length ? "At least" : "Exactly"} ${many(exactly, "read")}${incomplete.length ? "; a damaged part of the store did not answer" : ""}. Recorded as entry ${number(entry)}.`;
      } catch (error) { exact.textContent = error.sentence; count.disabled = false; }
    } }, "Count exactly");
    return new Promise((resolve) => {
      const done = (shown, field) => { dialog.close(); dialog.remove(); resolve(shown); if (field) this.focus(field); };
      const dialog = h("dialog", { "aria-labelledby": "large" },
        h("h2", { id: "large" }, "At least 10,000 reads match"),
        h("p", {}, "A narrower question shows every match and touches fewer people. How can it be narrowed?"),
        h("div", { class: "ways" }, ways.filter(Boolean).map(([field, name]) => h("button", { type: "button", onclick: () => done(false, field) }, name))),
        h("div", { class: "exact" }, count, exact),
        h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => done(true) }, "Show the newest 5,000"), h("button", { type: "button", class: "plain", onclick: () => done(false) }, "Cancel")));
      dialog.addEventListener("cancel", (event) => { event.preventDefault(); done(false); });
      document.body.append(dialog);
      dialog.showModal();
    });
  }

  focus(name) {
    document.body.dataset.view = "ask";
    const { control } = this.fields.get(name);
    control.focus();
    control.scrollIntoView({ block: "center" });
  }

  mark(name, text) {
    const { control, said, node } = this.fields.get(name);
    control.setAttribute("aria-invalid", "true");
    node.classList.add("wrong");
    said.textContent = sentence(text);
  }

  showProblem(problem) {
    if (!(problem instanceof Problem)) throw problem;
    this.refusal.textContent = problem.sentence;
    const path = (problem.field ?? "").replace(/\[\d+\].*/, "").replace(/^(question|criteria)\./, "");
    const name = this.fields.has(path) ? path : SAME_FIELD[path];
    if (!name || this.fields.get(name).node.hidden) return this.refusal.scrollIntoView({ block: "nearest" });
    this.mark(name, problem.message);
    this.focus(name);
  }

  /** Takes marks away: of one field, or of all. */
  clearProblem(node) {
    for (const field of this.fields.values()) {
      if (node && field.node !== node) continue;
      if (node?.classList.contains("wrong")) this.refusal.textContent = "";
      field.control.removeAttribute("aria-invalid");
      field.node.classList.remove("wrong");
      field.said.textContent = field.hint;
    }
    if (!node) this.refusal.textContent = "";
  }
}

/** Whether any kind of question is open to these permissions. */
export const mayAsk = (permissions) => KINDS.some(([, , permission]) => permissions.includes(permission));

/** Reason codes and colleagues of the caller, for the form. */
export const lists = () => Promise.all([get("/reasons"), get("/colleagues")]);
