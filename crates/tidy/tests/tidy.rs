//! The habits of the house, checked.

use std::collections::{BTreeMap, BTreeSet};
use tidy::{Source, root, rust_sources};

/// Which crate may use which; arrows point down only.
const MAY_USE: [(&str, &[&str]); 9] = [
    ("domain", &[]),
    ("storage", &["domain"]),
    ("policy", &["domain"]),
    ("ledger", &["domain", "storage"]),
    ("detections", &["domain", "storage", "policy", "ledger"]),
    ("feeds", &["domain"]),
    ("city", &["domain"]),
    ("server", &["domain", "storage", "policy", "ledger", "detections", "feeds", "city"]),
    ("tidy", &[]),
];

/// Lines of a file. Above the first number it should be two modules; the second is a wall.
const LINES_SOFT_MAX: usize = 500;
const LINES_MAX: usize = 800;
/// Files between the two. This list may only shrink.
const LONG_FILES: [&str; 0] = [];

fn offences(check: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    rust_sources()
        .iter()
        .flat_map(|source| check(source).into_iter().map(|text| format!("{}: {text}", source.path)))
        .collect()
}

fn assert_none(offences: &[String]) {
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}

#[test]
fn crates_depend_only_downwards() {
    let allowed: BTreeMap<_, _> = MAY_USE.into_iter().collect();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join("crates")).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let manifest: toml::Table = std::fs::read_to_string(entry.path().join("Cargo.toml")).unwrap().parse().unwrap();
        let Some(may_use) = allowed.get(name.as_str()) else {
            found.push(format!("{name}: not in the table of rooms"));
            continue;
        };
        let uses = manifest.get("dependencies").and_then(toml::Value::as_table).cloned().unwrap_or_default();
        for used in uses.keys().filter(|used| allowed.contains_key(used.as_str())) {
            if !may_use.contains(&used.as_str()) {
                found.push(format!("{name} uses {used}"));
            }
        }
    }
    assert_none(&found);
}

#[test]
fn files_are_short() {
    let long: BTreeSet<_> = LONG_FILES.into_iter().collect();
    assert_none(&offences(|source| {
        let lines = source.text.lines().count();
        match lines {
            _ if lines > LINES_MAX => vec![format!("{lines} lines; the wall is {LINES_MAX}")],
            _ if lines > LINES_SOFT_MAX && !long.contains(source.path.as_str()) => {
                vec![format!("{lines} lines; above {LINES_SOFT_MAX} it should be two modules")]
            }
            _ if lines <= LINES_SOFT_MAX && long.contains(source.path.as_str()) => {
                vec!["short again: take it out of LONG_FILES".into()]
            }
            _ => Vec::new(),
        }
    }));
}

#[test]
fn types_are_named_for_what_they_are() {
    assert_none(&offences(|source| {
        let named = source.text.lines().filter_map(|line| {
            let line = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
            let rest = ["struct ", "enum ", "trait ", "mod "].iter().find_map(|word| line.strip_prefix(word))?;
            Some(rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?.to_owned())
        });
        let banned = ["Manager", "Util", "Utils", "Helper", "Helpers", "Common", "utils", "util", "helpers", "common"];
        named.filter(|name| banned.iter().any(|end| name.ends_with(end)) && name != "AgencyManager").collect()
    }));
}

/// Calls that have one place, with that place.
const SEAMS: [(&str, &[&str], &str); 6] = [
    ("SystemTime::now", &["crates/storage/src/clock.rs"], "the clock is a seam: storage::Clock"),
    ("dbg!(", &[], "left over"),
    ("todo!(", &[], "left over"),
    ("unimplemented!(", &[], "left over"),
    ("#[ignore", &[], "a test that does not run proves nothing"),
    ("thread::sleep", &[], "nothing waits for luck"),
];

#[test]
fn banned_calls_stay_in_their_seam() {
    assert_none(&offences(|source| {
        let mut found = Vec::new();
        for (call, allowed, why) in SEAMS {
            let here = allowed.contains(&source.path.as_str()) || source.crate_name() == "tidy";
            if !here && source.text.contains(call) {
                found.push(format!("`{call}`: {why}"));
            }
        }
        found
    }));
}

#[test]
fn unsafe_code_is_in_named_files_only() {
    const NAMED: [&str; 1] = ["crates/detections/src/machine.rs"];
    assert_none(&offences(|source| {
        let uses = source.text.contains("unsafe {")
            || source.text.contains("unsafe fn")
            || source.text.contains("unsafe impl");
        let allowed = NAMED.contains(&source.path.as_str()) || source.crate_name() == "tidy";
        if uses && !allowed { vec!["unsafe code".into()] } else { Vec::new() }
    }));
}

#[test]
fn only_the_server_knows_http_and_only_policy_knows_cedar() {
    assert_none(&offences(|source| {
        let knows = |word: &str, room: &str| {
            source.crate_name() != room && source.crate_name() != "tidy" && source.text.contains(word)
        };
        let mut found = Vec::new();
        if knows("axum::", "server") {
            found.push("axum".to_owned());
        }
        if knows("cedar_policy::", "policy") {
            found.push("cedar".to_owned());
        }
        found
    }));
}

#[test]
fn policy_reads_no_clock_and_does_no_input_or_output() {
    assert_none(&offences(|source| {
        if source.crate_name() != "policy" || source.is_test() {
            return Vec::new();
        }
        ["std::fs", "std::net", "Instant::now", "tokio", "std::env"]
            .into_iter()
            .filter(|call| source.production().contains(call))
            .map(ToOwned::to_owned)
            .collect()
    }));
}

#[test]
fn every_public_module_says_what_it_is_for() {
    assert_none(&offences(|source| {
        let needs = source.path.contains("/src/") && !source.is_test();
        if needs && !source.text.starts_with("//!") { vec!["no module comment at the top".into()] } else { Vec::new() }
    }));
}

#[test]
fn decisions_are_numbered_without_gaps() {
    let mut numbers: Vec<u32> = std::fs::read_dir(root().join("docs/decisions"))
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_string_lossy().split('-').next()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    let expected: Vec<u32> = (1..=u32::try_from(numbers.len()).unwrap()).collect();
    assert_eq!(numbers, expected);
}
