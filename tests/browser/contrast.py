"""The contrast of what stands on a page, as a script for the browser."""

from __future__ import annotations

from typing import Final

CONTRAST: Final = """(element) => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = color.map((each) => {
      const part = each / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let behind = element;
  let ground = [0, 0, 0, 0];
  let opacity = 1;
  while (behind && (ground[3] ?? 1) === 0) {
    ground = numbers(getComputedStyle(behind).backgroundColor);
    opacity *= Number(getComputedStyle(behind).opacity);
    behind = behind.parentElement ?? behind.getRootNode().host;
  }
  const ink = numbers(getComputedStyle(element).color);
  const mixed = [0, 1, 2].map((each) => ink[each] * opacity + ground[each] * (1 - opacity));
  const [a, b] = [light(mixed), light(ground.slice(0, 3))].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}"""
"""The contrast of an element's text with its ground (WCAG 2.2, 1.4.3 asks for 4.5)."""
