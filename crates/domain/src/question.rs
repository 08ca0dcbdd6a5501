//! What exactly is asked (QRY-1 to QRY-6). A question always has a time frame (invariant 3).

use crate::area::Area;
use crate::limits::AREAS_MAX;
use crate::plate::{PlatePattern, PlateText, Widen};
use crate::roles::{Permission, word_enum};
use crate::state::State;
use crate::time::TimeFrame;
use crate::vehicle::VehicleFilter;
use serde::{Deserialize, Serialize};

word_enum!(
    /// The kinds of question; each needs a permission of its own (ACC-2).
    QuestionKind {
        FullPlate = "full-plate",
        PartialPlate = "partial-plate",
        MakeModel = "make-model",
        Area = "area",
        CommonPlate = "common-plate",
        Movement = "movement",
    }
);

impl QuestionKind {
    pub fn permission(self) -> Permission {
        match self {
            Self::FullPlate => Permission::Full,
            Self::PartialPlate => Permission::Partial,
            Self::MakeModel => Permission::MakeModel,
            Self::Area => Permission::Area,
            Self::CommonPlate => Permission::Common,
            Self::Movement => Permission::Movement,
        }
    }
}

/// One of the places of a common-plate question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub area: Area,
    /// A frame of its own, inside the question's frame; `None` is the whole of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<TimeFrame>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Criteria {
    /// The reads of one plate, newest first.
    FullPlate { plate: PlateText, state: Option<State> },
    /// The reads of every plate like the pattern, of vehicles like the filter.
    PartialPlate { pattern: PlatePattern, state: Option<State>, vehicle: VehicleFilter },
    /// The reads of every vehicle like the filter, anywhere.
    MakeModel { vehicle: VehicleFilter, state: Option<State> },
    /// The reads inside any of the areas.
    Area { areas: Vec<Area>, vehicle: VehicleFilter, state: Option<State> },
    /// Every plate that was seen in at least two of the places.
    CommonPlate { places: Vec<Place>, vehicle: VehicleFilter, state: Option<State> },
    /// The reads of one plate in order of time: a pattern of movement.
    Movement { plate: PlateText, state: Option<State> },
}

impl Criteria {
    pub fn kind(&self) -> QuestionKind {
        match self {
            Self::FullPlate { .. } => QuestionKind::FullPlate,
            Self::PartialPlate { .. } => QuestionKind::PartialPlate,
            Self::MakeModel { .. } => QuestionKind::MakeModel,
            Self::Area { .. } => QuestionKind::Area,
            Self::CommonPlate { .. } => QuestionKind::CommonPlate,
            Self::Movement { .. } => QuestionKind::Movement,
        }
    }

    pub fn state(&self) -> Option<State> {
        match self {
            Self::FullPlate { state, .. }
            | Self::PartialPlate { state, .. }
            | Self::MakeModel { state, .. }
            | Self::Area { state, .. }
            | Self::CommonPlate { state, .. }
            | Self::Movement { state, .. } => *state,
        }
    }

    /// The plate or pattern that is asked for; a full plate is a pattern without a wildcard.
    pub fn pattern(&self) -> Option<PlatePattern> {
        match self {
            Self::FullPlate { plate, .. } | Self::Movement { plate, .. } => Some(PlatePattern::from(plate)),
            Self::PartialPlate { pattern, .. } => Some(pattern.clone()),
            Self::MakeModel { .. } | Self::Area { .. } | Self::CommonPlate { .. } => None,
        }
    }

    pub fn vehicle(&self) -> Option<&VehicleFilter> {
        match self {
            Self::PartialPlate { vehicle, .. }
            | Self::MakeModel { vehicle, .. }
            | Self::Area { vehicle, .. }
            | Self::CommonPlate { vehicle, .. } => Some(vehicle),
            Self::FullPlate { .. } | Self::Movement { .. } => None,
        }
    }

    pub fn areas(&self) -> Vec<&Area> {
        match self {
            Self::Area { areas, .. } => areas.iter().collect(),
            Self::CommonPlate { places, .. } => places.iter().map(|place| &place.area).collect(),
            _ => Vec::new(),
        }
    }
}

/// A question: what, when, and how widely plates are compared. Whose detections it may see is added by policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawQuestion", into = "RawQuestion")]
pub struct Question {
    criteria: Criteria,
    frame: TimeFrame,
    widen: Widen,
}

#[derive(Serialize, Deserialize)]
struct RawQuestion {
    criteria: Criteria,
    frame: TimeFrame,
    #[serde(default)]
    widen: Widen,
}

impl TryFrom<RawQuestion> for Question {
    type Error = QuestionError;
    fn try_from(raw: RawQuestion) -> Result<Self, QuestionError> {
        Self::new(raw.criteria, raw.frame, raw.widen)
    }
}

impl From<Question> for RawQuestion {
    fn from(question: Question) -> Self {
        Self { criteria: question.criteria, frame: question.frame, widen: question.widen }
    }
}

impl Question {
    pub fn new(criteria: Criteria, frame: TimeFrame, widen: Widen) -> Result<Self, QuestionError> {
        match &criteria {
            Criteria::MakeModel { vehicle, .. } if vehicle.make.is_none() && vehicle.model.is_none() => {
                return Err(QuestionError::NoMakeOrModel);
            }
            Criteria::Area { areas, .. } if areas.is_empty() => return Err(QuestionError::NoArea),
            Criteria::CommonPlate { places, .. } if places.len() < 2 => return Err(QuestionError::NotTwoPlaces),
            Criteria::CommonPlate { places, .. } => {
                let inside = |own: &TimeFrame| frame.from() <= own.from() && own.to() <= frame.to();
                if !places.iter().filter_map(|place| place.frame.as_ref()).all(inside) {
                    return Err(QuestionError::PlaceOutsideFrame);
                }
            }
            _ => {}
        }
        if criteria.areas().len() > AREAS_MAX {
            return Err(QuestionError::TooManyAreas);
        }
        Ok(Self { criteria, frame, widen })
    }

    pub fn criteria(&self) -> &Criteria {
        &self.criteria
    }

    pub fn frame(&self) -> TimeFrame {
        self.frame
    }

    pub fn widen(&self) -> Widen {
        self.widen
    }

    pub fn kind(&self) -> QuestionKind {
        self.criteria.kind()
    }

    /// The same question over another time frame (QRY-9). Frames of single places are given up.
    #[must_use]
    pub fn again(&self, frame: TimeFrame) -> Self {
        let mut criteria = self.criteria.clone();
        if let Criteria::CommonPlate { places, .. } = &mut criteria {
            for place in places {
                place.frame = None;
            }
        }
        Self { criteria, frame, widen: self.widen }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    #[error("a make-model question needs a make or a model")]
    NoMakeOrModel,
    #[error("an area question needs at least one area")]
    NoArea,
    #[error("a common-plate question needs at least two areas")]
    NotTwoPlaces,
    #[error("an area's own time frame must lie inside the question's time frame")]
    PlaceOutsideFrame,
    #[error("a question may have at most {AREAS_MAX} areas")]
    TooManyAreas,
}

impl QuestionError {
    /// The field of the criteria that is at fault.
    pub fn field(self) -> &'static str {
        match self {
            Self::NoMakeOrModel => "vehicle",
            Self::NoArea | Self::TooManyAreas | Self::NotTwoPlaces | Self::PlaceOutsideFrame => "areas",
        }
    }
}
