//! Reading Cedar texts into rules: each policy keeps its own id and explains itself, and all of them fit the schema.

use crate::asking::{AreaTime, BudgetFacts, M2_PER_KM2};
use crate::limits::{Limits, square_kilometres};
use cedar_policy::{
    ActionConstraint, Effect, EntityUid, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator,
};
use domain::{Course, UtcMicros};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::str::FromStr;

const SCHEMA: &str = include_str!("../presets/schema.cedarschema");
/// The gates that every policy has.
const BASE: &str = include_str!("../presets/base.cedar");

/// Where in the order of refusals a rule stands. Who may not ask at all is told that, not which field is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Standing,
    Right,
    Door,
    Purpose,
    Extent,
    Pools,
}

impl Stage {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Standing => "standing",
            Self::Right => "right",
            Self::Door => "door",
            Self::Purpose => "purpose",
            Self::Extent => "extent",
            Self::Pools => "pools",
        }
    }
}

impl FromStr for Stage {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Ok(match word {
            "standing" => Self::Standing,
            "right" => Self::Right,
            "door" => Self::Door,
            "purpose" => Self::Purpose,
            "extent" => Self::Extent,
            "pools" => Self::Pools,
            _ => return Err(()),
        })
    }
}

/// What a policy says of itself.
#[derive(Debug)]
pub(crate) struct Rule {
    /// `None` for a rule that permits.
    pub(crate) stage: Option<Stage>,
    /// Place in the text, the base first.
    pub(crate) place: usize,
    pub(crate) sentence: String,
    pub(crate) source: String,
    pub(crate) field: Option<String>,
    pub(crate) unlock: Option<String>,
}

/// All rules of one agency.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) schema: Schema,
    by_action: HashMap<EntityUid, RulesOfAction>,
    by_id: HashMap<String, Rule>,
}

/// The rules whose scope holds an action: the others could not apply, and are not evaluated for every pool.
#[derive(Debug)]
pub(crate) struct RulesOfAction {
    pub(crate) all: PolicySet,
    /// The permitting ones alone, to tell "not without a field" from "not at all".
    pub(crate) permits: PolicySet,
}

impl Rules {
    /// The base and `text`, validated strictly; a warning is an error, because a rule that never applies is a mistake.
    pub(crate) fn parse(text: &str) -> Result<Self, PolicyError> {
        let schema = Schema::from_str(SCHEMA).map_err(|error| PolicyError::Text(error.to_string()))?;
        let (mut policies, mut by_id) = (Vec::new(), HashMap::new());
        for part in [BASE, text] {
            for policy in in_order(part)? {
                let id = annotation(&policy, "id")?;
                let rule = Rule::read(&policy, &id, by_id.len())?;
                if by_id.insert(id.clone(), rule).is_some() {
                    return Err(PolicyError::SameId(id));
                }
                policies.push(policy.new_id(PolicyId::new(&id)));
            }
        }
        let found = Validator::new(schema.clone()).validate(&set_of(&policies)?, ValidationMode::Strict);
        let complaints: Vec<_> = found
            .validation_errors()
            .map(ToString::to_string)
            .chain(found.validation_warnings().map(ToString::to_string))
            .collect();
        if complaints.is_empty() {
            let by_action = by_action(&schema, &policies)?;
            Ok(Self { schema, by_action, by_id })
        } else {
            Err(PolicyError::Schema(complaints.join("; ")))
        }
    }

    /// `None` for an action that the schema does not have.
    pub(crate) fn of_action(&self, action: &EntityUid) -> Option<&RulesOfAction> {
        self.by_action.get(action)
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Rule> {
        self.by_id.get(id)
    }

    /// Ids of all rules, in the order of the text.
    pub(crate) fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<_> = self.by_id.iter().map(|(id, rule)| (rule.place, id.as_str())).collect();
        ids.sort_unstable();
        ids.into_iter().map(|(_, id)| id).collect()
    }

    /// Of several rules that forbid, the one that the asker reads.
    pub(crate) fn first<'a>(&self, ids: impl Iterator<Item = &'a str>) -> Option<(&'a str, &Rule)> {
        ids.filter_map(|id| self.get(id).map(|rule| (id, rule))).min_by_key(|(_, rule)| (rule.stage, rule.place))
    }
}

fn set_of<'a>(policies: impl IntoIterator<Item = &'a Policy>) -> Result<PolicySet, PolicyError> {
    PolicySet::from_policies(policies.into_iter().cloned()).map_err(|error| PolicyError::Text(error.to_string()))
}

