// Signs, drawn here: a bare television has no emoji. All on a field of 24 by 24.
import { html } from "./html.js";

const PATHS = {
  ready: html`<circle cx="12" cy="12" r="8" /><path d="M8.2 12.2l2.6 2.6 5-5.4" />`,
  ringing: html`<path d="M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 1.5h-14z" /><path d="M10 20.5h4" /><path d="M2.5 9.5c.3-2.4 1.3-4.3 3-5.7M21.5 9.5c-.3-2.4-1.3-4.3-3-5.7" />`,
  talking: html`<path class="solid" d="M6.3 3.5l3 .2 1.5 4.4-2 1.7c1.1 2.4 2.9 4.2 5.3 5.4l1.8-2 4.3 1.6.2 3c-.3 1.7-1.7 2.7-3.4 2.7C10 20.5 3.5 14 3.5 7c0-1.8 1.1-3.2 2.8-3.5z" />`,
  hold: html`<circle cx="12" cy="12" r="8" /><path d="M10 9v6M14 9v6" />`,
  wrap: html`<path d="M5 19l1-4L16.5 4.5l3 3L9 18z" /><path d="M13 19.5h7" />`,
  paused: html`<path d="M5 9h11v5a5 5 0 0 1-5 5h-1a5 5 0 0 1-5-5z" /><path d="M16 10.5h1.5a2.5 2.5 0 0 1 0 5H16" /><path d="M8.5 3v2.5M12.5 3v2.5" />`,
  offline: html`<circle cx="12" cy="12" r="3" />`,
};

export function State({ state, label }) {
  const known = PATHS[state] ? state : "offline";
  return html`<svg class="state ${known}" viewBox="0 0 24 24" role="img" aria-label=${label}>${PATHS[known]}</svg>`;
}

export function Link({ up }) {
  return html`<svg class="link" viewBox="0 0 24 24" aria-hidden="true">
    ${up
      ? html`<circle class="solid" cx="12" cy="12" r="6" />`
      : html`<circle cx="12" cy="12" r="6" /><path d="M4 20L20 4" />`}
  </svg>`;
}

export function Broken() {
  return html`<svg class="broken" viewBox="0 0 24 24" aria-hidden="true">
    <path d="M3 12h5M16 12h5M8 8v8M16 8v8" />
  </svg>`;
}

export function Warning() {
  return html`<svg class="warning" viewBox="0 0 24 24" aria-hidden="true">
    <path class="solid" d="M12 3l10 18H2z" /><path class="mark" d="M12 9.5v5.5M12 17.6v.6" />
  </svg>`;
}
