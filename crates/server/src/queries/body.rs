//! The request bodies of questions, and their reading into the words of the domain. Every error names its field.

use crate::http::Problem;
use domain::vehicle::normalise_word;
use domain::{
    Area, Criteria, PlatePattern, PlateText, Purpose, Question, QuestionKind, ReasonCode, State, Target, TargetKind,
    TimeFrame, Token, UtcMicros, VehicleFilter, Widen, Wildcards,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A question with its purpose.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    pub question: QuestionBody,
    #[serde(default)]
    pub purpose: PurposeBody,
    /// Only how many reads match and roughly where, before any plate is shown.
    #[serde(default)]
    pub preview: bool,
    /// 10,000 or more results: show the 5,000 most recent.
    #[serde(default)]
    pub confirm_large: bool,
}

/// What is asked. Which fields count depends on the kind.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionBody {
    /// `full-plate`, `partial-plate`, `make-model`, `area`, `common-plate`, `movement`.
    pub kind: String,
    /// A plate, or for `partial-plate` a pattern with `*` and `?`; what `*` means is in `GET /api/v1/session`.
    pub plate: Option<String>,
    /// A pattern as tokens, in place of `plate`: each a character, `{"one":true}` or, where the policy lets `*` be
    /// any run, `{"any":true}`.
    pub tokens: Option<Vec<TokenBody>>,
    /// ISO 3166-2, such as `US-CA`.
    pub state: Option<String>,
    #[serde(default)]
    pub vehicle: VehicleBody,
    #[serde(default)]
    pub areas: Vec<AreaBody>,
    /// RFC 3339 with offset; the frame holds this instant.
    pub from: Option<String>,
    /// RFC 3339 with offset; the frame ends before this instant.
    pub to: Option<String>,
    /// Also plates with look-alike characters (O/0/D/Q, I/1/L, B/8, S/5, Z/2, G/6), labelled.
    #[serde(default)]
    pub look_alikes: bool,
    /// Also the reader's alternative readings, labelled.
    #[serde(default)]
    pub alternatives: bool,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum TokenBody {
    /// One known character.
    Literal(char),
    /// Exactly one unknown character; must be true.
    One { one: bool },
    /// Any run of characters, none included; must be true.
    Any { any: bool },
}

impl TokenBody {
    fn token(&self, number: usize) -> Result<Token, Problem> {
        let untrue = |name: &str| {
            let detail = "a wildcard is true, or it is not in the pattern";
            Err(Problem::invalid(format!("question.tokens[{number}].{name}"), detail))
        };
        match self {
            Self::Literal(character) => Ok(Token::Literal(*character)),
            Self::One { one: true } => Ok(Token::One),
            Self::Any { any: true } => Ok(Token::Any),
            Self::One { .. } => untrue("one"),
            Self::Any { .. } => untrue("any"),
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VehicleBody {
    pub make: Option<String>,
    pub model: Option<String>,
    pub colour: Option<String>,
    pub year: Option<u16>,
}

/// A polygon as GeoJSON writes it: rings of `[longitude, latitude]` in degrees, the outline first, then holes. Edges are straight
/// in longitude and latitude. Across the 180th meridian longitudes jump to -180 or go on up to 360; an area spans at most 180
/// degrees. Rings that cross or touch themselves or each other are refused, and it is said where.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaBody {
    /// `Polygon`, where given.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[schema(value_type = Vec<Vec<Vec<f64>>>)]
    pub coordinates: Vec<Vec<[f64; 2]>>,
    /// Common plate only: a frame of this area's own, inside the question's frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// Why it is asked. Which fields must be filled is the agency's policy; a refusal names the field.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurposeBody {
    /// A code of the agency's list, `GET /api/v1/reasons`.
    pub reason: Option<String>,
    pub case_reference: Option<String>,
    /// Subject identifying information.
    pub subject: Option<String>,
    pub target: Option<TargetBody>,
    pub justification: Option<String>,
    /// The facts that give reasonable suspicion linking the area and the investigation.
    pub suspicion_facts: Option<String>,
    /// A colleague's user id; left out, the question is for oneself.
    pub on_behalf_of: Option<String>,
    /// The place, not its population, links to the case.
    #[serde(default)]
    pub place_linked_to_case: bool,
    /// No protected trait or expression is the ground of the question.
    #[serde(default)]
    pub not_based_on_trait: bool,
}

#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetBody {
    /// `person`, `vehicle` or `criminal-activity`.
    pub kind: String,
    pub description: String,
}

fn instant(field: &str, text: Option<&String>) -> Result<UtcMicros, Problem> {
    let text = text.ok_or_else(|| Problem::invalid(field, "a question needs a time frame: `from` and `to`"))?;
    UtcMicros::parse_rfc3339(text).map_err(|error| Problem::invalid(field, error.to_string()))
}

fn frame(field: &str, from: Option<&String>, to: Option<&String>) -> Result<TimeFrame, Problem> {
    let (from, to) = (instant(&format!("{field}.from"), from)?, instant(&format!("{field}.to"), to)?);
    TimeFrame::new(from, to).map_err(|error| Problem::invalid(format!("{field}.to"), error.to_string()))
}

/// Reads a frame that stands by itself, as in asking again.
pub fn new_frame(from: Option<&String>, to: Option<&String>) -> Result<TimeFrame, Problem> {
    let (from, to) = (instant("from", from)?, instant("to", to)?);
    TimeFrame::new(from, to).map_err(|error| Problem::invalid("to", error.to_string()))
}

impl AreaBody {
    fn area(&self, field: &str) -> Result<Area, Problem> {
        if self.kind.as_ref().is_some_and(|kind| kind != "Polygon") {
            return Err(Problem::invalid(format!("{field}.type"), "an area is a GeoJSON `Polygon`"));
        }
        let at_fault = |error: domain::AreaError| Problem::invalid(format!("{field}.coordinates"), error.to_string());
        Area::from_degrees(&self.coordinates).map_err(at_fault)
    }

