// Which samples are shown: facets and words. One pass over all records gives the result and every facet's counts, each counted
// as if its own choice were open, so that a count says what choosing it would give.
const OUTCOMES = ["correct", "wrong", "no_answer", "truncated", "fault"];
const PATHS = { pot: "program (PoT)", cot: "chain of thought (CoT)", match: "matched option" };
const NONE = "–";

const FACETS = [
  { name: "run", label: "Run", of: (record) => String(record.run), said: (value) => `${Number(value) + 1} · ${DATA.runs[value].label}` },
  { name: "benchmark", label: "Benchmark", of: (record) => DATA.problems[record.problem].benchmark },
  { name: "outcome", label: "Outcome", of: (record) => readScore(record)[1], said: (value) => value.replace("_", " ") },
  { name: "path", label: "Answered by", of: (record) => readScore(record)[2] || NONE, said: (value) => PATHS[value] || "no answer" },
  { name: "failure", label: "Program", of: (record) => record.failure || NONE, said: (value) => (value === NONE ? "gave an answer, or none asked" : value) },
  { name: "graders", label: "Graders", of: (record) => (disagree(record) ? "differ" : "agree"), said: (value) => (value === "differ" ? "disagree" : "agree") },
];

const FILTER = { grader: "", text: "", choice: {} };

function readScore(record) {
  const own = record.scores[FILTER.grader || DATA.runs[record.run].grader];
  return own || [null, record.fault ? "fault" : "no_answer", null];
}

function disagree(record) {
  const right = new Set(Object.values(record.scores).map((score) => score[1] === "correct"));
  return right.size > 1;
}

// The columns of the facets, one small number a record; built once, and again where the grader changes.
let columns = [];
function buildColumns() {
  columns = FACETS.map((facet) => {
    const values = [];
    const numbers = new Map();
    const column = new Uint16Array(DATA.records.length);
    DATA.records.forEach((record, i) => {
      const value = facet.of(record);
      if (!numbers.has(value)) numbers.set(value, values.push(value) - 1);
      column[i] = numbers.get(value);
    });
    return { ...facet, values, column };
  });
}

const hay = [];
const problemHay = [];
function hayOf(i) {
  if (hay[i] !== undefined) return hay[i];
  const record = DATA.records[i];
  const parts = Object.values(record.scores).map((score) => score[0] || "");
  for (const attempt of record.attempts) parts.push(attempt.text, attempt.program || "", attempt.run ? `${attempt.run.out || ""}\n${attempt.run.err || ""}` : "");
  hay[i] = parts.join("\n").toLowerCase();
  const number = record.problem;
  if (problemHay[number] === undefined) {
    const problem = DATA.problems[number];
    problemHay[number] = [problem.id, problem.question, problem.gold, ...Object.values(problem.meta || {})].join("\n").toLowerCase();
  }
  return hay[i];
}

// Words are made ready to be searched while the browser has nothing else to do.
function readyWords(from = 0) {
  const work = (deadline) => {
    let i = from;
    while (i < DATA.records.length && deadline.timeRemaining() > 2) hayOf(i++);
    if (i < DATA.records.length) readyWords(i);
  };
  if (window.requestIdleCallback) requestIdleCallback(work);
}

function hasWords(i, words) {
  const own = hayOf(i);
  const asked = problemHay[DATA.records[i].problem];
  return words.every((word) => own.includes(word) || asked.includes(word));
}

function applyFilter() {
  const words = FILTER.text.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = columns.map((facet) => {
    const value = FILTER.choice[facet.name];
    return value === undefined ? -1 : facet.values.indexOf(value);
  });
  const counts = columns.map((facet) => new Uint32Array(facet.values.length));
  const shown = [];
  for (let i = 0; i < DATA.records.length; i++) {
    let missed = -1;
    let misses = 0;
    for (let f = 0; f < columns.length && misses < 2; f++) {
      if (wanted[f] >= 0 && columns[f].column[i] !== wanted[f]) {
        missed = f;
        misses++;
      }
    }
    if (misses > 1 || (words.length && !hasWords(i, words))) continue;
    if (misses === 0) {
      shown.push(i);
      for (let f = 0; f < columns.length; f++) counts[f][columns[f].column[i]]++;
    } else counts[missed][columns[missed].column[i]]++;
  }
  return { shown, counts, words };
}
