//! The detection store and its search: recents, segments, indexes, photos.
//!
//! Start at [`Store`]. `writer` appends, `seal` makes segments, `search` answers; `columns` and `docs/segment-format.md` say
//! what a segment is. Whether somebody may ask is decided elsewhere: only recorded permits are taken here.

mod answer;
mod areas;
mod bits;
mod catalogue;
mod check;
mod columns;
mod container;
mod days_index;
mod days_index_build;
mod encode;
mod error;
mod far_rows;
mod fault;
mod filter;
#[doc(hidden)]
pub mod fuzzing;
mod index;
mod indexing;
mod machine;
mod open;
mod pattern;
mod photos;
mod plates;
mod purge;
mod row;
mod seal;
mod search;
mod seen;
mod segment;
mod shape;
mod shared;
mod snapshot;
mod store;
mod text;
mod tiers;
mod v1;
mod withdraw;
mod writer;

pub use answer::{
    Answer, Appended, CommonPlate, Count, Counted, Counts, DensityCell, FoundRows, Hit, Outcome, Previewed, Sighting,
    Stats,
};
pub use check::{Checked, FINDINGS_MAX, Finding};
pub use container::FormatError;
pub use error::StoreError;
pub use fault::{DurableWrite, Fault, FaultHook};
pub use machine::set_scalar_kernels;
pub use photos::{OpenedPhoto, PHOTOS_ASKED_MAX, PHOTOS_OPENED_BYTES_MAX};
pub use purge::{Purged, RetentionAct};
pub use search::common_plate::COMMON_PLATES_MAX;
pub use search::density::{DENSITY_CELL_E7, DENSITY_CELLS_MAX};
pub use store::{PhotoSource, SEAL_BATCHES, SEAL_ROWS, SEARCH_THREADS, Store, StoreConfig};
pub use withdraw::{WITHDRAWN_AT_ONCE_MAX, WithdrawalAct};
pub use writer::{BATCH_PHOTO_BYTES_MAX, RAW_PLATE_BYTES_MAX, REPLACED_EVENTS_MAX};

/// The kernels of [`set_scalar_kernels`], for `benches/kernels.rs`. No part of the interface.
#[doc(hidden)]
pub mod kernels {
    pub use crate::machine::{BoxColumns, KeyMask, NarrowBox, select_boxes, select_keys, select_points};
}

#[cfg(test)]
mod tests;
