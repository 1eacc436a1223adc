// Elements, made without markup: nothing that somebody wrote is ever read as HTML.
const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  chat: "M4 4h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z",
  close: "M6 6l12 12M18 6L6 18",
  send: "M20.5 12L4 4.5 8 12l-4 7.5z",
  clip: "M8 12.5l6.5-6.5a3.2 3.2 0 0 1 4.5 4.5l-8.5 8.5a5 5 0 0 1-7-7l8-8",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  mail: "M3 6h18v12H3zM3 7l9 6 9-6",
};

function make(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((each) => each !== null));
  return made;
}

function icon(name) {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", "0 0 24 24");
  drawn.setAttribute("aria-hidden", "true");
  drawn.setAttribute("class", `icon icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  drawn.append(path);
  return drawn;
}

// A small picture of a file, drawn, so that no policy of the page has to allow images.
async function thumbnail(file) {
  if (!/^image\/(png|jpeg|gif|webp)$/.test(file.type)) return icon("file");
  try {
    const bitmap = await createImageBitmap(file, { resizeHeight: 96 });
    const canvas = make("canvas", { width: bitmap.width, height: bitmap.height });
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    return canvas;
  } catch {
    return icon("file");
  }
}

// Text with its web addresses as links. The pattern is linear: one class, nothing nested, no end.
function linked(text) {
  const parts = text.split(/(https?:\/\/[^\s<>"]+)/);
  return parts.map((part, index) => {
    if (index % 2 === 0) return part;
    let end = part.length;
    while (".,;:!?)]".includes(part[end - 1])) end -= 1;
    const address = part.slice(0, end);
    const link = make("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address);
    const whole = document.createElement("span");
    whole.append(link, part.slice(address.length));
    return whole;
  });
}

// White or black, whichever can be read better on a colour (WCAG 2.2, relative luminance).
function inkOn(color) {
  const canvas = make("canvas", { width: 1, height: 1 }).getContext("2d");
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((each) => {
    const part = each / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
