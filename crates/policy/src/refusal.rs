//! What policy gives when the answer is no: which rule, which field, what would help. It is recorded like a permit.

use crate::permit::Signature;
use domain::{AgencyId, Purpose, QueryId, Question, Recordable};
use serde_json::{Value, json};
use std::fmt;

/// Rules that are not Cedar policies, in words: what no policy permits, and what the program itself refuses.
pub(crate) const OWN_SENTENCES: [(&str, &str); 18] = [
    ("no-permit.full-plate", "Your role does not include full plate questions in this unit."),
    ("no-permit.partial-plate", "Your role does not include partial plate questions in this unit."),
    ("no-permit.make-model", "Your role does not include make-model questions in this unit."),
    ("no-permit.area", "Your role does not include area questions in this unit."),
    ("no-permit.common-plate", "Your role does not include common plate questions in this unit."),
    ("no-permit.movement", "Your role does not include movement questions in this unit."),
    ("no-permit.by-photo", "Your role does not include questions by photo in this unit."),
    ("no-permit.open-photos", "Your role does not include opening photos in this unit."),
    ("no-permit.print", "Your role does not include printing answers in this unit."),
    ("no-pools", "There are no detections that you may see for this question."),
    ("pools-withdrawn", "Detections in this answer are no longer shared with your agency."),
    ("purpose-field-too-long", "A field of the purpose is too long."),
    ("photo-not-returned", "A photo that was asked for does not belong to this answer."),
    ("photos-too-many", "More photos were asked for than can be opened at once."),
    ("print-nothing-relevant", "No row of the answer is marked relevant, and only relevant rows are printed."),
    ("print-only-unverified", "Every row marked relevant is unverified, and unverified reads are not printed."),
    ("row-not-returned", "A row that was to be printed does not belong to this answer."),
    ("policy-error", "The question could not be decided, so it is refused. Tell your agency's manager."),
];

pub(crate) fn own_sentence(rule: &str) -> &'static str {
    OWN_SENTENCES.iter().find(|(id, _)| *id == rule).map_or("", |(_, sentence)| sentence)
}

/// A no to one question, one opening of photos or one print.
#[derive(thiserror::Error)]
#[error("{sentence}")]
pub struct Refusal {
    /// Stable id of the rule: a policy's `@id`, or `no-permit.<kind>`, `no-pools`, `policy-error`, ...
    pub rule: String,
    /// Path of the field at fault: `purpose.case_reference`, `criteria.areas`, `time_frame`.
    pub field: Option<String>,
    /// What the asker reads. Never a plate, a name or a case reference.
    pub sentence: String,
    /// What would help, where something would.
    pub unlock: Option<String>,
    pub(crate) asked: Box<Asked>,
}

/// What was asked, for the ledger only.
pub(crate) struct Asked {
    pub(crate) by: Signature,
    pub(crate) query: Option<QueryId>,
    pub(crate) question: Option<Question>,
    pub(crate) purpose: Option<Purpose>,
    pub(crate) again_of: Option<QueryId>,
    /// `preview`, `rows`, `exact-count`, `by-photo`, `open-photos`, `print`.
    pub(crate) step: &'static str,
    pub(crate) policy: String,
    /// Rules whose evaluation failed.
    pub(crate) failed_rules: Vec<String>,
}

impl Refusal {
    /// A refusal that is not a policy's.
    pub(crate) fn own(rule: String, field: Option<String>, unlock: Option<&str>, asked: Asked) -> Self {
        let sentence = own_sentence(&rule).to_owned();
        Self { rule, field, sentence, unlock: unlock.map(str::to_owned), asked: Box::new(asked) }
    }

    /// Who was refused.
    pub fn by(&self) -> &Signature {
        &self.asked.by
    }

    /// Rules whose evaluation failed, where that is why.
    pub fn failed_rules(&self) -> &[String] {
        &self.asked.failed_rules
    }

    pub fn query(&self) -> Option<QueryId> {
        self.asked.query
    }
}

/// Without question and purpose: errors end up in logs, and plates must not (invariant 5).
impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("rule", &self.rule)
            .field("field", &self.field)
            .field("sentence", &self.sentence)
            .field("unlock", &self.unlock)
            .field("failed_rules", &self.asked.failed_rules)
            .finish_non_exhaustive()
    }
}

impl Recordable for Refusal {
    fn agency(&self) -> Option<AgencyId> {
        Some(self.asked.by.agency)
    }

    fn kind(&self) -> &'static str {
        match self.asked.step {
            "open-photos" => "photos.refused",
            "print" => "print.refused",
            _ => "query.refused",
        }
    }

    fn record(&self) -> Value {
        let asked = &self.asked;
        json!({
            "query": asked.query,
            "by": asked.by.record(),
            "question": asked.question,
            "purpose": asked.purpose,
            "again_of": asked.again_of,
            "step": asked.step,
            "policy": asked.policy,
            "rule": self.rule,
            "field": self.field,
            "failed_rules": asked.failed_rules,
        })
    }
}
