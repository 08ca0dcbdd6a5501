//! What a caller may ask before anything is asked: each kind of question, tried with a well-formed one that is thrown
//! away. Nothing here looks at detections, and no permit leaves.

use crate::agency_policy::AgencyPolicy;
use crate::asking::{Asker, PoolFacts, QueryRecord, QueryRequest, ReasonFacts};
use crate::decide;
use crate::limits::Limits;
use crate::refusal::Refusal;
use domain::limits::PLATE_CHARS_MAX;
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
#[expect(clippy::too_many_arguments, reason = "each is a fact of its own")]
pub fn kind_standing(
    policy: &AgencyPolicy,
    asker: &Asker,
    kind: QuestionKind,
    reasons: &[ReasonFacts],
    pools: &[PoolFacts],
    policy_published: bool,
    now: UtcMicros,
) -> Option<KindStanding> {
    let question = well_formed(kind, policy.limits(), State::us("CA").ok(), now)?;
    let bare_question = well_formed(kind, policy.limits(), None, now)?;
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
        match decide::may_ask(policy, request(&question, *reason, filled(code(*reason)))) {
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
fn well_formed(kind: QuestionKind, limits: &Limits, state: Option<State>, now: UtcMicros) -> Option<Question> {
    let vehicle = VehicleFilter { make: Some("toyota".into()), ..VehicleFilter::default() };
    let plate = PlateText::normalise("7ABC123").ok()?;
    let criteria = match kind {
        QuestionKind::FullPlate => Criteria::FullPlate { plate, state },
        QuestionKind::Movement => Criteria::Movement { plate, state },
        QuestionKind::PartialPlate => {
            let known = std::iter::repeat_n(Token::Literal('7'), PLATE_CHARS_MAX - 1);
            let pattern = PlatePattern::new(known.chain([Token::One])).ok()?;
            Criteria::PartialPlate { pattern, state, vehicle }
        }
        QuestionKind::MakeModel => Criteria::MakeModel { vehicle, state },
        QuestionKind::Area => Criteria::Area { areas: vec![square(limits, 0.0)?], vehicle, state },
        QuestionKind::CommonPlate => {
            let place = |east| Some(Place { area: square(limits, east)?, frame: None });
            Criteria::CommonPlate { places: vec![place(0.0)?, place(APART_DEGREES)?], vehicle, state }
        }
    };
    let frame = TimeFrame::new(now.plus_micros(-FRAME_MICROS), now).ok()?;
    Question::new(criteria, frame, Widen::default()).ok()
}

/// A square in the middle between the smallest and the largest size that two of them may have.
fn square(limits: &Limits, east: f64) -> Option<Area> {
    let largest = f64::from(limits.largest_area_m2).min(f64::from(limits.largest_areas_together_m2) / 2.0);
    let side = f64::midpoint(f64::from(limits.smallest_area_m2), largest).sqrt() / METRES_PER_DEGREE;
    let corner = |lat: f64, lon: f64| Position::from_degrees(lat, east + lon).ok();
    Area::new(vec![corner(0.0, 0.0)?, corner(0.0, side)?, corner(side, side)?, corner(side, 0.0)?], Vec::new()).ok()
}
