// The sandbox page. It writes an order, makes the real call, shows the answer, and applies what is accepted.
// No library, no build step. Cards come as HTML from the service, cleaned there; nothing else is ever set as HTML.

const form = document.querySelector("#form");
const fields = form.elements;
const [requestBox, answerBox] = ["#request", "#answer"].map((name) => document.querySelector(name));
const [status, cards, drugs] = ["#status", "#cards", "#drugs"].map((name) => document.querySelector(name));
const people = new Map((await (await fetch("sandbox/people")).json()).map((person) => [person.id, person]));
const codes = new Map(); // label of a medicine -> RxNorm code
let service = "";
let answer = null;

// -- the form ---------------------------------------------------------------------------------------------------------

function propose() {
  const person = people.get(fields.patient.value);
  const runs = person.takes.map((one) => new Option(`${one.drug}, ${one.dose} ${one.unit} × ${one.times}`, one.id));
  fields.of.replaceChildren(new Option("none", ""), ...runs);
  const order = person.order;
  fields.action.value = order.action;
  fields.of.value = order.of ?? "";
  if (order.drug) codes.set(order.drug, order.code ?? "");
  fields.drug.value = order.drug ?? "";
  fields.dose.value = order.dose || "";
  fields.unit.value = order.unit ?? "mg";
  fields.times.value = order.times ?? 1;
  fields.as_needed.checked = Boolean(order.as_needed);
}

function written() {
  const action = fields.action.value;
  return {
    patient: fields.patient.value,
    hook: fields.hook.value,
    release: fields.release.value,
    order: {
      action,
      drug: fields.drug.value,
      code: codes.get(fields.drug.value) ?? "",
      dose: Number(fields.dose.value),
      unit: fields.unit.value,
      times: Number(fields.times.value) || 1,
      of: fields.of.value,
      as_needed: fields.as_needed.checked,
    },
  };
}

let asked = "";
fields.drug.addEventListener("input", async () => {
  const words = fields.drug.value;
  if (words.length < 3 || codes.has(words)) return;
  asked = words;
  const found = await (await fetch(`sandbox/drugs?q=${encodeURIComponent(words)}`)).json();
  if (asked !== words) return; // somebody typed on
  for (const one of found) codes.set(one.label, one.code);
  drugs.replaceChildren(...found.map((one) => new Option(one.label)));
});

form.addEventListener("change", (event) => {
  if (event.target.name === "patient") propose();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  await send(JSON.stringify(written()));
});

document.querySelector("#send").addEventListener("click", () => send(requestBox.value));

// -- the call ---------------------------------------------------------------------------------------------------------

const json = { method: "POST", headers: { "Content-Type": "application/json" } };

async function send(text) {
  status.textContent = "Asking …";
  let request;
  try {
    request = JSON.parse(text);
  } catch (error) {
    status.textContent = `This is not JSON: ${error.message}`;
    return;
  }
  if (typeof request.hook !== "string" || request.patient) {
    const reply = await fetch("sandbox/request", { ...json, body: text });
    const found = await reply.json();
    if (!reply.ok) {
      status.textContent = found.issue.map((issue) => issue.diagnostics).join(" ");
      return;
    }
    ({ service, request } = found);
  } else if (!service.startsWith(`gabaguard-${request.hook}`)) {
    service = `gabaguard-${request.hook}`;
  }
  await call(request);
}

async function call(request) {
  const drafts = request.context?.draftOrders ?? request.context?.medications;
  if (drafts && !drafts.entry?.length) {
    cards.replaceChildren();
    requestBox.value = JSON.stringify(request, null, 2);
    status.textContent = "No order is left: nothing to ask.";
    return;
  }
  const body = JSON.stringify(request);
  requestBox.value = JSON.stringify(request, null, 2);
  const began = performance.now();
  const reply = await fetch(`cds-services/${service}`, { ...json, body });
  answer = await reply.json();
  const took = performance.now() - began;
  answerBox.value = JSON.stringify(answer, null, 2);
  const dstu2 = service.endsWith("-dstu2") ? "1" : "0";
  cards.innerHTML = await (await fetch(`sandbox/show?dstu2=${dstu2}`, { ...json, body })).text();
  const count = answer.cards?.length ?? 0;
  const said = count === 0 ? "No card: nothing to say about this." : `${count} card${count > 1 ? "s" : ""}.`;
  status.textContent = reply.ok ? `${said} Answered in ${took.toFixed(0)} ms.` : `Refused: ${reply.status}.`;
}

document.querySelector("#copy").addEventListener("click", async () => {
  const url = new URL(`cds-services/${service || "gabaguard-order-sign"}`, document.baseURI);
  const body = requestBox.value.replaceAll("'", "'\\''");
  await navigator.clipboard.writeText(`curl -s -H 'Content-Type: application/json' --data '${body}' '${url}'`);
  status.textContent = "Copied.";
});

// -- accepting and going on -------------------------------------------------------------------------------------------

cards.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-suggestion]");
  if (!button) return;
  const card = answer.cards[button.dataset.card];
  const suggestion = card.suggestions[button.dataset.suggestion];
  const request = JSON.parse(requestBox.value);
  for (const action of suggestion.actions ?? []) apply(action, request);
  await give({ card: card.uuid, outcome: "accepted", acceptedSuggestions: [{ id: suggestion.uuid }] });
  await call(request);
  status.textContent = `Accepted: ${suggestion.label}. ${status.textContent}`;
});

cards.addEventListener("change", async (event) => {
  const chosen = event.target.closest("select[data-override]");
  if (!chosen?.value) return;
  const card = answer.cards[chosen.dataset.override];
  const { code, system } = card.overrideReasons[chosen.value];
  const kept = await give({ card: card.uuid, outcome: "overridden", overrideReason: { reason: { code, system } } });
  status.textContent = kept ? "The reason was noted." : "The reason could not be noted here.";
});

async function give(item) {
  const feedback = [{ ...item, outcomeTimestamp: new Date().toISOString() }];
  const body = JSON.stringify({ feedback });
  return (await fetch(`cds-services/${service}/feedback`, { ...json, body })).ok;
}

// What an EHR does with an action: on the draft orders of the request.
function apply(action, request) {
  const drafts = request.context.draftOrders ?? request.context.medications;
  if (!drafts) return;
  drafts.entry ??= [];
  const named = (resource) => `${resource.resourceType}/${resource.id}`;
  const gone = [action.resourceId ?? action.resource].flat();
  if (action.type === "delete") {
    drafts.entry = drafts.entry.filter((entry) => !gone.includes(named(entry.resource)) && !gone.includes(entry.resource.id));
  } else if (action.type === "update") {
    drafts.entry = drafts.entry.map((entry) => (named(entry.resource) === named(action.resource) ? { ...entry, resource: action.resource } : entry));
  } else {
    drafts.entry.push({ resource: { id: `accepted-${drafts.entry.length + 1}`, ...action.resource } });
  }
}

// -- tapers -----------------------------------------------------------------------------------------------------------

document.querySelector("#taper-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = JSON.stringify(Object.fromEntries(new FormData(event.target)));
  const reply = await fetch("sandbox/taper", { ...json, body });
  const place = document.querySelector("#taper");
  if (reply.ok) place.innerHTML = await reply.text();
  else place.textContent = (await reply.json()).issue.map((issue) => issue.diagnostics).join(" ");
});

propose();
