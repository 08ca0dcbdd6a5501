//! Sightline beside its peers: do the answers agree, the table, and `bench/results.json`.

use crate::api::{self, ApiAsked, ApiFigures};
use crate::dataset::Dataset;
use crate::figures::{self, Answered, Asked, Figures, Ingest, SIGHTLINE};
use crate::questions::{LINES, Line};
use anyhow::Context;
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

const RESULTS: &str = "bench/results.json";
/// Rows for which the figures to be reached were set.
const REACH_ROWS: u64 = 20_000_000;
const INGEST: &str = "durable ingest, batches of 1,000";

/// Which figures of peers are put beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peers {
    /// Of this run.
    Measured,
    /// Of an earlier run, with its date.
    Kept,
    None,
}

/// An answer that is not the one that Sightline gave.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Disagreement {
    question: String,
    engine: String,
    /// From 0; `None` where the sets as a whole cannot be compared.
    set: Option<usize>,
    text: String,
}

/// Compares and prints what the other steps have left in `kept`; fails where answers differ or nothing can be compared.
pub(crate) fn compare(data: Dataset, kept: &Path, wanted: Peers) -> anyhow::Result<ExitCode> {
    let mut engines = figures::read(&kept.join("sightline.json"))?;
    let ours = engines.first_mut().context("the step `questions` comes first")?;
    let ingest = kept.join("ingest.json");
    if ingest.exists() {
        ours.ingest = Some(serde_json::from_slice(&std::fs::read(ingest)?)?);
    }
    let peers = match wanted {
        Peers::None => Vec::new(),
        Peers::Measured | Peers::Kept => figures::read(&kept.join("peers.json"))?,
    };
    anyhow::ensure!(wanted == Peers::None || !peers.is_empty(), "no peer was measured at {} rows", data.rows);
    let api = api::read(&kept.join("api.json"))?;
    let ours = ours.clone();
    engines.extend(peers.iter().cloned());
    let mut found: Vec<Disagreement> = peers.iter().flat_map(|peer| disagreements(&ours, peer)).collect();
    found.extend(api.iter().flat_map(|api| disagreements_of_api(&ours, api)));

    println!("\n{}\n", about(&ours, &peers, wanted, api.as_ref()));
    println!("{}\n", table(&engines, &found, data.rows));
    if let Some(api) = &api {
        println!("{}\n", api_table(api));
    }
    let parameters: Value = serde_json::from_slice(&std::fs::read(kept.join("sets.json"))?)?;
    for one in &found {
        println!("DISAGREES: {}, {}: {}", one.question, one.engine, one.text);
        if let Some(parameters) = one.set.and_then(|set| parameters_of(&parameters, &one.question, set)) {
            println!("  parameter set {}: {parameters}", one.set.unwrap_or_default());
        }
    }
    let document = json!({
        "date": ours.date, "machine": machine(), "results": results(&engines, api.as_ref()),
        "bytes_per_row": engines.iter().map(|one| (one.engine.clone(), json!(one.bytes_per_row))).collect::<serde_json::Map<_, _>>(),
        "disagreements": found.len(),
    });
    std::fs::write(RESULTS, serde_json::to_string_pretty(&document)? + "\n")?;
    if found.is_empty() {
        if !peers.is_empty() {
            println!("all answers agree");
        }
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} answers differ", found.len());
    Ok(ExitCode::FAILURE)
}

fn parameters_of(parameters: &Value, question: &str, set: usize) -> Option<Value> {
    let questions = parameters.get("questions")?.as_array()?;
    let found = questions.iter().find(|one| one.get("name").is_some_and(|name| name == question))?;
    let mut one = found.get("sets")?.get(set)?.clone();
    // Long, and follows from the areas.
    for area in one.get_mut("areas")?.as_array_mut()? {
        area.as_object_mut()?.remove("cells");
    }
    Some(one)
}

