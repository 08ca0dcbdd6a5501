//! Every route of the table, asked by everybody who may not. What is expected follows from the route's access and audit
//! class; what its rightful caller is answered is shown in the same test. A new route fails here until it has an example.

mod examples;
mod others;
mod stage;

use super::routes::verb;
use super::world::{NOW, Reply};
use domain::{LogIn, Role};
use examples::{Example, example, tells};
use sightline_server::accounts::{sessions, store as account_store};
use sightline_server::http::routes::{Access, Audit, Route, table};
use sightline_server::http::{refusals, serve};
use sightline_server::{App, Setup};
use stage::{Stage, Who};
use std::sync::Arc;
use storage::{Clock, TestClock};
use tower::ServiceExt;

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Nobody,
    LapsedTraining,
    OldRules,
    PlainLogIn,
    WrongRole,
    LapsedAccess,
    ClosedAccount,
    EndedAgency,
}

impl Condition {
    /// Makes it so, and takes it away again.
    fn statements(self) -> Option<(&'static [&'static str], &'static [&'static str])> {
        match self {
            // The one shows no token, the other is another role at every call.
            Self::Nobody | Self::WrongRole => None,
            Self::LapsedTraining => Some((
                &["UPDATE training_records SET passed = 0"],
                &["UPDATE training_records SET passed = 1780315200000000"],
            )),
            Self::OldRules => Some((
                &["UPDATE agencies SET rules_version = rules_version + 1"],
                &["UPDATE agencies SET rules_version = rules_version - 1"],
            )),
            Self::PlainLogIn => Some((
                &["UPDATE sessions SET log_in = 'plain'"],
                &["UPDATE sessions SET log_in = 'enhanced' WHERE enhanced_rules_version > 0"],
            )),
            Self::LapsedAccess => Some((
                &["UPDATE grants SET granted = 0, last_used = 0"],
                &["UPDATE grants SET granted = 1780315200000000"],
            )),
            Self::ClosedAccount => Some((
                &["UPDATE users SET active = 0", "UPDATE cameras SET active = 0"],
                &["UPDATE users SET active = 1", "UPDATE cameras SET active = 1"],
            )),
            Self::EndedAgency => Some((&["UPDATE agencies SET active = 0"], &["UPDATE agencies SET active = 1"])),
        }
    }
}

/// What a caller in a condition is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Refused {
        status: u16,
        /// End of the problem's type.
        problem: &'static str,
        /// Beginning of the rule's name; empty where no rule of a policy decides.
        rule: &'static str,
        recorded: bool,
    },
    /// The condition does not concern this route.
    Answered,
}

/// Whether a route puts a question to the detections, or looks at what one found.
fn asks(route: &Route) -> bool {
    route.access == Access::Caller && matches!(route.audit, Audit::ReadsPersonalData | Audit::WithinAnAnswer)
}

fn expected(route: &Route, condition: Condition) -> Expected {
    let signed_out = Expected::Refused { status: 401, problem: "signed-out", rule: "", recorded: false };
    let recorded = route.audit != Audit::None;
    let refused = |problem, rule, recorded| Expected::Refused { status: 403, problem, rule, recorded };
    let by_rule = |rule| if asks(route) { refused("not-permitted", rule, true) } else { Expected::Answered };
    let is_sign_in = route.access == Access::Open && route.path == "/api/v1/session";
    match (condition, route.access) {
        (Condition::ClosedAccount | Condition::EndedAgency, Access::Open) if is_sign_in => {
            Expected::Refused { status: 401, problem: "wrong-credentials", rule: "", recorded: true }
        }
        (_, Access::Open) => Expected::Answered,
        (Condition::Nobody | Condition::ClosedAccount | Condition::EndedAgency, _)
        | (Condition::WrongRole, Access::Camera) => signed_out,
        (_, Access::Camera) | (Condition::OldRules, Access::Session) => Expected::Answered,
        (Condition::OldRules, _) => refused("accept-rules", "", recorded),
        (Condition::WrongRole, Access::Role(_) | Access::AnyRole(_)) => refused("not-permitted", "", recorded),
        // Another role may hold other rights: the rule is the role's own, but there is one.
        (Condition::WrongRole, _) => by_rule(""),
        (Condition::LapsedTraining, _) => by_rule("training-"),
        (Condition::LapsedAccess, _) => by_rule("access-unused"),
        (Condition::PlainLogIn, _) => by_rule("enhanced-log-in"),
    }
}

