// The page: draws the board, and loads itself anew when the service brings another version of it.
import { render } from "preact";
import { Board, html } from "./board.js";
import { follow } from "./stream.js";
import { words } from "./words.js";

const root = document.documentElement;
const container = document.getElementById("board");

container.replaceChildren();
render(html`<${Board} words=${words(root.lang)} />`, container);
follow("./v1/board/stream", (version) => {
  if (version !== root.dataset.version) location.reload();
});
