// The chat itself: what is kept, what is sent, what is heard, and what the page may ask of it.
const MARK_MS = 300;
const TYPING_MS = 3000;

const script = document.currentScript || document.querySelector("script[data-account][src*='/chat/widget.js']");
const given = script.dataset;
const base = new URL(".", script.src).href + encodeURIComponent(given.account || "main");
const language = given.lang || document.documentElement.lang || navigator.language || "en";
const say = textsFor(language);
const byLanguage = RIGHT_TO_LEFT.has(language.toLowerCase().split("-")[0]) ? "rtl" : "ltr";
const direction = given.dir || (!given.lang && document.documentElement.dir) || byLanguage;
const prefix = `maitred:${base}:`;
const shelf = makeShelf(prefix);
const fileStore = makeFileStore(prefix);
const listeners = new Map();
let house = shelf.get("house");
let welcomed = false;
let identity = null;
let visitor = "";
let signedIn = false;
let marking = 0;
let marked = {};
let typedAt = 0;

const log = makeLog({
  say,
  language,
  pictures: "pictures" in given,
  onedit: (id) => panel.change(shelf.line(id)),
  onerase: (id) => alter(id, { type: "delete" }),
  onagain: again,
  onfile: download,
});
const proof = makeProof({
  say,
  language,
  ask: (frame) => welcomed && link.send(frame),
  onproven(kind) {
    panel.focusText();
    emit("verified", { kind });
  },
});
const panel = makePanel({ direction, side: given.side, accent: given.accent, theme: given.theme, title: given.title || "" }, {
  log,
  proof,
  say,
  language,
  onsay: write,
  ontyping() {
    if (!welcomed || Date.now() - typedAt < TYPING_MS) return;
    typedAt = Date.now();
    link.send({ type: "typing" });
  },
  onchange: (id, text) => alter(id, { type: "edit", text }),
  onpre(who, question) {
    shelf.put("who", who);
    write(question, []);
    configure();
    panel.focusText();
  },
  onopen() {
    link.open();
    lookedAt();
    emit("open");
  },
  onclose: () => emit("close"),
});
const link = makeLink(base.replace(/^http/, "ws"), {
  hello() {
    return { type: "hello", token: shelf.get("token"), after: shelf.get("after") || 0, ...(identity ? { identity } : {}) };
  },
  heard(frame) {
    if (Object.hasOwn(heard, frame.type)) heard[frame.type](frame);
  },
  lost() {
    welcomed = false;
    marked = {};
    log.typing(false);
    sender.lost();
    proof.lost();
    panel.connection("offline");
    if (!house) {
      house = { title: "", pre_chat: {}, files: { count: 0, bytes: 0, total: 0, types: [] } };
      configure();
    }
  },
});

const sender = makeSender({
  shelf,
  fileStore,
  link,
  base,
  say,
  keep,
  emit,
  name: prefix,
  isReady: () => welcomed,
  identity: () => identity,
  onprogress: log.progress,
});

function emit(name, detail = {}) {
  listeners.get(name)?.forEach((each) => each(detail));
  window.dispatchEvent(new CustomEvent(`maitred:${name}`, { detail }));
}

function configure() {
  const isNew = !signedIn && !shelf.get("who") && !shelf.lines().some((each) => each.mine);
  panel.configure(house, isNew);
}

function where() {
  return {
    page: location.href.slice(0, 8192),
    referrer: document.referrer.slice(0, 8192),
    title: document.title.slice(0, 1000),
    language: navigator.language,
  };
}

function keep(line) {
  shelf.keep(line);
  log.show(line);
}

// Say something; returns why that cannot be, if it cannot.
function write(text, files) {
  if (shelf.waiting().length >= WAITING_MAX) return "full";
  if (text.length > TEXT_MAX) return "tooLong";
  const now = Date.now();
  const id = newId();
  typedAt = 0;
  const out = { type: "message", id, since: now, text, ...where(), ...shelf.get("who") };
  const listed = files.map(({ name, type, size }) => ({ name, type, size }));
  const stored = files.length ? fileStore.put(id, files) : Promise.resolve();
  keep({ id, mine: true, at: now, time: now, text, files: listed, state: "waiting", out });
  stored.then(sender.drain);
  emit("message", { id, text });
  return "";
}

function alter(id, change) {
  const line = shelf.line(id);
  if (!line) return;
  const isErased = change.type === "delete";
  const out = { ...change, id: newId(), target: id, since: Date.now() };
  keep({ ...line, text: isErased ? "" : change.text, edited: !isErased, erased: isErased, state: "waiting", out });
  panel.focusText();
  sender.drain();
}

function again(id) {
  const line = shelf.line(id);
  if (!line?.failed) return;
  keep({ ...line, failed: undefined, problem: "", state: "waiting", out: { ...line.failed, since: Date.now() } });
  panel.focusText();
  sender.drain();
}