    fn place(&self, field: &str) -> Result<domain::Place, Problem> {
        let frame = match (&self.from, &self.to) {
            (None, None) => None,
            (from, to) => Some(frame(field, from.as_ref(), to.as_ref())?),
        };
        Ok(domain::Place { area: self.area(field)?, frame })
    }
}

/// Areas with what stands beside each of them, such as a frame of its own; each error with the area's number.
pub fn places(bodies: &[AreaBody], field: &str) -> Result<Vec<domain::Place>, Problem> {
    bodies.iter().enumerate().map(|(number, body)| body.place(&format!("{field}[{number}]"))).collect()
}

/// The areas of a request, each error with the area's number.
pub fn areas(bodies: &[AreaBody], field: &str) -> Result<Vec<Area>, Problem> {
    bodies.iter().enumerate().map(|(number, body)| body.area(&format!("{field}[{number}]"))).collect()
}

impl VehicleBody {
    fn filter(&self) -> Result<VehicleFilter, Problem> {
        let word = |name: &str, value: &Option<String>| match value.as_deref().map(str::trim) {
            None | Some("") => Ok(None),
            Some(text) => normalise_word(text)
                .map(Some)
                .ok_or_else(|| Problem::invalid(format!("question.vehicle.{name}"), "the word is too long")),
        };
        Ok(VehicleFilter {
            make: word("make", &self.make)?,
            model: word("model", &self.model)?,
            colour: word("colour", &self.colour)?,
            year: self.year,
        })
    }
}

impl QuestionBody {
    /// Reads the question; `*` in a plate means what the agency's preset says.
    pub fn question(&self, wildcards: Wildcards) -> Result<Question, Problem> {
        let kind = QuestionKind::from_word(&self.kind).ok_or_else(|| {
            let kinds = QuestionKind::ALL.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ");
            Problem::invalid("question.kind", format!("the kind is one of: {kinds}"))
        })?;
        let frame = frame("question", self.from.as_ref(), self.to.as_ref())?;
        let widen = Widen { look_alikes: self.look_alikes, alternatives: self.alternatives };
        self.check_unused(kind)?;
        let criteria = self.criteria(kind, wildcards)?;
        Question::new(criteria, frame, widen)
            .map_err(|error| Problem::invalid(format!("question.{}", error.field()), error.to_string()))
    }

    fn criteria(&self, kind: QuestionKind, wildcards: Wildcards) -> Result<Criteria, Problem> {
        let state = self.state()?;
        let vehicle = self.vehicle.filter()?;
        Ok(match kind {
            QuestionKind::FullPlate => Criteria::FullPlate { plate: self.full_plate()?, state },
            QuestionKind::Movement => Criteria::Movement { plate: self.full_plate()?, state },
            QuestionKind::PartialPlate => Criteria::PartialPlate { pattern: self.pattern(wildcards)?, state, vehicle },
            QuestionKind::MakeModel => Criteria::MakeModel { vehicle, state },
            QuestionKind::Area => Criteria::Area { areas: areas(&self.areas, "question.areas")?, vehicle, state },
            QuestionKind::CommonPlate => {
                Criteria::CommonPlate { places: places(&self.areas, "question.areas")?, vehicle, state }
            }
        })
    }