/// Open routes that leave no entry are for everybody: nobody is refused there.
fn is_for_everybody(route: &Route) -> bool {
    route.access == Access::Open && route.audit == Audit::None
}

fn routes() -> Vec<Route> {
    let mut routes: Vec<_> = table().into_iter().filter(|route| !is_for_everybody(route)).collect();
    // New rules stop every session of the agency.
    routes.sort_by_key(|route| route.path == "/api/v1/agency/rules");
    routes
}

fn the_example(stage: &Stage, route: &Route) -> Example {
    example(route, stage, &stage.ids).unwrap_or_else(|| panic!("give {route:?} an example in coverage/examples.rs"))
}

async fn call(stage: &Stage, example: &Example, token: Option<&str>) -> Reply {
    stage.world.send(example.request(token)).await
}

/// A refused call: the refusal, nothing changed, nothing told, and an entry where there must be one.
async fn refused(stage: &Stage, route: &Route, example: &Example, token: Option<&str>, expected: Expected) {
    let Expected::Refused { status, problem, rule, recorded } = expected else { panic!("{route:?} is not refused") };
    // The same refusal again within a minute is only counted; each is looked at as a first one.
    refusals::flush(&stage.world.app).await.unwrap();
    let (before, entries) = (stage.content().await, stage.world.app.ledger.size());
    let reply = call(stage, example, token).await;
    let text = String::from_utf8_lossy(&reply.bytes).into_owned();
    assert_eq!(reply.status.as_u16(), status, "{route:?} {text}");
    let told = reply.refused(status);
    assert_eq!(told["type"], format!("urn:sightline:problem:{problem}"), "{route:?} {text}");
    let found = told["rule"].as_str().unwrap_or_default();
    assert!(found.starts_with(rule), "{route:?} {text}");
    assert!(!asks(route) || status == 401 || problem == "accept-rules" || !found.is_empty(), "{route:?} {text}");
    assert_eq!(tells(&text), None, "{route:?}");
    for (table, rows) in stage.content().await {
        let (_, were) = before.iter().find(|(name, _)| *name == table).unwrap();
        assert_eq!(&rows, were, "{route:?} changed {table}");
    }
    let left = stage.world.app.ledger.size() - entries;
    assert_eq!(left, u64::from(recorded), "{route:?} left {left} entries");
    assert_eq!(told["ledger_entry"].is_u64(), recorded && status == 403, "{route:?} {text}");
}

/// Every other role that the route's rightful caller could have.
fn other_roles(route: &Route) -> Vec<Role> {
    let wanted = match &route.access {
        Access::Role(role) => std::slice::from_ref(role),
        Access::AnyRole(roles) => roles,
        _ => return vec![Role::PatrolOfficer, Role::AgencyManager],
    };
    Role::ALL.iter().copied().filter(|role| !wanted.contains(role)).collect()
}

async fn in_another_role(stage: &Stage, route: &Route, example: &Example, expected: Expected) {
    if example.who == Who::Camera {
        let by_path = example.path.replace(stage.token(Who::Camera), stage.token(Who::Manager));
        let theirs = Example { path: by_path, ..example.clone() };
        return refused(stage, route, &theirs, stage.token_of(Who::Manager), expected).await;
    }
    let login = example.who.login();
    let set = |roles: &str| format!("UPDATE users SET roles = '{roles}' WHERE login = '{login}'");
    let own = account_store::user_by_login(&stage.world.app.sql, login).await.unwrap().unwrap().roles;
    for role in other_roles(route) {
        stage.sql(&set(role.word())).await;
        refused(stage, route, example, stage.token_of(example.who), expected).await;
    }
    let own: Vec<_> = own.iter().map(|role| role.word()).collect();
    stage.sql(&set(&own.join(","))).await;
}

