// The board: header, leaderboard, queues, latest deals, feeds. Everything has its place before there is anything to show in it,
// so that no number that changes moves another.
import { Broken, Link, State, Warning } from "./glyphs.js";
import { html } from "./html.js";
import { ageOf, asOf, board, completeness, connected, logAsOf, standing, tileAsOf } from "./stream.js";

export { html };

const ROWS = 9;
const QUEUES = 4;
const DEALS = 3;
const WHOLE_BP = 12_000; // the bar ends at 120 %
const LETTER = 0.43; // how wide a letter of this face is, on average, as a part of its size
const NAME_REM = 34;
const WHO_REM = 22;
const FEEDS_REM = 86; // the room that feeds have for what is said of them
const FEED_REM = 2.6;
const FEED_LETTER = 0.36; // these are small letters and digits, which are narrower
const FEED_NAME = 30; // letters of a name; more are not shown
const FAST_S = 5; // a clock that is less ahead than this is taken for right

export function Board({ words }) {
  return html`
    <${Header} words=${words} />
    <main>
      <${Leaderboard} words=${words} />
      <${Queues} words=${words} />
      <${Ticker} words=${words} />
      <${Feeds} words=${words} />
    </main>`;
}

function Header({ words }) {
  const age = ageOf("leaderboard");
  const silent = completeness.value.silent_feeds.length > 0;
  const zone = board.value?.time_zone ?? "UTC";
  return html`
    <header>
      <h1>${words.product}</h1>
      <p class="day">${words.date(board.value?.business_day ?? null)}</p>
      <p class="connection" role="status" data-up=${String(connected.value && !silent)}>
        <${Link} up=${connected.value} />
        ${!connected.value ? words.connecting : silent ? words.silent : words.connected}
      </p>
      <p class="age" data-standing=${standing(age)}>
        ${age === null ? words.nothing : words.age(words.number(Math.round(age / 1_000)))}
      </p>
      <time class="clock" datetime=${asOf.value ?? ""}>${words.clock(asOf.value, zone)}</time>
    </header>`;
}

// A tile says of itself when its data is late: first by a mark, then the data loses its colour.
function Tile({ name, title, note, words, slots, children }) {
  const age = ageOf(name);
  const how = standing(age);
  const zone = board.value?.time_zone ?? "UTC";
  const since = tileAsOf(name) === null ? words.nothing : words.since(words.clock(tileAsOf(name), zone));
  const late = how === "late" ? words.age(words.number(Math.round(age / 1_000))) : since;
  return html`
    <section class="tile ${name}" data-standing=${how} aria-labelledby="${name}-title">
      <div class="head">
        <h2 id="${name}-title">${title}</h2>
        ${how === "fresh" ? html`<span class="note">${note}</span>` : html`<p class="stale" role="status"><${Warning} />${late}</p>`}
      </div>
      <div class="data" style=${{ "--slots": slots ?? 1 }}>${children}</div>
    </section>`;
}

function Leaderboard({ words }) {
  const rows = (board.value?.leaderboard ?? []).slice(0, ROWS);
  const expected = rows.find((row) => row.expected_bp !== null)?.expected_bp ?? null;
  const late = completeness.value.late_events;
  const note = late > 0 ? words.late(words.number(late)) : null;
  return html`
    <${Tile} name="leaderboard" title=${words.leaderboard} note=${note} words=${words}>
      <div class="table" role="table" aria-labelledby="leaderboard-title">
        <div class="columns" role="row">
          <span role="columnheader"></span>
          <span role="columnheader"></span>
          <span role="columnheader"></span>
          <span role="columnheader" class="number">${words.won}</span>
          <span role="columnheader" class="plan">${words.attainment}${expected !== null && html`<i class="mark"></i>${words.percent(expected)}`}</span>
          <span role="columnheader" class="number">${words.calls}</span>
        </div>
        <div class="rows" role="rowgroup">
          ${rows.length === 0 && html`<p class="nothing">${words.noReps}</p>`}
          ${inOwnOrder(rows).map(([row, place]) => html`<${Rep} key=${row.rep} row=${row} place=${place} words=${words} />`)}
        </div>
      </div>
    <//>`;
}

// Rows stay where they are in the page and are moved to their place, so that a change of places can be followed by eye.
function inOwnOrder(rows) {
  return rows.map((row, place) => [row, place]).sort(([a], [b]) => (a.rep < b.rep ? -1 : 1));
}