/// Where a peer's answers are not Sightline's: counts, numbers of rows, ids in their order. A question that was not asked,
/// or asked with other parameter sets, is a difference too.
fn disagreements(ours: &Figures, peer: &Figures) -> Vec<Disagreement> {
    let one = |question: &str, set, text: String| Disagreement {
        question: question.into(),
        engine: peer.engine.clone(),
        set,
        text,
    };
    if ours.sets != peer.sets || ours.rows != peer.rows {
        return vec![one("all", None, "was asked other parameter sets, or over other rows; measure it again".into())];
    }
    let mut found = Vec::new();
    for line in LINES.iter().filter(|line| line.is_for_peers) {
        let answers = |engine: &Figures| engine.questions.iter().find(|asked| asked.question == line.name).cloned();
        let (Some(own), Some(theirs)) = (answers(ours), answers(peer)) else {
            found.push(one(line.name, None, "was not asked of both".into()));
            continue;
        };
        if own.answers.is_empty() || own.answers.len() != theirs.answers.len() {
            found.push(one(line.name, None, "has not as many answers".into()));
        }
        for (set, (own, theirs)) in own.answers.iter().zip(&theirs.answers).enumerate() {
            if own != theirs {
                let say =
                    |answer: &Answered| format!("{} matches, {} rows, ids {}", answer.count, answer.rows, answer.ids);
                found.push(one(line.name, Some(set), format!("{} against our {}", say(theirs), say(own))));
            }
        }
    }
    found
}

fn disagreements_of_api(ours: &Figures, api: &ApiFigures) -> Vec<Disagreement> {
    let mut found = Vec::new();
    for asked in api.questions.iter().filter(|asked| asked.refused.is_none()) {
        let own = ours.questions.iter().find(|own| own.question == asked.question);
        let counts: Vec<_> = own.iter().flat_map(|own| own.answers.iter().map(|answer| answer.count)).collect();
        if counts != asked.counts {
            let set = counts.iter().zip(&asked.counts).position(|(own, theirs)| own != theirs);
            let text = "counts differently than the store in this process".to_owned();
            found.push(Disagreement { question: asked.question.clone(), engine: "API".into(), set, text });
        }
    }
    found
}

/// What was measured, when, and on what.
fn about(ours: &Figures, peers: &[Figures], wanted: Peers, api: Option<&ApiFigures>) -> String {
    let machine = machine();
    let mut lines = vec![format!(
        "{} rows on {} cores, {}. Load averages before and after each engine; milliseconds, median / p95 over 24 parameter \
         sets, each the lowest of up to {} passes after a warm-up; (n=) where the time budget ended before all sets were timed.",
        ours.rows,
        machine["cores"],
        machine["processor"].as_str().unwrap_or("an unknown processor"),
        crate::sightline::PASSES,
    )];
    for one in std::iter::once(ours).chain(peers) {
        let loaded = one.loaded_s.map(|seconds| format!(", loaded in {seconds:.0} s")).unwrap_or_default();
        let load = one.load_average.join(" and ");
        let kept = if wanted == Peers::Kept && one.engine != SIGHTLINE { "kept from an earlier run, " } else { "" };
        lines.push(format!("{} {}: {kept}asked {}, load average {load}{loaded}", one.engine, one.version, one.date));
    }
    if let Some(api) = api {
        lines.push(format!("API: asked {}, load average {}", api.date, api.load_average.join(" and ")));
    }
    if peers.is_empty() {
        lines.push("Peers were left out of this run, so answers are not compared.".into());
    }
    lines.join("\n")
}

fn cell(asked: Option<&Asked>) -> String {
    let Some(asked) = asked else { return "-".into() };
    let sets =
        if asked.timed_sets < asked.answers.len() { format!(" (n={})", asked.timed_sets) } else { String::new() };
    format!("{} / {}{sets}", digits(asked.median_ms), digits(asked.p95_ms))
}

/// Three digits that count.
fn digits(value: f64) -> String {
    if value < 1.0 {
        format!("{value:.3}")
    } else if value < 10.0 {
        format!("{value:.2}")
    } else if value < 100.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

fn table(engines: &[Figures], found: &[Disagreement], rows: u64) -> String {
    let Some((ours, peers)) = engines.split_first() else { return String::new() };
    let mut head = vec!["question".to_owned(), "answer rows".into()];
    head.extend(engines.iter().map(|one| one.engine.clone()));
    head.extend(["best peer / Sightline", "agree", "to reach"].map(ToOwned::to_owned));
    let mut lines = vec![row(&head), row(&vec!["---".to_owned(); head.len()])];
    for line in &LINES {
        let Some(own) = asked_of(ours, line.name) else { continue };
        let theirs: Vec<_> = peers.iter().map(|peer| asked_of(peer, line.name)).collect();
        let mut cells = vec![line.name.to_owned(), own.answer_rows.to_string(), cell(Some(own))];
        cells.extend(theirs.iter().map(|asked| cell(*asked)));
        let best = theirs.iter().flatten().map(|asked| asked.median_ms).min_by(f64::total_cmp);
        cells.push(best.map_or("-".into(), |best| format!("{}x", digits(best / own.median_ms))));
        cells.push(agreeing(own, line, peers, found));
        cells.push(verdict(line, own, rows));
        lines.push(row(&cells));
    }
    lines.push(ingest_row(engines));
    let bytes = |one: &Figures| match one.bytes_per_row_of_everything {
        Some(whole) => format!("{:.1} (product: {whole:.1})", one.bytes_per_row),
        None => format!("{:.1}", one.bytes_per_row),
    };
    let least = peers.iter().map(|peer| peer.bytes_per_row).min_by(f64::total_cmp);
    let mut cells = vec!["bytes a row, indexes included".to_owned(), "-".into()];
    cells.extend(engines.iter().map(bytes));
    cells.push(least.map_or("-".into(), |least| format!("{}x", digits(least / ours.bytes_per_row))));
    cells.extend(["-".to_owned(), if rows == REACH_ROWS { "60".into() } else { "-".into() }]);
    lines.push(row(&cells));
    lines.join("\n")
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

fn asked_of<'a>(engine: &'a Figures, question: &str) -> Option<&'a Asked> {
    engine.questions.iter().find(|asked| asked.question == question)
}

