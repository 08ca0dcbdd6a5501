//! Why a question is asked (WHY-2 to WHY-7). Which fields must be filled is policy; which exist is here.

use crate::ids::UserId;
use crate::limits::{JUSTIFICATION_CHARS_MAX, PURPOSE_FIELD_CHARS_MAX};
use crate::roles::word_enum;
use serde::{Deserialize, Serialize};

/// A code of the agency's list of reasons.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReasonCode(pub String);

word_enum!(
    /// What a reason is for, as laws that allow only some purposes tell them apart.
    ReasonClass {
        CriminalInvestigation = "criminal-investigation",
        /// Missing or endangered persons, trafficking.
        MissingOrEndangered = "missing-or-endangered",
        /// Notices of stolen vehicles and plates, of warrants, of the missing.
        Notice = "notice",
        Other = "other",
    }
);

word_enum!(
    /// The three things that a question may be aimed at (WHY-3); a group of people is not among them.
    TargetKind {
        Person = "person",
        Vehicle = "vehicle",
        CriminalActivity = "criminal-activity",
    }
);

/// The articulable target of a question (WHY-3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub kind: TargetKind,
    pub description: String,
}

/// Why, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    pub reason: ReasonCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_reference: Option<String>,
    /// Subject identifying information: whom or what the plate belongs to, as far as known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// The facts that give reasonable suspicion linking the area and the investigation (WHY-7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspicion_facts: Option<String>,
    /// The colleague for whom the question is asked; `None` is for oneself (WHY-4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<UserId>,
    /// The user states that the place, not its population, links to the case (WHY-6).
    pub place_linked_to_case: bool,
    /// The user states that no protected trait or expression is the ground of the question (WHY-6).
    pub not_based_on_trait: bool,
}

impl Purpose {
    /// The first field that is longer than its limit, with the limit. Empty and blank fields count as absent.
    pub fn normalise(mut self) -> Result<Self, FieldTooLong> {
        fn clean(field: &'static str, value: &mut Option<String>, max: usize) -> Result<(), FieldTooLong> {
            let trimmed = value.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
            if trimmed.as_ref().is_some_and(|text| text.chars().count() > max) {
                return Err(FieldTooLong { field, max });
            }
            *value = trimmed;
            Ok(())
        }
        clean("case_reference", &mut self.case_reference, PURPOSE_FIELD_CHARS_MAX)?;
        clean("subject", &mut self.subject, PURPOSE_FIELD_CHARS_MAX)?;
        clean("justification", &mut self.justification, JUSTIFICATION_CHARS_MAX)?;
        clean("suspicion_facts", &mut self.suspicion_facts, JUSTIFICATION_CHARS_MAX)?;
        if let Some(target) = self.target.take() {
            let mut description = Some(target.description);
            clean("target", &mut description, PURPOSE_FIELD_CHARS_MAX)?;
            self.target = description.map(|description| Target { kind: target.kind, description });
        }
        if self.reason.0.chars().count() > PURPOSE_FIELD_CHARS_MAX {
            return Err(FieldTooLong { field: "reason", max: PURPOSE_FIELD_CHARS_MAX });
        }
        Ok(self)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` may have at most {max} characters")]
pub struct FieldTooLong {
    pub field: &'static str,
    pub max: usize,
}
