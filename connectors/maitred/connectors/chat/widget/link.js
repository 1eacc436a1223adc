// The link: one WebSocket that comes back by itself, later each time, and not with all others at once.
const PAUSE_MS = 500;
const PAUSE_MS_MAX = 60000;
const QUIET_MS = 30000;
const DEAF_MS = 10000;
const UNRULY = 1008;

function makeLink(address, { hello, heard, lost }) {
  let socket = null;
  let tries = 0;
  let timer = 0;
  let quiet = 0;
  let wanted = false;

  function listen() {
    clearTimeout(quiet);
    // A phone that changed its network keeps a dead socket open for minutes.
    quiet = setTimeout(() => {
      send({ type: "ping" });
      quiet = setTimeout(end, DEAF_MS);
    }, QUIET_MS);
  }

  function end(event = {}) {
    if (!socket) return;
    const old = socket;
    socket = null;
    clearTimeout(quiet);
    old.onopen = old.onmessage = old.onclose = null;
    // One that is closed before it is open makes browsers complain.
    if (old.readyState === WebSocket.CONNECTING) old.onopen = () => old.close();
    else old.close();
    lost();
    if (wanted) again(event.code === UNRULY ? PAUSE_MS_MAX : Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** tries));
    tries += 1;
  }

  function again(pause) {
    clearTimeout(timer);
    timer = setTimeout(open, pause * (0.5 + Math.random() / 2));
  }

  function open() {
    clearTimeout(timer);
    wanted = true;
    if (socket) return;
    socket = new WebSocket(address);
    socket.onopen = () => {
      send(hello());
      listen();
    };
    socket.onmessage = (event) => {
      listen();
      let frame = null;
      try {
        frame = JSON.parse(event.data);
      } catch {
        return;
      }
      if (frame.type === "welcome") tries = 0;
      heard(frame);
    };
    socket.onclose = end;
  }

  function send(frame) {
    const isOpen = socket !== null && socket.readyState === WebSocket.OPEN;
    if (isOpen) socket.send(JSON.stringify(frame));
    return isOpen;
  }

  window.addEventListener("online", () => wanted && open());
  window.addEventListener("offline", () => end());
  document.addEventListener("visibilitychange", () => wanted && !document.hidden && open());
  return {
    open,
    send,
    restart() {
      tries = 0;
      end();
      open();
    },
  };
}