/// Parameter sets in which all peers gave Sightline's answer.
fn agreeing(own: &Asked, line: &Line, peers: &[Figures], found: &[Disagreement]) -> String {
    if peers.is_empty() || !line.is_for_peers {
        return "-".into();
    }
    let about = found.iter().filter(|one| one.engine != "API" && (one.question == line.name || one.question == "all"));
    let sets = own.answers.len();
    if about.clone().any(|one| one.set.is_none()) {
        return format!("0/{sets}");
    }
    let agrees = |set: &usize| !about.clone().any(|one| one.set == Some(*set));
    let agreeing = (0..sets).filter(agrees).count();
    format!("{agreeing}/{sets}")
}

fn verdict(line: &Line, own: &Asked, rows: u64) -> String {
    if rows != REACH_ROWS {
        return "-".into();
    }
    let verdict = if own.median_ms <= line.reach { "reached" } else { "missed" };
    format!("{} {verdict}", line.reach)
}

fn ingest_row(engines: &[Figures]) -> String {
    let show = |one: &Figures| {
        one.ingest.as_ref().map_or("-".into(), |ingest| {
            let durable = if ingest.is_durable { "" } else { ", not durable" };
            format!("{:.0}/s{durable}", ingest.rows_per_second)
        })
    };
    let mut cells = vec![format!("{INGEST}, one feed"), "-".into()];
    cells.extend(engines.iter().map(show));
    let rate =
        |one: &Figures| one.ingest.as_ref().filter(|ingest| ingest.is_durable).map(|ingest| ingest.rows_per_second);
    let ours = engines.first().and_then(rate);
    let best = engines.iter().skip(1).filter_map(rate).max_by(f64::total_cmp);
    cells.push(ours.zip(best).map_or("-".into(), |(ours, best)| format!("{}x", digits(ours / best))));
    cells.extend(["-".into(), "300,000/s".into()]);
    row(&cells)
}

fn api_table(api: &ApiFigures) -> String {
    let mut lines = vec![
        "Through the API: total of each set's fastest call, of it both ledger entries being made durable, the rest, and of the \
         rest policy (facts and decision) and search; what is left of it is HTTP, who is asking, and JSON."
            .to_owned(),
        String::new(),
        "| question | total median / p95 ms | entries ms | rest ms | policy ms | search ms |".into(),
        "| --- | --- | --- | --- | --- | --- |".into(),
    ];
    lines.extend(api.questions.iter().map(api_row));
    lines.join("\n")
}

fn api_row(one: &ApiAsked) -> String {
    match &one.refused {
        Some(rule) => format!("| {} | refused by the preset's rule `{rule}` | - | - | - | - |", one.question),
        None => format!(
            "| {} | {} / {} | {} | {} | {} | {} |",
            one.question,
            digits(one.median_ms),
            digits(one.p95_ms),
            digits(one.entries_ms),
            digits(one.rest_ms),
            digits(one.policy_ms),
            digits(one.search_ms)
        ),
    }
}

