//! What a caller may ask before anything is asked: each kind of question, tried with a well-formed one that is thrown
//! away. Nothing here looks at detections, and no permit leaves.

use crate::agency_policy::AgencyPolicy;
use crate::asking::{Asker, PoolFacts, QueryRecord, QueryRequest, ReasonFacts};
use crate::decide;
use crate::limits::Limits;
use crate::refusal::Refusal;
use domain::limits::{AREAS_MAX, PLATE_CHARS_MAX};
use domain::time::DAY_MICROS;
use domain::{
    Area, Criteria, Place, PlatePattern, PlateText, Position, Purpose, QueryId, Question, QuestionKind, ReasonCode,
    State, Target, TargetKind, TimeFrame, Token, UtcMicros, VehicleFilter, Widen,
};

/// One hour: shorter than any limit.
const FRAME_MICROS: i64 = 60 * 60 * 1_000_000;
/// Metres of a degree of latitude, and of longitude at the equator, where the tried areas lie.
const METRES_PER_DEGREE: f64 = 111_000.0;
/// Degrees between the two tried places: further than the largest of them is wide.
const APART_DEGREES: f64 = 1.0;

/// Which fields a kind of question needs beside what makes it one: the state of the plate, and those of the purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the form")]
pub struct Needs {
    pub state: bool,
    pub case_reference: bool,
    pub subject: bool,
    pub target: bool,
    pub justification: bool,
    pub suspicion_facts: bool,
    pub place_linked_to_case: bool,
    pub not_based_on_trait: bool,
}

/// What policy says of a caller and a kind of question.
#[derive(Debug)]
pub struct KindStanding {
    /// Why not, where not even the best of the caller's reasons helps.
    pub refusal: Option<Refusal>,
    pub needs: Needs,
}

/// Tries a kind of question for a caller, through this caller's door, with each of the reasons that the caller's unit may
/// use: the best of them counts.
pub fn kind_standing(
    policy: &AgencyPolicy,
    asker: &Asker,
    kind: QuestionKind,
    reasons: &[ReasonFacts],
    pools: &[PoolFacts],
    policy_published: bool,
    now: UtcMicros,
) -> Option<KindStanding> {
    let extent = Extent::default();
    let question = well_formed(kind, policy.limits(), &extent, State::us("CA").ok(), now)?;
    let bare_question = well_formed(kind, policy.limits(), &extent, None, now)?;
    // Of no query: this one is never asked.
    let query: QueryId = "00000000-0000-0000-0000-000000000000".parse().ok()?;
    let request = |question: &Question, reason: Option<&ReasonFacts>, purpose: Purpose| QueryRequest {
        now,
        query,
        asker: asker.clone(),
        question: question.clone(),
        purpose,
        reason: reason.cloned(),
        colleague: None,
        pools: pools.to_vec(),
        again_of: None,
        record: QueryRecord { previewed: true, policy_published, ..QueryRecord::default() },
    };
    let code = |reason: Option<&ReasonFacts>| reason.map_or(ReasonCode("-".into()), |reason| reason.code.clone());
    let mut tried: Vec<Option<&ReasonFacts>> = reasons.iter().map(Some).collect();
    // Without any reason the refusal says that one is missing. Criminal reasons are the ones that open most.
    tried.sort_by_key(|reason| reason.is_none_or(|reason| !reason.criminal));
    if tried.is_empty() {
        tried.push(None);
    }
    let mut refusal = None;
    for reason in &tried {
        match decide::may_ask(policy, request(&question, *reason, filled(code(*reason))), false) {
            Ok(()) => {
                refusal = None;
                break;
            }
            Err(no) => refusal = refusal.or(Some(no)),
        }
    }
    let reason = tried.first().copied().flatten();
    let fields = decide::fields_at_fault(policy, &request(&bare_question, reason, empty(code(reason))));
    let needs = |field: &str| fields.iter().any(|found| found.strip_prefix("purpose.") == Some(field));
    let needs = Needs {
        state: fields.contains("criteria.state"),
        case_reference: needs("case_reference"),
        subject: needs("subject"),
        target: needs("target"),
        justification: needs("justification"),
        suspicion_facts: needs("suspicion_facts"),
        place_linked_to_case: needs("place_linked_to_case"),
        not_based_on_trait: needs("not_based_on_trait"),
    };
    Some(KindStanding { refusal, needs })
}

