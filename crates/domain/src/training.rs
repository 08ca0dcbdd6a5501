//! What a person must have learned before asking (ACC-5).

use crate::roles::word_enum;
use serde::{Deserialize, Serialize};

word_enum!(
    /// A training of which records are kept; policy says which are required and for how long one is good.
    Course {
        /// The use of the service: confidentiality, misuse and its consequences.
        Tool = "tool",
        /// The enhanced functions.
        ToolEnhanced = "tool-enhanced",
        Privacy = "privacy",
        /// Integrity awareness.
        Integrity = "integrity",
    }
);