fn results(engines: &[Figures], api: Option<&ApiFigures>) -> Vec<Value> {
    let mut all = Vec::new();
    for engine in engines {
        all.extend(engine.questions.iter().map(|asked| {
            json!({
                "question": asked.question, "engine": engine.engine, "rows": engine.rows, "median_ms": asked.median_ms,
                "p95_ms": asked.p95_ms, "answer_rows": asked.answer_rows, "timed_sets": asked.timed_sets,
                "variant": asked.variant, "date": engine.date,
            })
        }));
        all.extend(engine.ingest.iter().map(|ingest| ingest_result(engine, ingest)));
    }
    for asked in api.iter().flat_map(|api| &api.questions).filter(|asked| asked.refused.is_none()) {
        let rows = engines.first().map_or(0, |ours| ours.rows);
        all.push(json!({
            "question": asked.question, "engine": format!("{SIGHTLINE}, through the API"), "rows": rows,
            "median_ms": asked.median_ms, "p95_ms": asked.p95_ms, "answer_rows": figures::median_of(asked.counts.iter().copied()),
            "entries_ms": asked.entries_ms, "rest_ms": asked.rest_ms, "policy_ms": asked.policy_ms,
            "search_ms": asked.search_ms,
        }));
    }
    all
}

fn ingest_result(engine: &Figures, ingest: &Ingest) -> Value {
    json!({
        "question": INGEST, "engine": engine.engine, "rows": ingest.rows, "median_ms": ingest.batch_median_ms,
        "p95_ms": ingest.batch_p95_ms, "answer_rows": 0, "rows_per_second": ingest.rows_per_second,
        "is_durable": ingest.is_durable, "further": ingest.further,
    })
}

fn machine() -> Value {
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name =
        processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:").map(str::trim));
    json!({
        "processor": name, "cores": std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        "memory": memory,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails loudly")]
mod tests {
    use super::*;

    fn engine(name: &str) -> Figures {
        let answer = |count: u64| Answered { count, rows: count, ids: format!("{count}") };
        let asked = |line: &Line| Asked {
            question: line.name.into(),
            variant: None,
            median_ms: 1.0,
            p95_ms: 2.0,
            answer_rows: 3,
            timed_sets: 2,
            answers: vec![answer(3), answer(4)],
        };
        Figures {
            engine: name.into(),
            version: "1".into(),
            date: String::new(),
            load_average: Vec::new(),
            sets: "same".into(),
            rows: 20,
            loaded_s: None,
            bytes_per_row: 50.0,
            bytes_per_row_of_everything: None,
            questions: LINES.iter().map(asked).collect(),
            ingest: None,
        }
    }

    #[test]
    fn bench_a_difference_in_count_rows_or_ids_is_found_with_its_set() {
        let (ours, mut peer) = (engine(SIGHTLINE), engine("peer"));
        assert!(disagreements(&ours, &peer).is_empty());
        peer.questions[0].answers[1].count = 5;
        peer.questions[2].answers[0].rows = 5;
        peer.questions[4].answers[1].ids = "other".into();
        let found = disagreements(&ours, &peer);
        let places: Vec<_> = found.iter().map(|one| (one.question.as_str(), one.set)).collect();
        let expected = [(LINES[0].name, Some(1)), (LINES[2].name, Some(0)), (LINES[4].name, Some(1))];
        assert_eq!(places, expected);
        let text = table(&[ours, peer], &found, 20);
        assert!(text.lines().nth(2).unwrap().contains("| 1/2 |") && text.lines().nth(3).unwrap().contains("| 2/2 |"));
    }

    #[test]
    fn bench_a_peer_that_was_asked_less_or_something_else_does_not_agree() {
        let (ours, peer) = (engine(SIGHTLINE), engine("peer"));
        let other_sets = Figures { sets: "other".into(), ..peer.clone() };
        assert_eq!(disagreements(&ours, &other_sets).len(), 1);
        let mut fewer = peer.clone();
        fewer.questions[1].answers.pop();
        assert_eq!(disagreements(&ours, &fewer).len(), 1);
        let mut missing = peer;
        missing.questions.remove(0);
        assert_eq!(disagreements(&ours, &missing).len(), 1);
    }

    #[test]
    fn bench_the_api_must_count_what_the_store_counts() {
        let asked = |counts| ApiAsked { counts, refused: None, ..refused_for_tests() };
        let api = |counts| ApiFigures { date: String::new(), load_average: Vec::new(), questions: vec![asked(counts)] };
        assert!(disagreements_of_api(&engine(SIGHTLINE), &api(vec![3, 4])).is_empty());
        assert_eq!(disagreements_of_api(&engine(SIGHTLINE), &api(vec![3, 5]))[0].set, Some(1));
    }

    fn refused_for_tests() -> ApiAsked {
        let text = format!(
            r#"{{"question":"{}","refused":"r","median_ms":0,"p95_ms":0,"entries_ms":0,"rest_ms":0,"search_ms":0,"policy_ms":0,"counts":[]}}"#,
            LINES[0].name
        );
        serde_json::from_str(&text).unwrap()
    }
}