function Rep({ row, place, words }) {
  const state = row.state ?? "offline";
  return html`
    <div class="row" role="row" aria-rowindex=${place + 1} data-rep=${row.rep} style=${{ "--place": place }}>
      <span class="place" role="cell">${place + 1}</span>
      <span role="cell"><${State} state=${state} label=${words.states[state]} /></span>
      <${Name} name=${row.name} />
      <span class="number won" role="cell">${words.money(row.booked_minor, board.value.currency)}</span>
      <span class="plan" role="cell"><${Attainment} row=${row} words=${words} /></span>
      <span class="number calls" role="cell">${words.number(row.calls)}</span>
    </div>`;
}

// A long name takes two lines, and breaks where it may.
function Name({ name }) {
  const long = name.length * LETTER * 3.9 > NAME_REM;
  const size = long ? "3.5rem" : fitted(name, NAME_REM, 5.2);
  return html`<span class=${long ? "name long" : "name"} role="rowheader" lang=${tongue(name)} style=${{ fontSize: size }}>${name}</span>`;
}

function Attainment({ row, words }) {
  if (row.attainment_bp === null) return html`<span class="without">${words.noPlan}</span>`;
  const ahead = row.attainment_bp >= (row.expected_bp ?? 0);
  const text = words.percent(row.attainment_bp);
  const due = row.expected_bp === null ? "" : ` ${words.pace} ${words.percent(row.expected_bp)}`;
  return html`
    <span class="bar" role="meter" aria-valuemin="0" aria-valuemax="120" aria-valuenow=${Math.round(row.attainment_bp / 100)}
      aria-valuetext="${text}.${due}" data-ahead=${String(ahead)}>
      <span class="track"></span>
      <span class="filled" style=${{ "--part": part(row.attainment_bp) }}></span>
      <span class="whole" style=${{ "--part": part(10_000) }}></span>
      ${row.expected_bp !== null && html`<span class="due" style=${{ "--part": part(row.expected_bp) }}></span>`}
    </span>
    <span class="number share">${text}</span>`;
}

const part = (basisPoints) => Math.min(1, Math.max(0, basisPoints / WHOLE_BP));

// The size at which a text fits into a width, both in rem, and no larger than `size`.
function fitted(text, width, size) {
  return `${Math.max(2.4, Math.min(size, width / (LETTER * Math.max(1, text.length)))).toFixed(2)}rem`;
}

// Cyrillic letters have another shape in each language: Russian names keep theirs on an English board.
function tongue(text) {
  return /[а-яё]/i.test(text) ? "ru" : undefined;
}

function Queues({ words }) {
  const every = board.value?.queues ?? [];
  const note = every.length > QUEUES ? words.more(every.length - QUEUES) : "";
  return html`
    <${Tile} name="queues" title=${words.queues} note=${note} words=${words} slots=${Math.min(QUEUES, Math.max(3, every.length))}>
      ${every.length === 0 && html`<p class="nothing">${words.noQueues}</p>`}
      ${every.slice(0, QUEUES).map((row) => html`<${Queue} key=${row.queue} row=${row} words=${words} />`)}
    <//>`;
}

function Queue({ row, words }) {
  return html`
    <article class="queue" data-severity=${row.severity} aria-label=${row.queue}>
      <h3 lang=${tongue(row.queue)} style=${{ fontSize: fitted(row.queue, 38, 3.8) }}>
        ${row.severity === 2 && html`<${Warning} />`}<span>${row.queue}</span>
      </h3>
      <dl>
        <div><dd>${words.number(row.waiting)}</dd><dt>${words.waiting}</dt></div>
        <div data-severity=${row.wait_severity}><dd>${words.wait(row.longest_wait_s)}</dd><dt>${words.longest}</dt></div>
        <div class="level" data-severity=${row.level_severity}><dd>${words.level(row.service_level)}</dd>
          <dt>${words.within(row.target_s)} ${words.policies[row.policy]}</dt></div>
      </dl>
      <p class="counts">
        <span>${words.answered} <b>${words.number(row.answered)}</b></span>
        <span>${words.abandoned} <b>${words.number(row.abandoned)}</b></span>
      </p>
    </article>`;
}

