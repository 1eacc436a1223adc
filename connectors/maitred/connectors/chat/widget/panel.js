// The panel and its launcher, in a shadow root that no style of the page reaches.
const FULL_SCREEN = "(max-width: 480px)";
const TEXT_MAX = 16000;

function makePanel(options, { onsay, ontyping, onchange, onpre, onopen, onclose, log, proof, say, language }) {
  let limits = { count: 0, bytes: 0, total: 0, types: [] };
  let chosen = [];
  let changing = null;
  let asks = {};
  let needsForm = false;

  const title = make("h2", { id: "title" });
  const state = make("p", { className: "state", role: "status" }, say("connecting"));
  const shut = make("button", { type: "button", className: "round shut", "aria-label": say("close"), onclick: () => close() }, icon("close"));
  const notice = make("p", { className: "notice", role: "alert" });
  const text = make("textarea", { id: "text", rows: 1, maxLength: TEXT_MAX, placeholder: say("hint"), dir: "auto", "aria-label": say("message") });
  const input = make("input", { type: "file", multiple: true, hidden: true, tabIndex: -1 });
  const clip = make("button", { type: "button", className: "round clip", hidden: true, "aria-label": say("attach"), onclick: () => input.click() }, icon("clip"));
  const chips = make("ul", { className: "chips" });
  const note = make("p", { className: "changing", hidden: true }, say("editing"), make("button", { type: "button", className: "plain", onclick: () => change(null) }, say("cancel")));
  const composer = make("form", { className: "composer", hidden: true },
    note, chips, make("div", { className: "row" }, clip, input, text,
      make("button", { className: "round send", "aria-label": say("send") }, icon("send"))));
  const pre = make("form", { className: "pre", hidden: true });
  const panel = make("section", { id: "panel", className: "panel", role: "dialog", "aria-labelledby": "title", hidden: true, tabIndex: -1 },
    make("div", { className: "head" }, make("div", {}, title, state), shut), log.element, proof.element, notice, pre, composer,
    make("div", { className: "drop", "aria-hidden": "true" }, say("drop")));
  const badge = make("span", { className: "badge", "aria-hidden": "true", hidden: true });
  const launcher = make("button", { type: "button", className: "launcher", "aria-label": say("open"), "aria-expanded": "false", "aria-controls": "panel", onclick: () => (panel.hidden ? open() : close()) }, icon("chat"), icon("close"), badge);
  const news = make("p", { className: "hidden", role: "status" });
  const root = make("div", { className: "root", lang: language, dir: options.direction }, panel, launcher, news);

  const host = make("div", { id: "maitred-chat" });
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  shadow.append(root);
  if (options.side === "start") root.classList.add("start");
  if (options.accent) {
    root.style.setProperty("--accent", options.accent);
    root.style.setProperty("--accent-ink", inkOn(options.accent));
  }
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => root.classList.toggle("dark", options.theme ? options.theme === "dark" : prefersDark.matches);
  prefersDark.addEventListener("change", paint);
  paint();

  function field() {
    return [...panel.querySelectorAll("form.pre:not([hidden]) input, form.pre:not([hidden]) textarea, #text")].find((each) => each.offsetParent !== null);
  }

  function open({ focus = true } = {}) {
    if (!panel.hidden) return;
    panel.hidden = false;
    root.classList.add("open");
    launcher.setAttribute("aria-expanded", "true");
    launcher.setAttribute("aria-label", say("close"));
    fit();
    log.toEnd();
    if (focus) (field() || panel).focus();
    onopen();
  }

  function close() {
    if (panel.hidden) return;
    panel.hidden = true;
    root.classList.remove("open");
    launcher.setAttribute("aria-expanded", "false");
    launcher.setAttribute("aria-label", say("open"));
    launcher.focus();
    onclose();
  }

  // On a phone the keyboard takes its part of the screen, and the panel the rest.
  function fit() {
    const view = window.visualViewport;
    const isFull = matchMedia(FULL_SCREEN).matches;
    panel.setAttribute("aria-modal", String(isFull));
    panel.style.height = isFull && view ? `${view.height}px` : "";
    panel.style.top = isFull && view ? `${view.offsetTop}px` : "";
  }
  window.visualViewport?.addEventListener("resize", fit);
  window.visualViewport?.addEventListener("scroll", fit);

  function grow() {
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + 2}px`;
  }

  function tell(words) {
    notice.textContent = words;
  }

  async function choose(files) {
    if (!limits.count || changing) return;
    const { taken, problem } = screenFiles(files, chosen, limits, say, language);
    chosen = taken;
    tell(problem);
    await drawChips();
  }

  async function drawChips() {
    const drawn = chosen.map(async (file) => {
      const drop = () => {
        chosen = chosen.filter((each) => each !== file);
        drawChips();
        text.focus();
      };
      const remove = make("button", { type: "button", className: "remove", "aria-label": say("remove", file), onclick: drop }, icon("close"));
      return make("li", {}, await thumbnail(file), make("span", { className: "name", dir: "auto" }, file.name), remove);
    });
    chips.replaceChildren(...(await Promise.all(drawn)));
  }

  function change(line) {
    changing = line;
    note.hidden = line === null;
    clip.hidden = line !== null || !limits.count;
    text.value = line ? line.text : "";
    grow();
    text.focus();
  }

  async function submit(event) {
    event.preventDefault();
    const words = text.value.trim();
    if (!words && !chosen.length) return;
    tell("");
    if (changing) {
      if (words) onchange(changing.id, words);
      change(null);
      return;
    }
    const refused = onsay(words, chosen);
    if (refused) {
      tell(say(refused));
      return;
    }
    chosen = [];
    text.value = "";
    grow();
    await drawChips();
  }

  function drawPre() {
    const fields = Object.entries(asks).map(([name, need]) => {
      const label = make("label", { htmlFor: `pre-${name}` }, say(name), need === "optional" ? make("small", {}, say("optional")) : null);
      const type = name === "email" ? "email" : "text";
      return [label, make("input", { id: `pre-${name}`, name, type, autocomplete: name, maxLength: name === "email" ? 320 : 200, required: need === "required" })];
    });
    const question = make("textarea", { id: "pre-question", name: "question", rows: 3, maxLength: TEXT_MAX, required: true, dir: "auto" });
    pre.replaceChildren(...fields.flat(), make("label", { htmlFor: "pre-question" }, say("question")), question, make("button", {}, say("start")));
  }

  function arrange() {
    const had = panel.contains(shadow.activeElement) && (shadow.activeElement === panel || pre.contains(shadow.activeElement));
    pre.hidden = !needsForm;
    composer.hidden = needsForm;
    log.element.hidden = needsForm;
    if (had) field()?.focus();
  }

  composer.addEventListener("submit", submit);
  pre.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = Object.fromEntries(Object.keys(asks).map((name) => [name, pre.elements[name].value.trim()]));
    const question = pre.elements.question.value.trim();
    if (question) onpre(given, question);
  });
  text.addEventListener("input", () => {
    grow();
    if (text.value.trim()) ontyping();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      composer.requestSubmit();
    }
  });
  text.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (!files.length) return;
    event.preventDefault();
    choose(files);
  });
  input.addEventListener("change", () => {
    choose([...input.files]);
    input.value = "";
    text.focus();
  });
  panel.addEventListener("dragover", (event) => {
    if (!limits.count || composer.hidden || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    panel.classList.add("over");
  });
  panel.addEventListener("dragleave", (event) => {
    if (!panel.contains(event.relatedTarget)) panel.classList.remove("over");
  });
  panel.addEventListener("drop", (event) => {
    if (!panel.classList.contains("over")) return;
    event.preventDefault();
    panel.classList.remove("over");
    choose([...event.dataTransfer.files]);
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) {
      event.stopPropagation();
      if (changing) change(null);
      else close();
    } else if (event.key === "Tab" && panel.getAttribute("aria-modal") === "true") {
      const all = [...panel.querySelectorAll("button, input, textarea, a, [tabindex='0']")].filter((each) => each.offsetParent !== null);
      const edge = event.shiftKey ? all[0] : all[all.length - 1];
      if (shadow.activeElement !== edge) return;
      event.preventDefault();
      (event.shiftKey ? all[all.length - 1] : all[0]).focus();
    }
  });

  return {
    host,
    open,
    close,
    change,
    tell,
    isOpen: () => !panel.hidden,
    focusText: () => field()?.focus(),
    configure(house, isNew) {
      title.textContent = house.title || options.title;
      limits = house.files;
      asks = house.pre_chat;
      clip.hidden = !limits.count;
      input.accept = limits.types.join(",");
      const wanted = isNew && Object.keys(asks).length > 0;
      if (wanted && !needsForm) drawPre();
      needsForm = wanted;
      arrange();
    },
    connection(word) {
      state.textContent = say(word);
      state.classList.toggle("on", word === "online");
    },
    unread(count) {
      badge.hidden = count === 0;
      badge.textContent = count > 9 ? "9+" : count;
      if (panel.hidden) launcher.setAttribute("aria-label", count ? `${say("open")}. ${say("unread", { n: count })}` : say("open"));
      news.textContent = count && panel.hidden ? say("unread", { n: count }) : "";
    },
  };
}
