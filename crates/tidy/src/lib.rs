//! Reads the repository's own files, for the tests that keep it tidy.

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A source file of the workspace.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path from the repository's root, with `/`.
    pub path: String,
    pub text: String,
}

impl Source {
    /// The crate that it belongs to.
    pub fn crate_name(&self) -> &str {
        self.path.split('/').nth(1).unwrap_or_default()
    }

    /// Whether it holds tests only.
    pub fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("tests.rs") || self.path.contains("/examples/")
    }

    /// The text without its test module at the end.
    pub fn production(&self) -> &str {
        let end = self.text.find("#[cfg(test)]\nmod ").unwrap_or(self.text.len());
        self.text.get(..end).unwrap_or_default()
    }
}

/// All Rust files of the workspace's crates, in order of path.
pub fn rust_sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join("crates"), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                collect(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && let (Ok(text), Ok(inside)) = (std::fs::read_to_string(&path), path.strip_prefix(root()))
        {
            found.push(Source { path: inside.to_string_lossy().replace('\\', "/"), text });
        }
    }
}