async function download(file, button) {
  button.setAttribute("aria-busy", "true");
  try {
    const headers = { Authorization: `Bearer ${shelf.get("token")}` };
    const response = await fetch(`${base}/files/${file.handle}`, { headers });
    if (!response.ok) throw new Error(String(response.status));
    const address = URL.createObjectURL(await response.blob());
    make("a", { href: address, download: file.name || "file" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  } catch {
    panel.tell(say("noFile", { name: file.name }));
  }
  button.removeAttribute("aria-busy");
}

function lookedAt() {
  const after = shelf.get("after") || 0;
  if (panel.isOpen() && !document.hidden && after > (shelf.get("looked") || 0)) shelf.put("looked", after);
  const looked = shelf.get("looked") || 0;
  const unread = shelf.lines().filter((each) => !each.mine && each.seq > looked).length;
  panel.unread(unread);
  clearTimeout(marking);
  marking = setTimeout(() => {
    mark("received", "delivered", after);
    mark("read", "read", looked);
  }, MARK_MS);
  return unread;
}

function mark(type, state, seq) {
  const after = shelf.get(state) || 0;
  if (!welcomed || seq <= Math.max(after, marked[state] || 0)) return;
  if (link.send({ type, seq, after })) marked[state] = seq;
}

function forget() {
  visitor = "";
  shelf.forget();
  fileStore.forget();
  log.clear();
  proof.forget();
  panel.unread(0);
  house = null;
}

const heard = {
  welcome(frame) {
    visitor = frame.visitor;
    shelf.put("token", frame.token);
    if (!frame.resumed) startAnew();
    house = { title: frame.title, pre_chat: frame.pre_chat, files: frame.files };
    shelf.put("house", house);
    signedIn = frame.signed_in;
    welcomed = true;
    configure();
    panel.connection("online");
    proof.offer(frame.offers, frame.verified);
    lookedAt();
    sender.drain();
    emit("ready", { resumed: frame.resumed, signedIn });
  },
  ack: (frame) => sender.answered(frame),
  reply(frame) {
    if (frame.seq <= (shelf.get("after") || 0) && shelf.line(frame.id)) return;
    const earlier = frame.target ? shelf.line(frame.target) : null;
    if (earlier && earlier.seq > frame.seq) return;
    log.typing(false);
    const line = {
      id: earlier ? earlier.id : frame.id,
      at: earlier ? earlier.at : Date.now(),
      time: frame.at,
      seq: frame.seq,
      text: frame.text,
      name: frame.name,
      picture: frame.picture,
      // An edit changes the words and leaves the files.
      files: frame.files || earlier?.files,
      edited: Boolean(frame.target),
    };
    keep(line);
    shelf.put("after", Math.max(frame.seq, shelf.get("after") || 0));
    const unread = lookedAt();
    emit("reply", { id: frame.id, text: frame.text, name: frame.name, unread });
  },
  typing: () => log.typing(true),
  // Whoever has read a message has read what came before it.
  read(frame) {
    const mine = shelf.lines().filter((each) => each.mine && !each.out && !each.failed);
    const last = mine.findIndex((each) => each.message === frame.message);
    mine.slice(0, last + 1).filter((each) => each.state !== "seen").forEach((each) => keep({ ...each, state: "seen" }));
  },
  verifying: proof.verifying,
  verified: proof.verified,
  marked(frame) {
    shelf.put(frame.state, Math.max(frame.seq, shelf.get(frame.state) || 0));
  },
  error(frame) {
    if (frame.code === "bad_token") shelf.drop("token");
    else if (frame.code === "bad_identity") emit("identity", { valid: false });
    else if (proof.error(frame)) return;
    else if (frame.id) sender.answered(frame);
    else if (frame.retry_after_ms) {
      marked = {};
      setTimeout(lookedAt, frame.retry_after_ms);
    }
  },
};

// The house does not know us any more: what was said stays readable, and counts for nothing.
function startAnew() {
  ["after", "looked", "delivered", "read"].forEach(shelf.drop);
  shelf.lines().filter((each) => each.seq).forEach((each) => shelf.keep({ ...each, seq: 0 }));
}

function visitorOf(token) {
  return token ? token.split(".")[1] : "";
}

function userOf(token) {
  try {
    const text = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(atob(text)).sub;
  } catch {
    return undefined;
  }
}

const api = {
  open: () => panel.open(),
  close: () => panel.close(),
  // The site's word about who is signed in; null when he has signed out, which forgets him here.
  identify(token) {
    const user = token ? userOf(token) : null;
    const before = shelf.get("user");
    if (token === null || (before !== null && before !== user)) forget();
    identity = token;
    if (token) shelf.put("user", user);
    link.restart();
  },
  forget() {
    identity = null;
    forget();
    link.restart();
  },
  on(name, act) {
    listeners.set(name, (listeners.get(name) || new Set()).add(act));
    return () => listeners.get(name).delete(act);
  },
};

function start() {
  document.body.append(panel.host);
  shelf.lines().forEach(log.show);
  shelf.watch((name) => {
    if (name === "") log.clear();
    const id = name.startsWith("line:") ? name.slice(5) : "";
    const line = id && shelf.line(id);
    if (line) log.show(line);
    else if (id) log.remove(id);
    else if (name === "looked" || name === "after") lookedAt();
    else if (name === "token" && visitor && visitorOf(shelf.get("token")) !== visitor) {
      // Another tab signed out, or was first to become a visitor: there is one in a browser.
      visitor = "";
      link.restart();
    }
  });
  document.addEventListener("visibilitychange", lookedAt);
  if (house) configure();
  window.maitred = api;
  if (given.identity) api.identify(given.identity);
  else if (shelf.get("token") || shelf.waiting().length) link.open();
  if ("open" in given) panel.open({ focus: false });
  window.dispatchEvent(new CustomEvent("maitred:loaded"));
}

if (!window.maitred) {
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
}
