// The shelf: what this browser keeps of a chat, shared by all its tabs. One key a line, so that two
// tabs that write at once never take anything from each other.
const LINES_MAX = 200;
const WAITING_MAX = 50;

function makeShelf(prefix) {
  const fallback = new Map();
  let store = null;
  try {
    store = window.localStorage;
    store.getItem(prefix);
  } catch {
    // Storage is forbidden here: this page remembers for itself.
  }

  function names() {
    const kept = store ? Object.keys(store).filter((each) => each.startsWith(prefix)) : [];
    return [...new Set([...kept.map((each) => each.slice(prefix.length)), ...fallback.keys()])];
  }

  function get(name) {
    if (fallback.has(name)) return fallback.get(name);
    try {
      return JSON.parse(store.getItem(prefix + name));
    } catch {
      return null;
    }
  }

  function put(name, value) {
    try {
      store.setItem(prefix + name, JSON.stringify(value));
      fallback.delete(name);
    } catch {
      fallback.set(name, value);
    }
  }

  function drop(name) {
    fallback.delete(name);
    try {
      store.removeItem(prefix + name);
    } catch {
      // It was only in memory.
    }
  }

  function lines() {
    const found = names().filter((each) => each.startsWith("line:")).map(get);
    return found.filter(Boolean).sort((a, b) => a.at - b.at || (a.seq || 0) - (b.seq || 0));
  }

  return {
    get,
    put,
    drop,
    lines,
    line: (id) => get("line:" + id),
    keep(line) {
      put("line:" + line.id, line);
      const settled = lines().filter((each) => !each.out);
      settled.slice(0, Math.max(0, settled.length - LINES_MAX)).forEach((each) => drop("line:" + each.id));
    },
    waiting: () => lines().filter((each) => each.out).sort((a, b) => a.out.since - b.out.since),
    forget: () => names().forEach(drop),
    // Calls back with the name of what another tab has changed; "" stands for everything.
    watch(heard) {
      window.addEventListener("storage", (event) => {
        if (event.key === null) heard("");
        else if (event.key.startsWith(prefix)) heard(event.key.slice(prefix.length));
      });
    },
  };
}
