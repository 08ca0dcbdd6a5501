//! A question made ready to run.

use crate::areas::PreparedArea;
use crate::machine::NarrowBox;
use crate::pattern::KeyPattern;
use crate::search::scan::narrow_box;
use domain::{Criteria, PoolId, Question, State, TimeFrame, VehicleFilter, Widen};

/// What a permit allows to be asked: the question, over these pools and no others.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub(crate) question: Question,
    pub(crate) pools: Vec<PoolId>,
}

#[derive(Debug)]
pub(crate) struct Plan {
    /// Sorted.
    pub(crate) pools: Vec<PoolId>,
    pub(crate) frame: TimeFrame,
    pub(crate) pattern: Option<KeyPattern>,
    pub(crate) widen: Widen,
    pub(crate) state: Option<State>,
    /// `None` where nothing is asked of the vehicle.
    pub(crate) vehicle: Option<VehicleFilter>,
    /// Empty where the question has no areas; at most `AREAS_MAX`, which is below 64, so that places fit a mask.
    pub(crate) places: Vec<PlannedPlace>,
    pub(crate) is_common: bool,
}

const _: () = assert!(domain::limits::AREAS_MAX <= 64, "the places of a match are bits of a u64");

#[derive(Debug)]
pub(crate) struct PlannedPlace {
    pub(crate) area: PreparedArea,
    pub(crate) bounds: NarrowBox,
    pub(crate) frame: TimeFrame,
}

impl Plan {
    pub(crate) fn new(search: &Search) -> Self {
        let question = &search.question;
        let (criteria, frame) = (question.criteria(), question.frame());
        let mut pools = search.pools.clone();
        pools.sort_unstable();
        let own_frames: Vec<Option<TimeFrame>> = match criteria {
            Criteria::CommonPlate { places, .. } => places.iter().map(|place| place.frame).collect(),
            _ => Vec::new(),
        };
        let places = criteria.areas().into_iter().enumerate().map(|(at, area)| PlannedPlace {
            area: PreparedArea::new(area),
            bounds: narrow_box(area),
            frame: own_frames.get(at).copied().flatten().unwrap_or(frame),
        });
        Self {
            pools,
            frame,
            pattern: criteria.pattern().map(|pattern| KeyPattern::new(&pattern, question.widen().look_alikes)),
            widen: question.widen(),
            state: criteria.state(),
            vehicle: criteria.vehicle().filter(|vehicle| !vehicle.is_empty()).cloned(),
            places: places.collect(),
            is_common: matches!(criteria, Criteria::CommonPlate { .. }),
        }
    }
}
