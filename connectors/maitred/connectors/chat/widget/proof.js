// Proving an address: have a code sent there, and bring it back over this same connection.
function makeProof({ say, language, ask, onproven }) {
  let kind = "email";
  let offers = [];
  let asked = null;
  const problem = make("p", { className: "outcome", role: "status" });
  const why = make("p", {});
  const inbox = make("input", { id: "address", name: "email", maxLength: 320, required: true });
  const inboxLabel = make("label", { htmlFor: "address" });
  const code = make("input", { id: "code", name: "code", inputMode: "numeric", autocomplete: "one-time-code", maxLength: 12, required: true });
  const other = make("button", { type: "button", className: "plain", onclick: () => become(kind === "email" ? "phone" : "email") });
  const request = make("form", { onsubmit: sendAddress }, inboxLabel, make("div", { className: "row" }, inbox, make("button", {}, say("getCode"))), other);
  const bring = make("form", { hidden: true, onsubmit: sendCode }, make("label", { htmlFor: "code" }, say("code")), make("div", { className: "row" }, code, make("button", {}, say("confirm"))));
  const body = make("div", { id: "proof", hidden: true }, why, request, bring, problem);
  const toggle = make("button", { type: "button", className: "toggle", "aria-expanded": "false", "aria-controls": "proof", onclick: () => unfold(body.hidden) });
  const element = make("section", { className: "proof", hidden: true }, toggle, body);

  function unfold(open) {
    body.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
    if (open && !request.hidden) inbox.focus();
  }

  function become(wanted) {
    kind = wanted;
    const isMail = kind === "email";
    toggle.replaceChildren(icon("mail"), say(isMail ? "byMail" : "byPhone"));
    why.textContent = say(isMail ? "why" : "whyPhone");
    inboxLabel.textContent = say(isMail ? "email" : "phone");
    inbox.type = isMail ? "email" : "tel";
    inbox.autocomplete = isMail ? "email" : "tel";
    other.textContent = say(isMail ? "usePhone" : "useMail");
    other.hidden = offers.length < 2;
    bring.hidden = true;
  }

  function submit(event, frame) {
    event.preventDefault();
    problem.textContent = "";
    asked = frame;
    if (!ask(frame)) fail("tryAgain");
  }

  function sendAddress(event) {
    submit(event, { type: "verify", id: newId(), [kind]: inbox.value.trim(), language });
  }

  function sendCode(event) {
    submit(event, { type: "code", id: newId(), code: code.value });
  }

  function fail(text) {
    const field = asked?.type === "code" ? code : inbox;
    asked = null;
    problem.textContent = say(text);
    field.focus();
  }

  function proven() {
    asked = null;
    request.hidden = true;
    bring.hidden = true;
    why.hidden = true;
    problem.textContent = say("verified");
  }

  const failures = { bad_address: "badAddress", bad_frame: "badAddress", wrong_code: "wrongCode", slow_down: "slowDown" };
  return {
    element,
    offer(kinds, verified) {
      offers = kinds;
      element.hidden = kinds.length === 0;
      if (!element.hidden && !asked && bring.hidden) become(kinds.includes(kind) ? kind : kinds[0]);
      if (verified.some((each) => kinds.includes(each))) proven();
    },
    verifying(frame) {
      if (frame.id !== asked?.id) return;
      bring.hidden = false;
      code.value = "";
      problem.textContent = say("codeSent");
      code.focus();
    },
    verified(frame) {
      if (frame.id !== asked?.id) return;
      proven();
      onproven(frame.kind);
    },
    // Whether an error is about what was asked here.
    error(frame) {
      const isOurs = asked !== null && frame.id === asked.id;
      if (isOurs) fail(failures[frame.code] || "tryAgain");
      return isOurs;
    },
    lost() {
      if (asked?.type === "code" || (asked && bring.hidden)) fail("tryAgain");
    },
    forget() {
      asked = null;
      inbox.value = code.value = problem.textContent = "";
      request.hidden = why.hidden = false;
      bring.hidden = true;
      unfold(false);
    },
  };
}
