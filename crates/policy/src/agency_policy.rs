//! The rules and limits of one agency, loaded once and used for every decision.

use crate::limits::Limits;
use crate::refusal::own_sentence;
use crate::rules::{PolicyError, Rules};
use domain::Wildcards;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A preset that comes with the program.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    pub name: &'static str,
    pub version: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// How far it can be relied on: `the document`, `ours`, `draft for counsel`.
    pub status: &'static str,
    /// Cedar texts that make it up.
    parts: &'static [&'static str],
    limits: &'static str,
}

const SHARED: &str = include_str!("../presets/shared.cedar");

const BUILT_IN: [Preset; 7] = [
    Preset {
        name: "open",
        version: "5",
        title: "A small department that asks its own cameras",
        status: "ours",
        parts: &[include_str!("../presets/open.cedar")],
        limits: include_str!("../presets/open.toml"),
    },
    Preset {
        name: "pia-039b",
        version: "5",
        title: "DHS/ICE/PIA-039(b), exactly",
        status: "the document",
        parts: &[include_str!("../presets/pia-039b.cedar")],
        limits: include_str!("../presets/pia-039b.toml"),
    },
    Preset {
        name: "strict",
        version: "2",
        title: "Two persons, a preview first, 21 days",
        status: "ours",
        parts: &[SHARED, include_str!("../presets/strict.cedar")],
        limits: include_str!("../presets/strict.toml"),
    },
    Preset {
        name: "california",
        version: "2",
        title: "California, Civil Code 1798.90.5 ff.",
        status: "draft for counsel",
        parts: &[SHARED, include_str!("../presets/california.cedar")],
        limits: include_str!("../presets/california.toml"),
    },
    Preset {
        name: "virginia",
        version: "2",
        title: "Virginia, Code 2.2-5517",
        status: "draft for counsel, primary text unread",
        parts: &[SHARED, include_str!("../presets/virginia.cedar")],
        limits: include_str!("../presets/virginia.toml"),
    },
    Preset {
        name: "new-jersey",
        version: "2",
        title: "New Jersey, Attorney General Directive 2022-12",
        status: "draft for counsel",
        parts: &[SHARED, include_str!("../presets/new-jersey.cedar")],
        limits: include_str!("../presets/new-jersey.toml"),
    },
    Preset {
        name: "uk",
        version: "2",
        title: "United Kingdom, NASPLE",
        status: "draft, primary text unread",
        parts: &[SHARED, include_str!("../presets/uk.cedar")],
        limits: include_str!("../presets/uk.toml"),
    },
];

/// The presets that come with the program.
pub const PRESETS: [Preset; 7] = BUILT_IN;

fn find(name: &str) -> Result<Preset, PolicyError> {
    BUILT_IN.into_iter().find(|preset| preset.name == name).ok_or(PolicyError::NoSuchPreset)
}

/// The rules and limits of one agency. Loading validates; deciding only evaluates.
#[derive(Debug)]
pub struct AgencyPolicy {
    name: String,
    version: String,
    /// How often the agency has changed its policy; 0 for a preset as it comes.
    revision: u32,
    pub(crate) rules: Arc<Rules>,
    pub(crate) limits: Limits,
}

impl AgencyPolicy {
    /// One of [`PRESETS`].
    pub fn preset(name: &str) -> Result<Self, PolicyError> {
        let preset = find(name)?;
        Self::parse(preset.name, preset.version, &preset.parts.join("\n"), preset.limits)
    }

    /// An agency's own policy: Cedar rules beside those that every agency has, and limits as TOML.
    pub fn parse(name: &str, version: &str, cedar_text: &str, limits_toml: &str) -> Result<Self, PolicyError> {
        let (rules, limits) = (Rules::parse(cedar_text)?, Limits::parse(limits_toml)?);
        let rules = Arc::new(rules);
        Ok(Self { name: name.to_owned(), version: version.to_owned(), revision: 0, rules, limits })
    }

    /// The same rules with some numbers of the agency's own, by name. A number in a group, such as the days of a course, is
    /// changed by itself; `null` takes it out of the group.
    pub fn with_limits(&self, changes: &Map<String, Value>, revision: u32) -> Result<Self, PolicyError> {
        let limits = self.limits.changed(changes)?;
        let (name, version, rules) = (self.name.clone(), self.version.clone(), Arc::clone(&self.rules));
        Ok(Self { name, version, revision, rules, limits })
    }

    /// The Cedar text and the limits of a preset, to start an own policy from.
    pub fn preset_texts(name: &str) -> Result<(String, &'static str), PolicyError> {
        let preset = find(name)?;
        Ok((preset.parts.join("\n"), preset.limits))
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn version(&self) -> &str {
        &self.version
    }

    /// What `*` means in a partial plate (QRY-2).
    pub fn wildcards(&self) -> Wildcards {
        self.limits.wildcards
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Ids of all rules, in the order in which they stand in the texts.
    pub fn rule_ids(&self) -> Vec<&str> {
        self.rules.ids()
    }

    /// A rule in plain words, also one that is not a policy's, such as `no-pools`; empty for an id that does not exist.
    pub fn sentence(&self, rule_id: &str) -> &str {
        self.rules.get(rule_id).map_or_else(|| own_sentence(rule_id), |rule| &rule.sentence)
    }

    /// Where a rule comes from: page and note, or "ours"; empty for an id that is not a rule of this policy.
    pub fn source(&self, rule_id: &str) -> &str {
        self.rules.get(rule_id).map_or("", |rule| &rule.source)
    }

    /// Preset and version, as permits and refusals record it.
    pub(crate) fn label(&self) -> String {
        match self.revision {
            0 => format!("{}/{}", self.name, self.version),
            revision => format!("{}/{}+{revision}", self.name, self.version),
        }
    }
}
