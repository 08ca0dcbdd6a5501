//! Makes `docs/generated/requirements.md`, which shows the tests that prove each requirement, from the tests' names.

#![allow(clippy::unwrap_used, reason = "a test that cannot read the repository fails")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use tidy::{root, rust_sources};

/// The families of requirements with how many each has.
const FAMILIES: [(&str, u32, &str); 13] = [
    ("DET", 7, "detections"),
    ("QRY", 10, "queries"),
    ("WHY", 7, "what every query must carry"),
    ("LIM", 5, "limits"),
    ("RES", 5, "results"),
    ("MOB", 6, "mobile"),
    ("ALR", 4, "alert lists"),
    ("ACC", 8, "access"),
    ("AUD", 8, "audit and oversight"),
    ("AGY", 5, "agencies and sharing"),
    ("RET", 2, "retention"),
    ("NOT", 1, "notice"),
    ("RED", 1, "redress"),
];

/// The requirements that a test's name begins with: `qry_4_lim_2_large_areas_are_refused` proves QRY-4 and LIM-2.
fn proved_by(name: &str) -> Vec<String> {
    let words: Vec<_> = name.split('_').collect();
    let mut found = Vec::new();
    for pair in words.chunks_exact(2) {
        let [family, number] = pair else { break };
        let known = FAMILIES.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(family));
        let number = number.parse::<u32>().ok();
        match (known, number) {
            (Some((family, count, _)), Some(number)) if (1..=*count).contains(&number) => {
                found.push(format!("{family}-{number}"));
            }
            _ => break,
        }
    }
    found
}

/// Tests of the web app: `test('QRY 2 …', …)` or `it('…', …)` in `web/tests` and beside the code in `web/src`.
fn web_tests() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in ["web/tests", "web/src"] {
        typescript_files(&root().join(folder), &mut files);
    }
    files.sort();
    let mut found = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let file = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        for line in text.lines().map(str::trim_start) {
            let name = ["test('", "it('"].iter().find_map(|start| line.strip_prefix(start)?.split('\'').next());
            if let Some(name) = name {
                found.push((name.replace([' ', '-'], "_").to_lowercase(), file.clone()));
            }
        }
    }
    found
}

fn typescript_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            typescript_files(&path, files);
        } else if path.to_string_lossy().ends_with(".spec.ts") || path.to_string_lossy().ends_with(".test.ts") {
            files.push(path);
        }
    }
}

fn rust_tests() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for source in rust_sources() {
        let mut is_test = false;
        for line in source.text.lines().map(str::trim_start) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if let Some(rest) = line.strip_prefix("fn ").or_else(|| line.strip_prefix("async fn ")) {
                if is_test {
                    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    found.push((name, source.path.clone()));
                }
                is_test = false;
            }
        }
    }
    found
}

fn generated() -> String {
    let mut proofs: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (name, path) in rust_tests().into_iter().chain(web_tests()) {
        for requirement in proved_by(&name) {
            proofs.entry(requirement).or_default().push((name.clone(), path.clone()));
        }
    }
    let mut text = String::from(
        "# Which test proves which requirement\n\nMade from the names of the tests; `make bless` makes it anew.\n",
    );
    for (family, count, title) in FAMILIES {
        write!(text, "\n## {family}: {title}\n\n").unwrap();
        for number in 1..=count {
            let requirement = format!("{family}-{number}");
            let Some(found) = proofs.get_mut(&requirement) else {
                writeln!(text, "- **{requirement}** no test yet").unwrap();
                continue;
            };
            found.sort();
            writeln!(text, "- **{requirement}**").unwrap();
            for (name, path) in found {
                writeln!(text, "  - {} (`{path}`)", name.replace('_', " ")).unwrap();
            }
        }
    }
    text
}

#[test]
fn the_generated_list_of_proved_requirements_is_fresh() {
    let path = root().join("docs/generated/requirements.md");
    let text = generated();
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, text, "docs/generated/requirements.md is old: run `make bless`");
}

#[test]
fn names_are_read_for_all_requirements_that_they_begin_with() {
    assert_eq!(proved_by("qry_4_lim_2_large_areas_are_refused"), ["QRY-4", "LIM-2"]);
    assert!(proved_by("qry_99_no_such").is_empty() && proved_by("a_sentence").is_empty());
}
