// Files that wait to be sent, by the id of their message. IndexedDB holds what no string can.
function makeFileStore(name) {
  const here = new Map();
  const opened = new Promise((resolve) => {
    try {
      const asked = indexedDB.open(name, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("files");
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });

  async function run(mode, act) {
    const database = await opened;
    if (!database) return undefined;
    return new Promise((resolve) => {
      const transaction = database.transaction("files", mode);
      const asked = act(transaction.objectStore("files"));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = transaction.onabort = () => resolve(undefined);
    });
  }

  return {
    async put(id, files) {
      here.set(id, files);
      await run("readwrite", (store) => store.put(files, id));
    },
    get: async (id) => here.get(id) || run("readonly", (store) => store.get(id)),
    async drop(id) {
      here.delete(id);
      await run("readwrite", (store) => store.delete(id));
    },
    async forget() {
      here.clear();
      await run("readwrite", (store) => store.clear());
    },
  };
}

function sizeOf(bytes, language) {
  // The smallest file is no empty one.
  const [value, unit] = bytes < 1e6 ? [Math.max(bytes / 1024, 0.1), "kilobyte"] : [bytes / 1048576, "megabyte"];
  const format = { style: "unit", unit, maximumFractionDigits: value < 10 ? 1 : 0 };
  return new Intl.NumberFormat(language, format).format(value);
}

// What of `chosen` may go out beside `already`, and why the rest may not.
function screenFiles(chosen, already, limits, say, language) {
  const taken = [...already];
  let problem = "";
  for (const file of chosen) {
    const type = file.type || "application/octet-stream";
    const known = limits.types.some((each) => each === type || (each.endsWith("/*") && type.startsWith(each.slice(0, -1))));
    const together = taken.reduce((sum, each) => sum + each.size, file.size);
    if (taken.length >= limits.count) problem = say("tooMany", { n: limits.count });
    else if (!known) problem = say("badType", { name: file.name });
    else if (file.size > limits.bytes || together > limits.total) {
      const max = Math.min(limits.bytes, limits.total);
      problem = say("tooLarge", { name: file.name, max: sizeOf(max, language) });
    } else taken.push(file);
  }
  return { taken, problem };
}
