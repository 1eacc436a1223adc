// The sender: what waits goes out one after the other, and from one tab at a time.
const ACK_MS = 15000;
const UPLOAD_MS = 150000;
const UPLOAD_AGAIN_MS = 5000;

function makeSender({ shelf, fileStore, link, base, say, keep, emit, name, isReady, identity, onprogress }) {
  const answers = new Map();
  let draining = false;
  let drainAgain = false;

  async function drain() {
    drainAgain = true;
    if (draining || !isReady()) return;
    draining = true;
    try {
      while (drainAgain && isReady()) {
        drainAgain = false;
        await alone(sendAll);
      }
    } finally {
      draining = false;
    }
  }

  function alone(work) {
    return navigator.locks ? navigator.locks.request(name, work) : work();
  }

  async function sendAll() {
    let line;
    while (isReady() && (line = shelf.waiting()[0])) {
      const answer = await transmit(line);
      if (answer.code === "lost") return;
      if (answer.retry_after_ms) {
        setTimeout(drain, answer.retry_after_ms);
        return;
      }
      settle(line, answer);
    }
  }

  function settle(line, answer) {
    const now = shelf.line(line.id);
    if (now?.out?.id !== line.out.id) return;
    const { out, ...rest } = now;
    if (answer.type === "ack") keep({ ...rest, state: "sent", message: out.type === "message" ? answer.message : rest.message });
    else keep({ ...rest, state: "failed", failed: out, problem: answer.code === "gone" ? say("gone") : "" });
    if (answer.type === "ack" && out.type === "message") fileStore.drop(line.id);
    emit(answer.type === "ack" ? "sent" : "failed", { id: line.id, code: answer.code });
  }

  async function transmit(line) {
    const { since, ...frame } = line.out;
    if (frame.type === "message" && line.files.length) return upload(line, frame);
    const answered = new Promise((resolve) => {
      answers.set(frame.id, resolve);
      setTimeout(() => resolve({ code: "unanswered", retry_after_ms: 1 }), ACK_MS);
    });
    if (!link.send(frame)) answers.get(frame.id)({ code: "lost" });
    const answer = await answered;
    answers.delete(frame.id);
    return answer;
  }

  async function upload(line, frame) {
    const files = await fileStore.get(line.id);
    if (!files) return { code: "gone" };
    const form = new FormData();
    form.append("frame", JSON.stringify(frame));
    if (identity()) form.append("identity", identity());
    files.forEach((each) => form.append("file", each, each.name));
    keep({ ...line, state: "sending" });
    // Only this older interface tells how far an upload has come.
    const request = new XMLHttpRequest();
    const answered = new Promise((resolve) => {
      request.onloadend = () => {
        try {
          resolve(JSON.parse(request.responseText));
        } catch {
          resolve({ code: "unanswered", retry_after_ms: UPLOAD_AGAIN_MS });
        }
      };
    });
    request.upload.onprogress = (event) => onprogress(line.id, event.loaded / event.total);
    request.timeout = UPLOAD_MS;
    request.open("POST", `${base}/files`);
    request.setRequestHeader("Authorization", `Bearer ${shelf.get("token")}`);
    request.send(form);
    const answer = await answered;
    if (answer.code !== "bad_token") return answer;
    link.restart();
    return { code: "lost" };
  }

  return {
    drain,
    answered: (frame) => answers.get(frame.id)?.(frame),
    lost: () => answers.forEach((answer) => answer({ code: "lost" })),
  };
}
