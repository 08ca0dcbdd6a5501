//! May this person ask this, and why: Cedar policies and schema, presets. Pure; time is an argument.

mod permit;

pub use permit::{ExactCount, Permit, PermitKind, PhotoPermit, Preview, Rows, Signature};