/// How large a tried question is; what is left out keeps every limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Extent {
    /// Days that the time frame spans; it begins so long ago where `days_back` does not say otherwise.
    pub days: Option<u32>,
    /// Days ago that it begins.
    pub days_back: Option<u32>,
    /// Square metres of each area.
    pub square_metres: Option<f64>,
    /// Number of areas.
    pub areas: Option<u32>,
    /// Known characters of a partial plate.
    pub known_characters: Option<u32>,
}

/// A question of the kind and a purpose with every field filled; `None` where no such question can be put.
pub(crate) fn tried(
    kind: QuestionKind,
    limits: &Limits,
    extent: &Extent,
    now: UtcMicros,
) -> Option<(Question, Purpose)> {
    let question = well_formed(kind, limits, extent, State::us("CA").ok(), now)?;
    Some((question, filled(ReasonCode("-".into()))))
}

/// A purpose with every field filled in words that explain something.
fn filled(reason: ReasonCode) -> Purpose {
    let text = || Some("a well-formed field of a question that is not asked".to_owned());
    Purpose {
        case_reference: text(),
        subject: text(),
        target: text().map(|description| Target { kind: TargetKind::Vehicle, description }),
        justification: text(),
        suspicion_facts: text(),
        place_linked_to_case: true,
        not_based_on_trait: true,
        ..empty(reason)
    }
}

fn empty(reason: ReasonCode) -> Purpose {
    Purpose {
        reason,
        case_reference: None,
        subject: None,
        target: None,
        justification: None,
        suspicion_facts: None,
        on_behalf_of: None,
        place_linked_to_case: false,
        not_based_on_trait: false,
    }
}

/// A question of the kind that keeps every limit. `None` only if the domain would not take it.
fn well_formed(
    kind: QuestionKind,
    limits: &Limits,
    extent: &Extent,
    state: Option<State>,
    now: UtcMicros,
) -> Option<Question> {
    let vehicle = VehicleFilter { make: Some("toyota".into()), ..VehicleFilter::default() };
    let plate = PlateText::normalise("7ABC123").ok()?;
    let criteria = match kind {
        QuestionKind::FullPlate => Criteria::FullPlate { plate, state },
        QuestionKind::Movement => Criteria::Movement { plate, state },
        QuestionKind::PartialPlate => {
            let characters = extent.known_characters.map_or(PLATE_CHARS_MAX - 1, small);
            let known = std::iter::repeat_n(Token::Literal('7'), characters.min(PLATE_CHARS_MAX - 1));
            let pattern = PlatePattern::new(known.chain([Token::One])).ok()?;
            Criteria::PartialPlate { pattern, state, vehicle }
        }
        QuestionKind::MakeModel => Criteria::MakeModel { vehicle, state },
        QuestionKind::Area => Criteria::Area { areas: squares(limits, extent, 1)?, vehicle, state },
        QuestionKind::CommonPlate => {
            let places = squares(limits, extent, 2)?.into_iter().map(|area| Place { area, frame: None }).collect();
            Criteria::CommonPlate { places, vehicle, state }
        }
    };
    let length = extent.days.map_or(FRAME_MICROS, |days| i64::from(days) * DAY_MICROS);
    let back = extent.days_back.map_or(length, |days| i64::from(days) * DAY_MICROS);
    let from = now.plus_micros(-back.max(length));
    let frame = TimeFrame::new(from, from.plus_micros(length)).ok()?;
    Question::new(criteria, frame, Widen::default()).ok()
}

fn small(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Squares side by side: where nothing is said, `fewest` of a size in the middle between the smallest and the largest that
/// two of them may have.
fn squares(limits: &Limits, extent: &Extent, fewest: usize) -> Option<Vec<Area>> {
    let largest = f64::from(limits.largest_area_m2).min(f64::from(limits.largest_areas_together_m2) / 2.0);
    let size = extent.square_metres.unwrap_or_else(|| f64::midpoint(f64::from(limits.smallest_area_m2), largest));
    let count = extent.areas.map_or(fewest, small).clamp(fewest, AREAS_MAX);
    (0..count).map(|number| square(size, APART_DEGREES * f64::from(u16::try_from(number).ok()?))).collect()
}

fn square(square_metres: f64, east: f64) -> Option<Area> {
    let side = square_metres.max(0.0).sqrt() / METRES_PER_DEGREE;
    let corner = |lat: f64, lon: f64| Position::from_degrees(lat, east + lon).ok();
    Area::new(vec![corner(0.0, 0.0)?, corner(0.0, side)?, corner(side, side)?, corner(side, 0.0)?], Vec::new()).ok()
}
