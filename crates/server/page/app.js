// The page: theme, sign-in through two doors, rules of behaviour, the three places of a question, locking when idle.

import { announce, get, h, post, put, remove, times, when } from "./api.js";
import { Answer } from "./answer.js";
import { AskForm, lists, mayAsk } from "./ask.js";
import { MapView } from "./map.js";

/** An unattended screen is hidden after this long, as the service ends its session. */
const IDLE_MS = 30 * 60_000;

const main = document.getElementById("main");
const root = document.documentElement;
/** The signed-in person's question, kept over a lock for the same person only. */
let desk = null;
let me = null;
let lastUse = Date.now();

// Theme: as the system says, until it is chosen.
function theme(choice) {
  if (choice) root.dataset.theme = choice;
  desk?.map.recolour();
}
const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
theme(localStorage.getItem("theme"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => theme());

const KEYS = [["J, K", "next, previous read"], ["Enter", "open a read and its photos"], ["Ctrl + Enter", "ask"], ["Arrows, + and −", "move and zoom the map, when it has the focus"], ["Space, Enter, Esc", "set a corner, finish, give up while drawing"], ["?", "these keys"]];
function keys() {
  const dialog = h("dialog", { "aria-label": "Keys", onclose: () => dialog.remove() }, h("h2", {}, "Keys"), h("dl", {}, KEYS.map(([key, what]) => [h("dt", {}, key), h("dd", {}, what)])), h("form", { method: "dialog" }, h("button", {}, "Close")));
  document.body.append(dialog);
  dialog.showModal();
}

function bar() {
  const button = (text, title, onclick) => h("button", { type: "button", class: "plain", title, onclick }, text);
  const toggle = button(dark() ? "Light" : "Dark", "Change between light and dark", () => {
    theme(dark() ? "light" : "dark");
    localStorage.setItem("theme", root.dataset.theme);
    toggle.textContent = dark() ? "Light" : "Dark";
  });
  const asks = me?.rules_accepted && mayAsk(me.permissions);
  put(document.getElementById("tools"), ...(asks ? [button("Keys", "Keys of this page", keys)] : []), toggle, ...(me ? [button("Sign out", "End the session", signOut)] : []));
  put(document.getElementById("who"), ...(me ? [h("b", {}, me.name), h("span", {}, `${me.unit}, ${me.agency}`), h("span", { class: `tag ${me.door}` }, me.door === "enhanced" ? "Enhanced" : "Standard")] : []));
  const places = document.getElementById("places");
  places.hidden = !asks;
  put(places, ...["Ask", "Map", "Answer"].map((place) => h("button", { type: "button", "data-to": place.toLowerCase(), onclick: () => { document.body.dataset.view = place.toLowerCase(); } }, place)));
}

async function signOut() {
  await remove("/session", { quiet: true }).catch(() => {});
  forget();
  signIn("You are signed out.");
}

function forget() {
  desk?.answer.clear();
  desk = me = null;
}

/** Hides everything. The answer is gone; the question waits for the same person. */
function lock(message) {
  if (!me) return;
  desk?.answer.clear();
  for (const dialog of document.querySelectorAll("dialog")) dialog.dispatchEvent(new Event("cancel", { cancelable: true }));
  me = null;
  remove("/session", { quiet: true }).catch(() => {});
  signIn(message);
}

when.signedOut = () => lock("Your session has ended. Sign in again; the question you were writing is kept for you.");
when.rulesChanged = () => open().catch(() => {});
for (const event of ["pointerdown", "keydown", "wheel", "touchstart"]) addEventListener(event, () => { lockIfIdle(); lastUse = Date.now(); }, { passive: true, capture: true });
const lockIfIdle = () => Date.now() - lastUse >= IDLE_MS && lock("Locked after 30 minutes without use. Sign in again; the question you were writing is kept for you.");
setInterval(lockIfIdle, 5000);
document.addEventListener("visibilitychange", lockIfIdle);

const center = (...content) => { document.body.dataset.place = "gate"; put(main, h("div", { class: "gate" }, ...content)); };

function signIn(message = "") {
  bar();
  const said = h("p", { class: "refusal", role: "alert" }, message);
  const door = (value, name, about) => h("label", { class: "door" }, h("input", { type: "radio", name: "door", value, checked: value === "plain", onchange: () => choose(value) }), h("span", {}, h("b", {}, name), h("small", {}, about)));
  const login = h("input", { id: "login", name: "username", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true });
  const password = h("input", { id: "password", type: "password", autocomplete: "current-password", required: true });
  const code = h("input", { id: "code", class: "mono", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 6 });
  const codeField = h("div", { class: "field code" }, h("label", { for: "code" }, "Code of your authenticator app, for the enhanced door"), code);
  const choose = (value) => { code.disabled = value === "plain"; };
  const button = h("button", { class: "primary" }, "Sign in");
  const form = h("form", { onsubmit: async (event) => {
    event.preventDefault();
    const chosen = form.elements.door.value;
    button.disabled = true;
    said.textContent = "";
    try {
      await post("/session", { login: login.value, password: password.value, door: chosen, code: chosen === "enhanced" ? code.value.replace(/\s/g, "") : undefined }, { quiet: true });
      lastUse = Date.now();
      await open();
    } catch (error) {
      said.textContent = error.sentence ?? "The page failed. Load it again.";
      password.value = code.value = "";
      password.focus();
    } finally { button.disabled = false; }
  } },
  h("div", { class: "doors", role: "radiogroup", "aria-label": "Door" }, door("plain", "Standard", "Full plates"), door("enhanced", "Enhanced", "Partial plates, vehicles, areas, common plates, movement. Asks for your second factor.")),
  h("div", { class: "field" }, h("label", { for: "login" }, "Sign-in name"), login), h("div", { class: "field" }, h("label", { for: "password" }, "Password"), password), codeField, button, said);
  center(h("h1", {}, "Sign in"), form, h("p", { class: "hint" }, "Recorded in a log that nobody can alter: each sign-in and failed try with its time and device, every question with its reason, and every photo that is opened."));
  choose("plain");
  login.focus();
}

/** Rules of behaviour, at each sign-in: accepted only after their end was on the screen. */
function rules() {
  const paragraphs = (text) => text.split(/\n{2,}/).map((part) => h("p", {}, part));
  const text = h("div", { class: "rules", tabindex: "0", role: "region", "aria-label": "Rules of behavior" }, paragraphs(me.rules.text), me.rules.enhanced_text && [h("h2", {}, "Enhanced functions"), paragraphs(me.rules.enhanced_text)]);
  const said = h("p", { class: "hint", role: "status" });
  const accept = h("button", { type: "button", class: "primary", disabled: true, onclick: async () => {
    accept.disabled = true;
    try {
      await post("/session/rules", { version: me.rules.version, accepted: true });
      await open();
    } catch (error) { said.textContent = error.sentence; if (error.status === 409) await open(); else accept.disabled = false; }
  } }, "I have read and accept them");
  const read = () => {
    if (!accept.disabled || text.scrollTop + text.clientHeight < text.scrollHeight - 4) return;
    accept.disabled = false;
    said.textContent = "Your acceptance is recorded.";
    text.removeEventListener("scroll", read);
  };
  text.addEventListener("scroll", read);
  said.textContent = "Scroll to the end to accept.";
  center(h("h1", {}, "Rules of behavior"), h("p", { class: "hint" }, `${me.agency}, version ${me.rules.version}. They are accepted at each sign-in.`), text, h("div", { class: "buttons" }, accept, h("button", { type: "button", class: "plain", onclick: signOut }, "Decline and sign out"), said));
  text.focus();
  requestAnimationFrame(read);
}

/** The first host operator of an empty installation, by the one-time link that the service printed. */
function firstStart(link) {
  bar();
  const said = h("p", { class: "refusal", role: "alert" });
  const field = (id, label, props) => h("div", { class: "field" }, h("label", { for: id }, label), h("input", { id, required: true, ...props }));
  const form = h("form", { onsubmit: async (event) => {
    event.preventDefault();
    const { login, name, password } = form.elements;
    try {
      await post("/first-start", { link, login: login.value, name: name.value, password: password.value }, { quiet: true });
      history.replaceState(null, "", "/");
      signIn("The first account is made. Sign in with it.");
    } catch (error) { said.textContent = error.status === 404 ? "This link was used already, or is older than a day." : error.sentence; }
  } }, field("login", "Sign-in name", { autocomplete: "username" }), field("name", "Your name", { autocomplete: "name" }), field("password", "Password", { type: "password", autocomplete: "new-password" }), h("button", { class: "primary" }, "Make the account"), said);
  center(h("h1", {}, "First start"), h("p", { class: "hint" }, "Makes the first host operator. This account creates agencies and their first managers, and sees no records."), form);
}

function makeDesk() {
  let answer;
  const map = new MapView({ onAreas: (areas) => ask.showAreas(areas), onPick: (id) => answer.pick(id) });
  const ask = new AskForm({ map, onAnswer: (view, context) => { document.body.dataset.view = "answer"; answer.show(view, context); } });
  answer = new Answer({ map, run: (work, context) => ask.run(work, context), narrow: () => { document.body.dataset.view = "ask"; ask.fields.get("from").control.focus(); } });
  ask.node.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.ctrlKey) ask.ask(false); });
  return { user: me.user, ask, map, answer };
}

