// What the board says, in the languages of the floor, and how it writes numbers, money and time.

const RU = {
  product: "Квота",
  leaderboard: "Лидеры месяца",
  won: "Продано",
  attainment: "План",
  calls: "Звонки",
  queues: "Очереди",
  waiting: "ждут",
  longest: "дольше всех",
  within: (target) => `за ${target} с`,
  policies: {
    answered_only: "от принятых",
    offered: "от поступивших",
    removed: "с потерянными",
    ignore_abandon_within_threshold: "без ранних отбоев",
    exclude_short: "без коротких",
    abandon_after_threshold: "без ранних отбоев",
  },
  answered: "принято",
  abandoned: "потеряно",
  ticker: "Последние сделки",
  feeds: "Телефония",
  noFeeds: "источников нет",
  beat: (time) => `${time} назад`,
  stalled: (time) => `молчит ${time}`,
  gaps: (count, open) => (open === "0" ? `разрывов ${count}, все закрыты` : `разрывов ${count}, открыто ${open}`),
  missing: (count) => `не хватает ${count}`,
  parked: (count) => `не прочитано ${count}`,
  whole: "без разрывов",
  fast: (seconds) => `часы спешат на ${seconds} с`,
  connected: "На связи",
  connecting: "Нет связи",
  silent: "Молчит телефония",
  age: (seconds) => `${seconds} с назад`,
  since: (time) => `Данные на ${time}`,
  nothing: "Данных ещё нет",
  noQueues: "Звонков сегодня ещё не было",
  noDeals: "В этом месяце сделок ещё не было",
  noReps: "Здесь появятся те, кто звонит и продаёт",
  more: (count) => `и ещё ${count}`,
  late: (count) => `Опоздало событий: ${count} — они только в отчётах`,
  noPlan: "без плана",
  pace: "Сегодня должно быть",
  states: {
    ready: "готов",
    ringing: "вызов",
    talking: "разговор",
    hold: "удержание",
    wrap: "оформление",
    paused: "пауза",
    offline: "не на линии",
  },
};

const EN = {
  product: "Kvota",
  leaderboard: "Leaders of the month",
  won: "Sold",
  attainment: "Quota",
  calls: "Calls",
  queues: "Queues",
  waiting: "waiting",
  longest: "longest wait",
  within: (target) => `in ${target} s`,
  policies: {
    answered_only: "of answered",
    offered: "of offered",
    removed: "incl. abandoned",
    ignore_abandon_within_threshold: "less early leavers",
    exclude_short: "less short calls",
    abandon_after_threshold: "less early leavers",
  },
  answered: "answered",
  abandoned: "abandoned",
  ticker: "Latest deals",
  feeds: "Phone systems",
  noFeeds: "none is heard",
  beat: (time) => `${time} ago`,
  stalled: (time) => `stalled for ${time}`,
  gaps: (count, open) => (open === "0" ? `gaps ${count}, all closed` : `gaps ${count}, open ${open}`),
  missing: (count) => `missing ${count}`,
  parked: (count) => `not read ${count}`,
  whole: "no gaps",
  fast: (seconds) => `clock ${seconds} s fast`,
  connected: "Connected",
  connecting: "No connection",
  silent: "Phone system silent",
  age: (seconds) => `${seconds} s ago`,
  since: (time) => `Data as of ${time}`,
  nothing: "No data yet",
  noQueues: "No calls yet today",
  noDeals: "No deals yet this month",
  noReps: "Whoever calls and sells will appear here",
  more: (count) => `and ${count} more`,
  late: (count) => `Events that came late: ${count}, in reports only`,
  noPlan: "no quota",
  pace: "Due today",
  states: {
    ready: "ready",
    ringing: "ringing",
    talking: "talking",
    hold: "on hold",
    wrap: "wrap-up",
    paused: "paused",
    offline: "offline",
  },
};

const TENFOLD_BP = 99_950; // from here on a share is written as how many times the whole: there is no room for more digits
const WIDEST = 100_000_000; // from here on an amount is written in millions: there is no room for more digits

const LANGUAGES = { ru: [RU, "ru-RU"], en: [EN, "en-GB"] };

export function words(lang) {
  const [said, locale] = LANGUAGES[lang] ?? LANGUAGES.en;
  return { ...said, ...formats(locale) };
}

function formats(locale) {
  const number = new Intl.NumberFormat(locale);
  const share = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const level = new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const currencies = new Map();
  const times = new Map();
  const day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });

  const currency = (code) => kept(currencies, code, () => {
    const exact = new Intl.NumberFormat(locale, { style: "currency", currency: code });
    const shown = new Intl.NumberFormat(locale, {
      style: "currency", currency: code, currencyDisplay: "narrowSymbol", maximumFractionDigits: 0,
    });
    const short = new Intl.NumberFormat(locale, {
      style: "currency", currency: code, currencyDisplay: "narrowSymbol", notation: "compact", maximumFractionDigits: 1,
    });
    const minor = 10 ** exact.resolvedOptions().maximumFractionDigits;
    return (amount) => (Math.abs(amount / minor) < WIDEST ? shown : short).format(Math.trunc(amount / minor));
  });
  const time = (zone, seconds) => kept(times, `${zone} ${seconds}`, () => new Intl.DateTimeFormat(locale, {
    hour: "2-digit", minute: "2-digit", second: seconds ? "2-digit" : undefined, hourCycle: "h23", timeZone: zone,
  }));

  return {
    number: (value) => number.format(value),
    percent: (basisPoints) => (
      basisPoints < TENFOLD_BP ? share.format(basisPoints / 10_000) : `×${number.format(Math.round(basisPoints / 10_000))}`
    ),
    level: (percent) => (percent === null ? "–" : level.format(percent / 100)),
    money: (minor, code) => currency(code)(minor),
    clock: (instant, zone) => (instant === null ? "––:––:––" : time(zone, true).format(new Date(instant))),
    moment: (instant, zone) => time(zone, false).format(new Date(instant)),
    date: (isoDay) => (isoDay === null ? "" : capital(day.format(new Date(`${isoDay}T00:00:00Z`)))),
    wait,
  };
}

function kept(map, key, make) {
  if (!map.has(key)) map.set(key, make());
  return map.get(key);
}

const capital = (text) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

function wait(seconds) {
  const minutes = Math.floor(seconds / 60);
  return minutes < 100 ? `${minutes}:${String(seconds % 60).padStart(2, "0")}` : ">99:59";
}
