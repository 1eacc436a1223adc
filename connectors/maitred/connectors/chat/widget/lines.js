// The log: what was said on both sides, one element a line, in its order.
const NEAR_END = 80;
const TYPING_SHOWN_MS = 6000;

function makeLog({ say, language, pictures, onedit, onerase, onagain, onfile }) {
  const shown = new Map();
  const empty = make("p", { className: "empty" }, say("empty"));
  // Not told by itself: whoever listens would hear it again and again.
  const dots = make("p", { className: "dots", hidden: true, "aria-live": "off" }, make("span", { className: "hidden" }, say("typing")), make("i"), make("i"), make("i"));
  const element = make("div", { className: "log", role: "log", tabIndex: 0, "aria-label": say("conversation") }, empty, dots);
  let dotted = 0;
  const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
  const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

  function timeOf(at) {
    const isToday = new Date(at).toDateString() === new Date().toDateString();
    return (isToday ? clock : day).format(at);
  }

  function button(name, act, about) {
    return make("button", { type: "button", className: "plain", onclick: act, "aria-label": `${name}: ${about.slice(0, 60)}` }, name);
  }

  function fileOf(file, line) {
    const facts = [icon("file"), make("span", { className: "name", dir: "auto" }, file.name), make("small", {}, sizeOf(file.size, language))];
    if (line.mine) return make("li", {}, make("span", { className: "file", "aria-label": say("attached", file) }, ...facts));
    const link = make("button", { type: "button", className: "file", "aria-label": say("download", file) }, ...facts);
    link.addEventListener("click", () => onfile(file, link));
    return make("li", {}, link);
  }

  function noteOf(line) {
    const words = [timeOf(line.time)];
    if (line.state === "failed") words.push(say("failed"));
    else if (line.mine) words.push(say(line.out || line.state === "seen" ? line.state : "sent"));
    if (line.edited) words.push(say("edited"));
    const note = make("p", { className: "note" }, words.join(" · "));
    if (line.problem) note.append(make("span", { className: "problem" }, line.problem));
    const about = line.text || line.files?.[0]?.name || "";
    if (line.state === "failed" && line.failed) note.append(button(say("again"), () => onagain(line.id), about));
    else if (line.mine && !line.out && !line.erased && line.state !== "failed") {
      const changes = make("span", { className: "changes" });
      if (line.text) changes.append(button(say("edit"), () => onedit(line.id), about));
      changes.append(button(say("erase"), () => onerase(line.id), about));
      note.append(changes);
    }
    return note;
  }

  function faceOf(line) {
    if (pictures && line.picture?.startsWith("https://")) {
      return make("img", { className: "face", src: line.picture, alt: "", referrerPolicy: "no-referrer" });
    }
    const initials = line.name.split(/\s+/).slice(0, 2).map((each) => [...each][0] || "");
    return make("span", { className: "face", "aria-hidden": "true" }, initials.join("").toUpperCase() || icon("chat"));
  }

  function draw(line) {
    const author = make("span", { className: line.mine ? "hidden" : "author" }, line.mine ? say("you") : line.name || "");
    const words = make("p", { className: "words", dir: "auto" });
    if (line.erased) words.append(say("erased"));
    else words.append(...(line.mine ? [line.text] : linked(line.text)));
    const bubble = make("div", { className: "bubble" }, author);
    if (line.erased || line.text) bubble.append(words);
    if (line.files?.length && !line.erased) {
      bubble.append(make("ul", { className: "files" }, ...line.files.map((each) => fileOf(each, line))));
    }
    const side = line.mine ? "mine" : "theirs";
    const drawn = make("div", { className: `line ${side} ${line.state || ""}` });
    if (!line.mine) drawn.append(faceOf(line));
    drawn.append(make("div", { className: "column" }, bubble, noteOf(line)));
    return drawn;
  }

  function isAtEnd() {
    return element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
  }

  function toEnd() {
    element.scrollTop = element.scrollHeight;
  }

  // What opens below takes room from the log: whoever read its end goes on reading it.
  let stays = true;
  element.addEventListener("scroll", () => (stays = isAtEnd()), { passive: true });
  new ResizeObserver(() => stays && toEnd()).observe(element);

  return {
    element,
    toEnd,
    show(line) {
      const wasAtEnd = isAtEnd();
      const drawn = draw(line);
      const old = shown.get(line.id);
      shown.set(line.id, { at: line.at, seq: line.seq || 0, drawn });
      empty.remove();
      if (old) {
        // The focus must not fall out of the log when the line under it is drawn anew.
        const held = old.drawn.contains(element.getRootNode().activeElement);
        old.drawn.replaceWith(drawn);
        if (held) (drawn.querySelector("button") || element).focus();
      } else {
        const later = [...shown.values()].find((each) => each.drawn !== drawn && (each.at - line.at || each.seq - (line.seq || 0)) > 0);
        element.insertBefore(drawn, later ? later.drawn : dots);
      }
      if (wasAtEnd || (line.mine && !old)) toEnd();
    },
    remove(id) {
      shown.get(id)?.drawn.remove();
      shown.delete(id);
    },
    clear() {
      shown.clear();
      element.replaceChildren(empty, dots);
    },
    // Somebody is writing an answer, as long as he says so again.
    typing(isTyping) {
      clearTimeout(dotted);
      const wasAtEnd = isAtEnd();
      dots.hidden = !isTyping;
      if (isTyping) dotted = setTimeout(() => (dots.hidden = true), TYPING_SHOWN_MS);
      if (isTyping && wasAtEnd) toEnd();
    },
    progress(id, share) {
      shown.get(id)?.drawn.style.setProperty("--share", share);
    },
  };
}
