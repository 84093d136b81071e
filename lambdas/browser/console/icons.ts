const SVG = "http://www.w3.org/2000/svg";

/** Lines on a field of 24 by 24. */
const PATHS = {
  again: "M4 12a8 8 0 1 0 2.6-5.9M4 4v4.5h4.5",
  download: "M12 4v11m-4.5-4L12 15.5 16.5 11M5 20h14",
  remove: "M5 7h14M10 7V4.5h4V7m-7.5 0 1 12.5h9l1-12.5M10 11v5m4-5v5",
  close: "M6 6l12 12M18 6 6 18",
} as const;

export type Icon = keyof typeof PATHS;

/** A sign that says nothing to a screen reader: the button around it does. */
function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows a sign and is called by its words. */
export function iconButton(name: Icon, label: string, press: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "icon";
  made.title = label;
  made.setAttribute("aria-label", label);
  made.append(icon(name));
  made.addEventListener("click", press);
  return made;
}
