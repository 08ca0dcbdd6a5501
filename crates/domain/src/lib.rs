//! The words and rules of the field: plates and patterns, areas, time frames, purposes, questions, ids.
//!
//! No input or output happens here, and no clock is read. Start at [`question::Question`], what is asked, and
//! [`purpose::Purpose`], why; [`detection::NewDetection`] is what a camera hands in.

pub mod area;
pub mod case_pattern;
pub mod detection;
pub mod ids;
pub mod limits;
pub mod plate;
pub mod purpose;
pub mod question;
pub mod record;
pub mod roles;
pub mod state;
pub mod time;
pub mod training;
pub mod vehicle;

pub use area::{Area, AreaError, Position, TooCrowded, square_metres_together};
pub use detection::{Detection, NewDetection, NewPhoto, Reading, Source};
pub use ids::{AgencyId, CameraId, DetectionId, PoolId, QueryId, UnitId, UserId};
pub use plate::{MatchKind, PlateError, PlatePattern, PlateText, Token, Widen, Wildcards};
pub use purpose::{Purpose, ReasonClass, ReasonCode, Target, TargetKind};
pub use question::{Criteria, Place, Question, QuestionError, QuestionKind};
pub use record::Recordable;
pub use roles::{LogIn, Permission, Role};
pub use state::State;
pub use time::{TimeFrame, UtcMicros};
pub use training::Course;
pub use vehicle::{Vehicle, VehicleFilter};

/// Text that is mostly short, as those of a detection are: up to 24 bytes lie in place, without an allocation of their own.
pub type ShortText = compact_str::CompactString;
