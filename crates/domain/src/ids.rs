//! Typed identifiers, so that a camera's id cannot be passed where a pool's is wanted.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub uuid::Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

number_id!(
    /// A customer of the installation: owns cameras, or only asks.
    AgencyId(u32)
);
number_id!(
    /// A part of an agency; permissions, reasons and labels are per unit.
    UnitId(u32)
);
number_id!(
    /// A camera, of any source kind.
    CameraId(u32)
);
number_id!(
    /// A set of detections that policy decides on as one: an owner and a source kind.
    PoolId(u32)
);
number_id!(
    /// A detection. Stable through sealing and merging; at most `i64::MAX`, so that every SQL database holds it.
    DetectionId(u64)
);
uuid_id!(
    /// A person with an account.
    UserId
);
uuid_id!(
    /// One question as it was asked; its ledger entries, answer and photo grants carry it.
    QueryId
);
