// Talks to the service, and the few helpers that every part of the page shares: elements, words and times.

/** What the service said no with, as a sentence that a person can act on. */
export class Problem extends Error {
  constructor(status, body = {}) {
    super(body.detail || body.title || "The service did not answer as expected.");
    Object.assign(this, { status, body, field: body.field, query: body.query, code: (body.type || "").split(":").pop() });
  }

  get sentence() {
    const { rule, unlock, ledger_entry: entry } = this.body;
    const refused = rule ? "Refused: " : "";
    const recorded = entry === undefined ? "" : ` Recorded as ledger entry ${number(entry)}.`;
    return refused + sentence(this.message) + (unlock ? ` ${sentence(unlock)}` : "") + recorded;
  }
}

/** With a capital letter and a full stop. */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

/** What to do when the session is over, and when the rules of behaviour changed; set once by the page. */
export const when = { signedOut() {}, rulesChanged() {} };

async function request(method, path, body, { signal, quiet } = {}) {
  const headers = {};
  if (method !== "GET") headers["x-sightline"] = "1";
  if (body !== undefined) headers["content-type"] = "application/json";
  const sent = { method, headers, signal, cache: "no-store", body: body === undefined ? undefined : JSON.stringify(body) };
  let response;
  try {
    response = await fetch(`/api/v1${path}`, sent);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { detail: "The service cannot be reached. Check the connection and try again" });
  }
  if (response.ok) return response;
  const problem = new Problem(response.status, await response.json().catch(() => ({})));
  if (problem.code === "signed-out" && !quiet) when.signedOut();
  if (problem.code === "accept-rules" && !quiet) when.rulesChanged();
  throw problem;
}

async function json(...args) {
  const response = await request(...args);
  return response.status === 204 || response.headers.get("content-length") === "0" ? null : response.json().catch(() => null);
}

export const get = (path, options) => json("GET", path, undefined, options);
export const post = (path, body, options) => json("POST", path, body, options);
export const remove = (path, options) => json("DELETE", path, undefined, options);
/** A photo as an object URL, which the caller lets go of. Opening one is recorded. */
export const photo = async (path) => URL.createObjectURL(await (await request("GET", path)).blob());

/** Makes an element. Text goes in as text, so nothing that comes from data is ever read as markup. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  return put(node, ...children);
}

/** Replaces what an element holds; what is absent or false is left out. */
export function put(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

/** Says something to a screen reader. */
export const announce = (text) => { document.getElementById("live").textContent = text; };

export const number = (value) => Number(value).toLocaleString("en-US");
/** `1 read`, `2 reads`, `10,000 reads`. */
export const many = (count, word) => `${number(count)} ${word}${Number(count) === 1 ? "" : "s"}`;
/** How many, as the service counts: exactly, or at least. */
export const counted = ({ exactly, at_least }) => (exactly === undefined ? `At least ${many(at_least, "read")}` : many(exactly, "read"));

export function squareMetres(value) {
  if (value >= 1e5) return `${(value / 1e6).toLocaleString("en-US", { maximumSignificantDigits: 3 })} km²`;
  return `${value.toLocaleString("en-US", { maximumSignificantDigits: 3 })} m²`;
}

/** Times in the agency's zone; the offset is always said. */
export const times = {
  zone: "UTC",
  use(zone) {
    this.zone = zone;
    const fields = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
    this.format = new Intl.DateTimeFormat("en-GB", { ...fields, timeZone: zone, hourCycle: "h23", timeZoneName: "longOffset" });
  },
  parts(instant) {
    const parts = Object.fromEntries(this.format.formatToParts(new Date(instant)).map((part) => [part.type, part.value]));
    const offset = parts.timeZoneName.replace("GMT", "") || "+00:00";
    return { date: `${parts.year}-${parts.month}-${parts.day}`, time: `${parts.hour}:${parts.minute}:${parts.second}`, offset };
  },
  text(instant) {
    const { date, time, offset } = this.parts(instant);
    return `${date} ${time} ${offset}`;
  },
  /** A `<time>` in the agency's zone, with UTC on hover. */
  node(instant) {
    const { date, time, offset } = this.parts(instant);
    const utc = `${new Date(instant).toISOString().replace("T", " ").replace(/(\.000)?Z$/, "")} UTC`;
    return h("time", { datetime: instant, title: utc }, `${date} ${time}`, h("span", { class: "offset" }, ` ${offset}`));
  },
  /** The value of a `datetime-local` input for an instant. */
  wall(instant) {
    const { date, time } = this.parts(instant);
    return `${date}T${time.slice(0, 5)}`;
  },
  /** The instant that an input means, with its offset. A clock that jumps makes some of them mean two instants, or none. */
  instant(wall, field) {
    if (!wall) return undefined;
    const around = [-86400e3, 86400e3].map((shift) => this.parts(Date.parse(`${wall}Z`) + shift).offset);
    const readings = [...new Set(around)].map((offset) => `${wall.length === 16 ? `${wall}:00` : wall}${offset}`);
    const real = readings.filter((reading) => this.wall(Date.parse(reading)) === wall.slice(0, 16));
    if (real.length === 1) return real[0];
    const detail = real.length === 0 ? "The clock jumps over this time. Choose one before or after"
      : `The clock shows this time twice (${real.join(" and ")}). Choose one before or after`;
    throw new Problem(0, { detail, field });
  },
  /** `2 h 05 min`. */
  span(seconds) {
    const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
    if (days) return `${days} d ${hours} h`;
    if (hours) return `${hours} h ${String(minutes).padStart(2, "0")} min`;
    return minutes ? `${minutes} min ${String(seconds % 60).padStart(2, "0")} s` : `${seconds} s`;
  },
};
