//! The rules and limits of one agency, loaded once and used for every decision.

use crate::limits::Limits;
use crate::refusal::own_sentence;
use crate::rules::{PolicyError, Rules};
use domain::Wildcards;

/// A preset: its name, version, rules and numbers.
type Preset = (&'static str, &'static str, &'static str, &'static str);

const BUILT_IN: [Preset; 2] = [
    ("open", "3", include_str!("../presets/open.cedar"), include_str!("../presets/open.toml")),
    ("pia-039b", "3", include_str!("../presets/pia-039b.cedar"), include_str!("../presets/pia-039b.toml")),
];

/// Names of the presets that come with the program.
pub const PRESETS: [&str; 2] = [BUILT_IN[0].0, BUILT_IN[1].0];

/// The rules and limits of one agency. Loading validates; deciding only evaluates.
#[derive(Debug)]
pub struct AgencyPolicy {
    name: String,
    version: String,
    pub(crate) rules: Rules,
    pub(crate) limits: Limits,
}

impl AgencyPolicy {
    /// One of [`PRESETS`].
    pub fn preset(name: &str) -> Result<Self, PolicyError> {
        let (name, version, rules, limits) =
            BUILT_IN.into_iter().find(|preset| preset.0 == name).ok_or(PolicyError::NoSuchPreset)?;
        Self::parse(name, version, rules, limits)
    }

    /// An agency's own policy: Cedar rules beside those that every agency has, and limits as TOML.
    pub fn parse(name: &str, version: &str, cedar_text: &str, limits_toml: &str) -> Result<Self, PolicyError> {
        let (rules, limits) = (Rules::parse(cedar_text)?, Limits::parse(limits_toml)?);
        Ok(Self { name: name.to_owned(), version: version.to_owned(), rules, limits })
    }

    /// The Cedar text and the limits of a preset, to start an own policy from.
    pub fn preset_texts(name: &str) -> Result<(&'static str, &'static str), PolicyError> {
        let preset = BUILT_IN.into_iter().find(|preset| preset.0 == name).ok_or(PolicyError::NoSuchPreset)?;
        Ok((preset.2, preset.3))
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
        format!("{}/{}", self.name, self.version)
    }
}
