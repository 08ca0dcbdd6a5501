//! What the caller may ask, kind by kind, before anything is asked: for forms that show only what makes sense.

use super::measure::AreaBudgetView;
use crate::App;
use crate::accounts::Caller;
use crate::agencies::store as agency_store;
use crate::http::Problem;
use crate::sharing;
use axum::extract::State;
use axum::{Extension, Json};
use domain::QuestionKind;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A kind of question, as policy stands to this caller through this door.
#[derive(Debug, Serialize, ToSchema)]
pub struct KindView {
    /// `full-plate`, `partial-plate`, `make-model`, `area`, `common-plate`, `movement`.
    pub kind: String,
    /// Whether a well-formed question with one of the caller's reasons passes.
    pub permitted: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalView>,
    pub needs: NeedsView,
    /// Days that the time frame may span; for a common plate, that of each area.
    pub longest_days: u32,
    /// For kinds with areas: the size of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_area_square_metres: Option<f64>,
    /// For kinds with areas: the size of all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_together_square_metres: Option<f64>,
    /// For kinds with areas: the caller's budget of area and time as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area_budget: Option<AreaBudgetView>,
    /// For a partial plate: known characters, at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_characters_min: Option<u32>,
    /// For a partial plate: with fewer known characters the answer carries advice to narrow the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub narrow_below_characters: Option<u32>,
}

/// A refusal in policy's own words.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusalView {
    pub rule: String,
    pub sentence: String,
    /// What would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlock: Option<String>,
}

/// Fields without which the kind is refused: the state of the plate, and those of the purpose.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the form")]
pub struct NeedsView {
    /// `question.state`.
    pub state: bool,
    pub case_reference: bool,
    pub subject: bool,
    pub target: bool,
    pub justification: bool,
    pub suspicion_facts: bool,
    pub place_linked_to_case: bool,
    pub not_based_on_trait: bool,
}

impl From<policy::Needs> for NeedsView {
    fn from(needs: policy::Needs) -> Self {
        Self {
            state: needs.state,
            case_reference: needs.case_reference,
            subject: needs.subject,
            target: needs.target,
            justification: needs.justification,
            suspicion_facts: needs.suspicion_facts,
            place_linked_to_case: needs.place_linked_to_case,
            not_based_on_trait: needs.not_based_on_trait,
        }
    }
}

/// What the caller may ask through this door, and what each kind of question needs. Tells nothing about detections.
#[utoipa::path(get, path = "/api/v1/kinds", tag = "queries", responses((status = 200, body = Vec<KindView>)))]
pub async fn kinds(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<Vec<KindView>>, Problem> {
    let policy = caller.policy()?;
    let (asker, now) = (caller.asker(), app.clock.now());
    let reasons = agency_store::usable_reasons(&app.sql, &caller.unit).await?;
    let reasons: Vec<_> = reasons.iter().map(agency_store::Reason::facts).collect();
    let pools = sharing::pools(&app, &caller.agency).await?;
    let published = caller.agency.published.is_some();
    let budget = AreaBudgetView::of(&app, &caller).await?;
    let view = |kind: &QuestionKind| {
        let standing = policy::kind_standing(policy, &asker, *kind, &reasons, &pools, published, now);
        let standing = standing.ok_or_else(|| Problem::broken("a kind of question could not be tried"))?;
        let limits = policy.limits();
        let has_areas = matches!(kind, QuestionKind::Area | QuestionKind::CommonPlate);
        let is_partial = *kind == QuestionKind::PartialPlate;
        Ok(KindView {
            kind: kind.word().into(),
            permitted: standing.refusal.is_none(),
            refusal: standing.refusal.map(|refusal| RefusalView {
                rule: refusal.rule,
                sentence: refusal.sentence,
                unlock: refusal.unlock,
            }),
            needs: standing.needs.into(),
            longest_days: limits.longest_span_days(*kind),
            largest_area_square_metres: has_areas.then(|| limits.largest_area_m2.into()),
            largest_together_square_metres: has_areas.then(|| limits.largest_areas_together_m2.into()),
            area_budget: has_areas.then(|| budget.clone()),
            known_characters_min: is_partial.then_some(limits.fewest_known_characters),
            narrow_below_characters: is_partial.then_some(limits.narrow_below_known),
        })
    };
    QuestionKind::ALL.iter().map(view).collect::<Result<_, Problem>>().map(Json)
}