function Ticker({ words }) {
  const deals = (board.value?.ticker ?? []).slice(0, DEALS);
  const zone = board.value?.time_zone ?? "UTC";
  return html`
    <${Tile} name="ticker" title=${words.ticker} words=${words}>
      ${deals.length === 0 && html`<p class="nothing">${words.noDeals}</p>`}
      <ol>
        ${deals.map((deal) => html`
          <li key=${deal.deal}>
            <b class="won">${words.money(deal.won_minor, deal.currency)}</b>
            <${Who} names=${deal.names} at=${deal.at} clock=${words.moment(deal.at, zone)} />
          </li>`)}
      </ol>
    <//>`;
}

// Who has the largest part in a deal stands first, on two lines if one is too short; then the other, or how many others.
function Who({ names, at, clock }) {
  const [first, ...others] = names;
  return html`
    <span class="who">
      ${first && html`<${Winner} name=${first} />`}
      <span class="when">
        ${others.length === 1 && html`<span class="name" lang=${tongue(others[0])}>+ ${others[0]}</span>`}
        ${others.length > 1 && html`<span>+ ${others.length}</span>`}
        <time datetime=${at}>${clock}</time>
      </span>
    </span>`;
}

function Winner({ name }) {
  const long = name.length * LETTER * 2.7 > WHO_REM;
  const size = long ? "2.4rem" : fitted(name, WHO_REM, 3.2);
  return html`<span class=${long ? "name long" : "name"} lang=${tongue(name)} style=${{ fontSize: size }}>${name}</span>`;
}

// Whether the numbers can be trusted: the worst feeds, as many as there is room for, each with all that is to be said.
function Feeds({ words }) {
  const silent = completeness.value.silent_feeds;
  const every = (board.value?.feeds ?? []).map((row) => (
    silent.includes(row.feed) ? { ...row, stalled: true, severity: 2 } : row
  )).sort((a, b) => b.severity - a.severity);
  const told = every.map((row) => [row, fitting(row.feed.replace(/^\//, ""), saidOf(row, words))]);
  const room = told.length > 1 && told[0][1].rem + told[1][1].rem <= FEEDS_REM ? 2 : 1;
  return html`
    <section class="tile feeds" data-standing=${standing(ageOf("feeds"))} aria-labelledby="feeds-title">
      <h2 id="feeds-title">${words.feeds}</h2>
      <ol class="data">
        ${told.length === 0 && html`<li class="feed">${words.noFeeds}</li>`}
        ${told.slice(0, room).map(([row, { name, said }]) => html`
          <li class="feed" key=${row.feed} data-severity=${row.severity}>
            ${row.severity === 2 ? html`<${Warning} />` : row.severity === 1 ? html`<${Broken} />` : html`<${Link} up=${true} />`}
            <b>${name}</b> ${said.join(" · ")}
          </li>`)}
        ${told.length > room && html`<li class="feed">${words.more(told.length - room)}</li>`}
      </ol>
    </section>`;
}

// What is to be said of a feed, what matters most first: its last sign of life, and what may be missing.
function saidOf(row, words) {
  const age = row.beat_ms === null ? null : words.wait(Math.floor(silenceOf(row) / 1_000));
  return [
    age !== null && (row.stalled ? words.stalled(age) : words.beat(age)),
    row.gaps > 0 && words.gaps(words.number(row.gaps), words.number(row.open_gaps)),
    row.missing > 0 && words.missing(words.number(row.missing)),
    row.parked > 0 && words.parked(words.number(row.parked)),
    row.severity === 0 && row.gaps === 0 && words.whole,
    row.ahead_s !== null && row.ahead_s >= FAST_S && words.fast(words.number(row.ahead_s)),
  ].filter(Boolean);
}

// For how many milliseconds a feed has said nothing: by the clock of the board, and since that clock has stood still; one that
// is told things, by the log's.
function silenceOf(row) {
  if (row.by_log) return Math.max(0, Date.parse(logAsOf.value) - row.beat_ms) + (ageOf("feeds") ?? 0);
  return Math.max(0, Date.parse(asOf.value) - row.beat_ms) + (ageOf("queues") ?? 0);
}

// As much of it as there is room for.
function fitting(name, said) {
  const rem = (Math.min(name.length, FEED_NAME) + said.join(" · ").length + 1) * FEED_LETTER * FEED_REM + 2 * FEED_REM;
  return rem <= FEEDS_REM || said.length < 2 ? { name, said, rem } : fitting(name, said.slice(0, -1));
}
