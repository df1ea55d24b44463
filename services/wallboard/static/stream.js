// The stream: what the service says, when it was last heard, and how old each tile's data is.
import { computed, signal } from "@preact/signals";

const LATE_MS = 5_000; // data older than this is marked
const STALE_MS = 15_000; // data older than this loses its colour
const LOST_MS = 4_000; // a service that beats every second and is not heard for so long is not there
const AGAIN_MS = 10_000; // a connection that says nothing for so long is opened anew
const RETRY_MS = 1_000;
const LOOK_MS = 250;

export const board = signal(null);
const tiles = signal({});
const heardAt = signal(-Infinity);
const openedAt = signal(performance.now());
const now = signal(performance.now());

export const asOf = signal(null);
export const logAsOf = signal(null);
export const completeness = signal({ complete: true, silent_feeds: [], late_events: 0 });
export const connected = computed(() => now.value - heardAt.value < LOST_MS);

// How old a tile's data is, in milliseconds; null: there is none yet. It grows while nothing is heard.
const ages = new Map();
export function ageOf(tile) {
  if (!ages.has(tile)) {
    ages.set(tile, computed(() => {
      const told = tiles.value[tile]?.age_ms ?? null;
      return told === null ? null : told + Math.max(0, now.value - heardAt.value);
    }));
  }
  return ages.get(tile).value;
}

export function standing(age) {
  if (age === null || age > STALE_MS) return "stale";
  return age > LATE_MS ? "late" : "fresh";
}

export function tileAsOf(tile) {
  return tiles.value[tile]?.as_of ?? null;
}

let source = null;

export function follow(url, greeted) {
  open(url, greeted);
  setInterval(() => {
    now.value = performance.now();
    const quiet = now.value - Math.max(heardAt.value, openedAt.value);
    const refused = source.readyState === EventSource.CLOSED;
    if (quiet > AGAIN_MS || (refused && now.value - openedAt.value > RETRY_MS)) open(url, greeted);
  }, LOOK_MS);
}

function open(url, greeted) {
  source?.close();
  openedAt.value = performance.now();
  source = new EventSource(url);
  source.addEventListener("hello", (event) => greeted(event.data));
  source.addEventListener("board", (event) => {
    const told = JSON.parse(event.data);
    board.value = told;
    hear(told);
  });
  source.addEventListener("age", (event) => hear(JSON.parse(event.data)));
}

function hear(told) {
  heardAt.value = now.value = performance.now();
  tiles.value = told.tiles;
  asOf.value = told.as_of;
  logAsOf.value = told.log_as_of;
  completeness.value = told.completeness;
}