/// The camera's key is in the path: without it there is no other than a wrong one.
fn without_key(stage: &Stage, example: &Example) -> Example {
    Example { path: example.path.replace(stage.token(Who::Camera), "wrong"), ..example.clone() }
}

/// The first start is on a data folder of its own, without accounts.
async fn first_start(example: &Example) {
    let folder = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(TestClock::at(NOW));
    let app = App::open(Setup { clock, ..Setup::new(folder.path()) }).await.unwrap();
    let link = sessions::id_of(&app.vault, "the link");
    account_store::put_setup_link(&app.sql, &link, NOW.plus_micros(1)).await.unwrap();
    let reply = serve::service(&app).oneshot(example.request(None)).await.unwrap();
    assert_eq!(reply.status().as_u16(), 201);
}

async fn all_answer(stage: &mut Stage) {
    for route in routes() {
        stage.prepare(&route).await;
        let example = the_example(stage, &route);
        if route.path == "/api/v1/first-start" {
            first_start(&example).await;
            continue;
        }
        let before = stage.world.app.ledger.size();
        let reply = call(stage, &example, stage.token_of(example.who)).await;
        let text = String::from_utf8_lossy(&reply.bytes);
        let by_the_minute = route.audit == Audit::Ingest;
        let unlogged = matches!(route.audit, Audit::None | Audit::WithinAnAnswer) || by_the_minute;
        assert!(unlogged || stage.world.app.ledger.size() > before, "{route:?} left no entry");
        assert!(reply.status.is_success(), "{route:?} is not answered to its rightful caller: {} {text}", reply.status);
    }
}

/// Asks every route in the condition, takes the condition away, and asks again.
async fn hold(condition: Condition) {
    let mut stage = Stage::new().await;
    let (make, take_away) = condition.statements().unwrap_or_default();
    for text in make {
        stage.sql(text).await;
    }
    let mut refusals = 0;
    for route in routes() {
        let (example, expected) = (the_example(&stage, &route), expected(&route, condition));
        let token = stage.token_of(example.who);
        match (condition, expected) {
            (_, Expected::Answered) => {
                // What may be read all the same, is.
                if verb(&route) == "GET" {
                    call(&stage, &example, token).await.ok();
                }
                continue;
            }
            (Condition::WrongRole, _) => in_another_role(&stage, &route, &example, expected).await,
            (Condition::Nobody, _) => {
                let example = without_key(&stage, &example);
                refused(&stage, &route, &example, None, expected).await;
                refused(&stage, &route, &example, Some("wrong"), expected).await;
            }
            _ => refused(&stage, &route, &example, token, expected).await,
        }
        refusals += 1;
    }
    assert!(refusals >= 9, "{condition:?} concerns {refusals} routes only");
    for text in take_away {
        stage.sql(text).await;
    }
    all_answer(&mut stage).await;
}

#[tokio::test]
async fn acc_1_every_route_refuses_nobody_and_answers_its_rightful_caller() {
    hold(Condition::Nobody).await;
}

#[tokio::test]
async fn acc_5_acc_8_every_route_that_asks_refuses_a_lapsed_training() {
    hold(Condition::LapsedTraining).await;
}

#[tokio::test]
async fn acc_4_acc_8_every_route_refuses_old_rules_of_behaviour() {
    hold(Condition::OldRules).await;
}

#[tokio::test]
async fn acc_3_every_route_that_asks_refuses_the_plain_door() {
    assert_eq!(LogIn::Plain.word(), "plain");
    hold(Condition::PlainLogIn).await;
}

#[tokio::test]
async fn acc_2_acc_8_every_route_refuses_every_wrong_role() {
    hold(Condition::WrongRole).await;
}

#[tokio::test]
async fn acc_7_acc_8_every_route_that_asks_refuses_lapsed_access() {
    hold(Condition::LapsedAccess).await;
}

#[tokio::test]
async fn acc_1_acc_8_every_route_refuses_a_closed_account() {
    hold(Condition::ClosedAccount).await;
}

#[tokio::test]
async fn agy_1_acc_8_every_route_refuses_the_people_and_cameras_of_an_ended_agency() {
    hold(Condition::EndedAgency).await;
}