    /// A field that the kind does not look at would be dropped silently; it is refused by name.
    fn check_unused(&self, kind: QuestionKind) -> Result<(), Problem> {
        let takes_plate = matches!(kind, QuestionKind::FullPlate | QuestionKind::PartialPlate | QuestionKind::Movement);
        let takes_areas = matches!(kind, QuestionKind::Area | QuestionKind::CommonPlate);
        let one_plate = matches!(kind, QuestionKind::FullPlate | QuestionKind::Movement);
        let vehicle = &self.vehicle;
        let has_vehicle =
            vehicle.make.is_some() || vehicle.model.is_some() || vehicle.colour.is_some() || vehicle.year.is_some();
        let unused =
            |field: &str| Err(Problem::invalid(format!("question.{field}"), "this kind of question has no such field"));
        match () {
            () if self.plate.is_some() && !takes_plate => unused("plate"),
            () if self.tokens.is_some() && kind != QuestionKind::PartialPlate => unused("tokens"),
            () if !self.areas.is_empty() && !takes_areas => unused("areas"),
            () if has_vehicle && one_plate => unused("vehicle"),
            () if (self.look_alikes || self.alternatives) && !takes_plate => unused("look_alikes"),
            () => Ok(()),
        }
    }

    fn state(&self) -> Result<Option<State>, Problem> {
        let text = self.state.as_deref().map(str::trim).filter(|text| !text.is_empty());
        text.map(|text| {
            text.parse()
                .map_err(|error: domain::state::StateError| Problem::invalid("question.state", error.to_string()))
        })
        .transpose()
    }

    fn full_plate(&self) -> Result<PlateText, Problem> {
        let text = self.plate.as_deref().unwrap_or_default();
        PlateText::normalise(text).map_err(|error| Problem::invalid("question.plate", error.to_string()))
    }

    fn pattern(&self, wildcards: Wildcards) -> Result<PlatePattern, Problem> {
        if let Some(tokens) = &self.tokens {
            // The number of the policy is about what can be asked, not about how it is written.
            let run = tokens.iter().position(|token| matches!(token, TokenBody::Any { any: true }));
            if let (Wildcards::StarIsOne, Some(number)) = (wildcards, run) {
                let detail = "under the agency's policy a wildcard stands for exactly one character";
                return Err(Problem::invalid(format!("question.tokens[{number}].any"), detail));
            }
            let tokens = tokens.iter().enumerate().map(|(number, token)| token.token(number));
            let tokens = tokens.collect::<Result<Vec<_>, _>>()?;
            return PlatePattern::new(tokens).map_err(|error| Problem::invalid("question.tokens", error.to_string()));
        }
        let text = self.plate.as_deref().unwrap_or_default();
        PlatePattern::parse(text, wildcards).map_err(|error| Problem::invalid("question.plate", error.to_string()))
    }
}

impl PurposeBody {
    pub fn purpose(&self) -> Result<Purpose, Problem> {
        let reason = self.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
        let reason = reason.ok_or_else(|| Problem::invalid("purpose.reason", "every question needs a reason code"))?;
        let target = self.target.as_ref().map(|target| {
            let kind = TargetKind::from_word(&target.kind).ok_or_else(|| {
                Problem::invalid("purpose.target.kind", "a target is a `person`, a `vehicle` or `criminal-activity`")
            })?;
            Ok::<_, Problem>(Target { kind, description: target.description.clone() })
        });
        let colleague = self.on_behalf_of.as_deref().map(str::trim).filter(|id| !id.is_empty());
        let colleague = colleague.map(|id| {
            id.parse().map_err(|_| Problem::invalid("purpose.on_behalf_of", "name the colleague by user id"))
        });
        Purpose {
            reason: ReasonCode(reason.to_owned()),
            case_reference: self.case_reference.clone(),
            subject: self.subject.clone(),
            target: target.transpose()?,
            justification: self.justification.clone(),
            suspicion_facts: self.suspicion_facts.clone(),
            on_behalf_of: colleague.transpose()?,
            place_linked_to_case: self.place_linked_to_case,
            not_based_on_trait: self.not_based_on_trait,
        }
        .normalise()
        .map_err(|error| Problem::invalid(format!("purpose.{}", error.field), error.to_string()))
    }
}
