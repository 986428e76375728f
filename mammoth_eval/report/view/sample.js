// One sample, whole: question, verdicts, and what was asked, written, run and read in each attempt.
const METHODS = { pot: "Program of thought", cot: "Chain of thought", match: "Option matching" };

function badge(outcome) {
  return make("span", { class: `badge o-${outcome}` }, outcome.replace("_", " "));
}

function block(title, text, kind = "text", nodes = [text]) {
  return make("div", { class: "block" }, make("h4", {}, title), make("pre", { class: kind, tabindex: "0" }, nodes));
}

function folded(title, text) {
  return make("details", {}, make("summary", {}, title), make("pre", { class: "text", tabindex: "0" }, text));
}

function promptOf(record, attempt) {
  const problem = DATA.problems[record.problem];
  const frame = DATA.runs[record.run].frames[`${problem.benchmark}/${attempt.method}`];
  return frame ? frame[0] + problem.question + frame[1] : null;
}

function attemptNodes(record, attempt, index) {
  const facts = [attempt.tokens ? `${number(attempt.tokens)} tokens` : null, attempt.seconds ? `${attempt.seconds} s` : null, attempt.finish === "stop" ? null : `ended by ${attempt.finish}`];
  const sample = attempt.sample ? `, sample ${attempt.sample + 1}` : "";
  const head = make("header", {}, make("h3", { id: `attempt-${index}` }, (METHODS[attempt.method] || attempt.method) + sample), make("p", { class: "note" }, facts.filter(Boolean).join(" · ")));
  const prompt = promptOf(record, attempt);
  const parts = [head, prompt === null ? null : folded("Prompt", prompt)];
  if (attempt.thought) parts.push(folded(thoughtTitle(attempt.thought), attempt.thought.text));
  if (attempt.program !== undefined) parts.push(block("Program", attempt.program, "code", pythonNodes(attempt.program)));
  if (attempt.run) parts.push(...runNodes(attempt.run));
  if (attempt.program === undefined) parts.push(block("Completion", attempt.text));
  else if (attempt.text.trim() !== attempt.program.trim()) parts.push(folded("Completion", attempt.text));
  return make("section", { class: "attempt", "aria-labelledby": `attempt-${index}` }, parts);
}

function thoughtTitle(thought) {
  return ["Thought", thought.tokens ? `${number(thought.tokens)} tokens` : null, thought.ended || null].filter(Boolean).join(" · ");
}

function runNodes(run) {
  const said = run.status === "ok" ? `Output · ${run.seconds} s` : `Output · ${run.status.replace("_", " ")} after ${run.seconds} s`;
  const nodes = [];
  if (run.out || !run.error) nodes.push(block(said, run.out || "(nothing printed)", run.out ? "output" : "output empty"));
  if (run.error) nodes.push(block(`Error · ${run.seconds} s`, run.error, "output failed"));
  if (run.err) nodes.push(folded("Standard error", run.err));
  return nodes;
}

function verdictTable(record) {
  const rows = [];
  record.attempts.forEach((attempt) => {
    for (const [grader, [answer, outcome, reason]] of Object.entries(attempt.verdicts)) {
      const method = (METHODS[attempt.method] || attempt.method) + (attempt.sample ? ` ${attempt.sample + 1}` : "");
      rows.push(make("tr", {}, make("th", { scope: "row" }, method), make("td", {}, grader), make("td", { class: "value" }, answer === null ? "–" : answer), make("td", {}, badge(outcome)), make("td", { class: "why" }, reason)));
    }
  });
  const head = make("tr", {}, ["Attempt", "Grader", "Answer", "Outcome", "Why"].map((name) => make("th", { scope: "col" }, name)));
  const table = make("table", {}, make("caption", {}, "Verdicts"), make("thead", {}, head), make("tbody", {}, rows));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Verdicts, table" }, table);
}

function otherRuns(index) {
  const record = DATA.records[index];
  const others = (SAME.get(record.problem) || []).filter((one) => one !== index);
  if (!others.length) return null;
  const buttons = others.map((one) => {
    const [answer, outcome] = readScore(DATA.records[one]);
    return make("button", { type: "button", onclick: () => jump(one) }, badge(outcome), ` run ${DATA.records[one].run + 1}: ${answer === null ? "–" : answer.slice(0, 40)}`);
  });
  return make("div", { class: "others", role: "group", "aria-label": "The same problem in other runs" }, make("span", { class: "note" }, "Same problem"), buttons);
}

function sampleHead(record, problem) {
  const [answer, outcome, path] = readScore(record);
  const steps = [
    make("button", { type: "button", "aria-label": "Previous sample", onclick: () => choose(LIST.at - 1) }, "←"),
    make("button", { type: "button", "aria-label": "Next sample", onclick: () => choose(LIST.at + 1) }, "→"),
  ];
  const run = DATA.runs[record.run];
  const facts = [DATA.runs.length > 1 ? `run ${record.run + 1}` : null, run.label, path ? `answered by ${PATHS[path]}` : null, record.failure ? `program: ${record.failure}` : null];
  return make(
    "header",
    { class: "sample-head" },
    make("div", { class: "title" }, make("h2", { id: "sample-title" }, problem.id), badge(outcome), disagree(record) ? make("span", { class: "badge plain" }, "graders disagree") : null, make("span", { class: "steps" }, steps)),
    make("p", { class: "note" }, facts.filter(Boolean).join(" · ")),
    make("dl", { class: "answers" }, make("div", {}, make("dt", {}, "Answer"), make("dd", {}, answer === null ? "–" : answer)), make("div", {}, make("dt", {}, "Gold"), make("dd", {}, problem.gold))),
  );
}

function showSample(index) {
  const box = byId("sample");
  if (index === null) {
    box.replaceChildren(make("p", { class: "empty", id: "sample-title" }, DATA.records.length ? "No sample fits these filters." : "No samples in this page."));
    return;
  }
  const record = DATA.records[index];
  const problem = DATA.problems[record.problem];
  const letters = (problem.choices || []).map((text, i) => `${"ABCDEFGHIJ"[i]}  ${text}`);
  const meta = Object.entries(problem.meta || {}).map(([name, value]) => make("span", { class: "badge plain" }, `${name}: ${value}`));
  const asked = make("section", { "aria-labelledby": "asked" }, make("h3", { id: "asked" }, "Question"), make("p", { class: "question" }, problem.question));
  if (letters.length && !problem.question.includes(problem.choices[0])) asked.append(make("pre", { class: "text" }, letters.join("\n")));
  if (meta.length) asked.append(make("p", { class: "meta" }, meta));
  const fault = record.fault ? make("p", { class: "note failed" }, `Void: ${record.fault}`) : null;
  box.replaceChildren(...[sampleHead(record, problem), otherRuns(index), asked, fault, ...record.attempts.map((one, i) => attemptNodes(record, one, i)), verdictTable(record)].filter(Boolean));
  box.scrollTop = 0;
  highlight(box, FILTER.text);
}

// What was searched for is marked without touching the text (CSS Custom Highlight API, where there is one).
function highlight(box, text) {
  if (!window.Highlight || !CSS.highlights) return;
  CSS.highlights.delete("found");
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return;
  const ranges = [];
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node && ranges.length < 500; node = walker.nextNode()) {
    const lower = node.data.toLowerCase();
    if (lower.length !== node.data.length) continue; // places would not be the same
    for (const word of words) {
      for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length)) {
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, at + word.length);
        ranges.push(range);
      }
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
}