fn by_action(schema: &Schema, policies: &[Policy]) -> Result<HashMap<EntityUid, RulesOfAction>, PolicyError> {
    let actions = schema.action_entities().map_err(|error| PolicyError::Text(error.to_string()))?;
    actions
        .iter()
        .map(|action| {
            let action = action.uid();
            let groups: HashSet<_> = actions.ancestors(&action).into_iter().flatten().cloned().collect();
            let in_scope = |policy: &&Policy| match policy.action_constraint() {
                ActionConstraint::Any => true,
                ActionConstraint::Eq(one) => one == action,
                ActionConstraint::In(several) => several.iter().any(|one| *one == action || groups.contains(one)),
            };
            let all = set_of(policies.iter().filter(in_scope))?;
            let permits = set_of(all.policies().filter(|policy| policy.effect() == Effect::Permit))?;
            Ok((action, RulesOfAction { all, permits }))
        })
        .collect()
}

impl Rule {
    fn read(policy: &Policy, id: &str, place: usize) -> Result<Self, PolicyError> {
        let optional = |key| policy.annotation(key).filter(|text| !text.trim().is_empty()).map(str::to_owned);
        let wanted = |key| optional(key).ok_or_else(|| PolicyError::NoAnnotation(id.to_owned(), key));
        let stage = match policy.effect() {
            Effect::Permit => None,
            Effect::Forbid => {
                let word = wanted("stage")?;
                Some(word.parse().map_err(|()| PolicyError::NoSuchStage(id.to_owned()))?)
            }
        };
        let (sentence, source) = (wanted("sentence")?, wanted("source")?);
        let (field, unlock) = (optional("field"), optional("unlock"));
        if sentence.contains('{') || unlock.as_deref().is_some_and(|text| fill(text, &Numbers::default()).contains('{'))
        {
            return Err(PolicyError::NoSuchNumber(id.to_owned()));
        }
        Ok(Self { stage, place, sentence, source, field, unlock })
    }
}

/// The policies of a text in the order in which they stand there: a policy set numbers them `policy0`, `policy1`, ...
fn in_order(text: &str) -> Result<Vec<Policy>, PolicyError> {
    let set = PolicySet::from_str(text).map_err(|error| PolicyError::Text(error.to_string()))?;
    if set.num_of_templates() > 0 {
        return Err(PolicyError::Template);
    }
    (0..set.num_of_policies())
        .map(|number| {
            set.policy(&PolicyId::new(format!("policy{number}")))
                .cloned()
                .ok_or_else(|| PolicyError::Text("the policies of the text could not be counted".to_owned()))
        })
        .collect()
}

fn annotation(policy: &Policy, key: &'static str) -> Result<String, PolicyError> {
    match policy.annotation(key).map(str::trim) {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(PolicyError::NoAnnotation(policy.id().to_string(), key)),
    }
}

/// The numbers that an `@unlock` can name.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    pub(crate) longest_span_days: u32,
    pub(crate) max_look_back_days: u32,
    pub(crate) smallest_area_m2: u32,
    pub(crate) largest_area_m2: u32,
    pub(crate) largest_areas_together_m2: u32,
    pub(crate) fewest_known_characters: u32,
    pub(crate) unused_days: u32,
    pub(crate) longest_look_back_days: u32,
    /// What is left of a budget of area and time, and when more is free, in words.
    pub(crate) area_budget_person: String,
    pub(crate) area_budget_case: String,
    /// Of each training that is over: "It lapsed on 2026-05-03. ".
    pub(crate) lapsed_on: BTreeMap<Course, String>,
}

impl Numbers {
    pub(crate) fn of(limits: &Limits, longest_span_days: u32, max_look_back_days: u32) -> Self {
        Self {
            longest_span_days,
            max_look_back_days,
            smallest_area_m2: limits.smallest_area_m2,
            largest_area_m2: limits.largest_area_m2,
            largest_areas_together_m2: limits.largest_areas_together_m2,
            fewest_known_characters: limits.fewest_known_characters,
            unused_days: limits.unused_days,
            longest_look_back_days: limits.longest_look_back_days.unwrap_or_default(),
            area_budget_person: format!(
                "A person has {} square-kilometer days within 30 days.",
                limits.area_budget_person_km2_days
            ),
            area_budget_case: format!(
                "A case has {} square-kilometer days within 30 days.",
                limits.area_budget_case_km2_days
            ),
            lapsed_on: BTreeMap::new(),
        }
    }
}

impl Numbers {
    /// Tells also what is left of the budgets.
    pub(crate) fn with_budgets(mut self, limits: &Limits, time: &AreaTime) -> Self {
        self.area_budget_person = budget_in_words(limits.area_budget_person_km2_days, &time.person);
        self.area_budget_case = budget_in_words(limits.area_budget_case_km2_days, &time.case);
        self
    }

    /// Tells also since when trainings are over.
    pub(crate) fn with_lapsed(mut self, training: &BTreeMap<Course, Option<UtcMicros>>) -> Self {
        let said = |since: &UtcMicros| {
            let date: String = since.to_string().chars().take_while(|character| *character != 'T').collect();
            format!("It lapsed on {date}. ")
        };
        self.lapsed_on = training.iter().filter_map(|(course, since)| Some((*course, said(since.as_ref()?)))).collect();
        self
    }
}

