//! May this person ask this, and why: Cedar policies and schema, presets. Pure: nothing is read or written here, and
//! time is an argument.
//!
//! The rules are the Cedar texts in `presets/`, written to be read by counsel; what is computed here are the facts that
//! they speak of. Start at [`AgencyPolicy`], the rules of one agency, and [`QueryRequest`], what is decided on. A yes is
//! a [`Permit`], which owns the exact question; a no is a [`Refusal`], which says which rule, which field and what would
//! help. Whatever goes wrong inside is a no.

mod agency_policy;
mod asking;
mod decide;
mod entities;
mod facts;
mod kinds;
mod limits;
mod matrix;
mod permit;
mod personnel;
mod print;
mod refusal;
mod rules;
mod sharing;
mod tries;
mod widening;

pub use agency_policy::{AgencyPolicy, PRESETS, Preset};
pub use asking::{
    AgreementFacts, AreaTime, Asker, BudgetFacts, CaseStanding, ColleagueFacts, M2_PER_KM2, PoolFacts, QueryRecord,
    QueryRequest, ReasonFacts,
};
pub use decide::{
    PHOTOS_AT_ONCE_MAX, exact_count, narrowing_advice, photo_query, photos, preview, rows, still_permitted,
};
pub use facts::{AREA_BUDGET_DAYS, FRAME_TOLERANCE_MICROS, REPEATED_DAYS, STOCK_WORDS, same_words};
pub use kinds::{Extent, KindStanding, Needs, kind_standing};
pub use limits::{Limits, Strictness};
pub use matrix::{MatrixCell, MatrixRow, RuleText, matrix, rule_texts};
pub use permit::{ExactCount, LeftOut, Permit, PermitKind, PhotoPermit, Preview, PrintPermit, Rows, Signature};
pub use personnel::{GrantFacts, GrantStanding, PersonnelFile, Training};
pub use print::{RelevantRow, print};
pub use refusal::Refusal;
pub use rules::PolicyError;
pub use sharing::{PartyFacts, SharingRefusal, share};
pub use tries::{Supposed, TryOutcome, WouldHelp, try_question};
pub use widening::widened;