/** Managers and host operators without a permission to ask: what their account is for, in place of a form that would refuse. */
function noQuestions() {
  const does = me.roles.includes("host-operator")
    ? "A host operator creates agencies and their first managers, and sees no records."
    : me.roles.includes("agency-manager")
      ? "An agency's manager makes accounts, units, reasons, cameras, rules of behavior and sharing agreements; each change is recorded."
      : "Your agency's manager grants permissions, each kind of question by itself.";
  center(h("h1", {}, "This account asks no questions"),
    h("p", {}, `${me.name} of ${me.agency} holds no permission for any kind of question, so nothing about plates can be seen here.`),
    h("p", {}, does),
    h("p", { class: "hint" }, "Managing has no page yet. It is done from a terminal or a program, through ", h("a", { href: "/api/v1/openapi.json" }, "the API"), ", with the rights of this account."));
  announce("This account asks no questions.");
}

/** Shows what the session may see: the rules first, then the question. */
async function open() {
  me = await get("/session", { quiet: true });
  times.use(me.zone);
  if (desk && desk.user !== me.user) desk = null;
  bar();
  if (!me.rules_accepted) return rules();
  if (!mayAsk(me.permissions)) return noQuestions();
  const [[reasons, colleagues], cameras] = await Promise.all([lists(), me.centre ? get("/cameras") : []]);
  const isNew = !desk;
  desk ??= makeDesk();
  desk.ask.setCaller(me, reasons, colleagues);
  if (isNew && me.centre) desk.map.setHome(me.centre, cameras);
  document.body.dataset.place = "desk";
  document.body.dataset.view = "ask";
  put(main, desk.ask.node, desk.map.node, desk.answer.node);
  announce(`Signed in as ${me.name}.`);
}

addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, dialog");
  if (event.key === "?" && !typing && document.body.dataset.place === "desk") keys();
});

times.use("UTC");
const link = location.hash.match(/^#first-start=(.+)$/)?.[1];
if (link) firstStart(decodeURIComponent(link));
else open().catch((error) => signIn(error.status === 401 ? "" : error.sentence));