fn budget_in_words(budget: u32, facts: &BudgetFacts) -> String {
    let left = (i64::from(budget) * M2_PER_KM2).saturating_sub(facts.spent).max(0);
    let free = match &facts.enough_free {
        Some(at) => {
            let date: String = at.to_string().chars().take_while(|character| *character != 'T').collect();
            format!("Enough is free again on {date}.")
        }
        None => "Draw smaller areas or a shorter time frame.".to_owned(),
    };
    let (left, adds) = (km2_days(left, false), km2_days(facts.adds, true));
    format!("Of {budget} square-kilometer days {left} are left, and this question takes {adds}. {free}")
}

/// In hundredths, what is left rounded down and what is taken rounded up.
fn km2_days(m2_days: i64, up: bool) -> String {
    let hundredths = m2_days / 10_000 + i64::from(up && m2_days % 10_000 > 0);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Puts numbers in the place of their names in braces.
pub(crate) fn fill(text: &str, numbers: &Numbers) -> String {
    let filled = text
        .replace("{longest_span_days}", &numbers.longest_span_days.to_string())
        .replace("{max_look_back_days}", &numbers.max_look_back_days.to_string())
        .replace("{smallest_area_m2}", &numbers.smallest_area_m2.to_string())
        .replace("{largest_area_km2}", &square_kilometres(numbers.largest_area_m2))
        .replace("{largest_areas_together_km2}", &square_kilometres(numbers.largest_areas_together_m2))
        .replace("{fewest_known_characters}", &numbers.fewest_known_characters.to_string())
        .replace("{area_budget_person}", &numbers.area_budget_person)
        .replace("{area_budget_case}", &numbers.area_budget_case)
        .replace("{unused_days}", &numbers.unused_days.to_string())
        .replace("{longest_look_back_days}", &numbers.longest_look_back_days.to_string());
    // Words of courses are told apart by the closing brace.
    Course::ALL.iter().fold(filled, |text, course| {
        let lapsed = numbers.lapsed_on.get(course).map_or("", String::as_str);
        text.replace(&format!("{{lapsed_on.{course}}}"), lapsed)
    })
}

/// Why a policy was not loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error("there is no preset of that name")]
    NoSuchPreset,
    #[error("the policy text cannot be read: {0}")]
    Text(String),
    #[error("the policies do not fit the schema: {0}")]
    Schema(String),
    #[error("a policy must be complete; templates are not taken")]
    Template,
    #[error("policy `{0}` has no @{1}")]
    NoAnnotation(String, &'static str),
    #[error("two policies have the id `{0}`")]
    SameId(String),
    #[error("policy `{0}` has a @stage that does not exist")]
    NoSuchStage(String),
    #[error("policy `{0}` names a number in braces that does not exist; only @unlock can name one")]
    NoSuchNumber(String),
    #[error("the limits cannot be used: {0}")]
    Limits(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = r#"@id("own") @stage("right") @sentence("No.") @source("ours")
        forbid (principal, action == Action::"ask-area", resource);"#;

    #[test]
    fn agy_5_a_rule_that_does_not_explain_itself_or_fit_the_schema_is_not_loaded() {
        assert!(Rules::parse(OWN).is_ok());
        for (from, to) in [
            (r#"@id("own")"#, ""),
            (r#"@source("ours")"#, ""),
            (r#"@sentence("No.")"#, ""),
            (r#"@stage("right")"#, ""),
            (r#"@stage("right")"#, r#"@stage("wrong")"#),
            (r#"@id("own")"#, r#"@id("account-active")"#),
            ("No.", "At most {a_number}."),
            ("ask-area", "ask-aera"),
            ("resource);", "resource) when { principal.colour == \"red\" };"),
            ("resource);", "resource) when { principal in Role::\"king\" };"),
            ("resource);", "resource) when { context.knownCharacters > 2 };"),
            ("resource);", "resource) when { context.spanDays > 2 && false };"),
            ("principal,", "principal == ?principal,"),
        ] {
            assert!(Rules::parse(&OWN.replace(from, to)).is_err(), "{from} -> {to}");
        }
    }

    #[test]
    fn of_several_refusals_the_earliest_stage_and_then_the_earliest_rule_is_shown() {
        let rules = Rules::parse(OWN).unwrap();
        let first = |ids: &[&'static str]| rules.first(ids.iter().copied()).unwrap().0;
        assert_eq!(first(&["span-too-long", "own", "case-reference-missing"]), "own");
        assert_eq!(first(&["target-missing", "case-reference-missing"]), "case-reference-missing");
    }
}
