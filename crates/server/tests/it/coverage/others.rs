//! Other people's things answer exactly like things that do not exist: status, body, headers, entries in the ledger, and the
//! SQL statements that were run, which is what a stopwatch would see.

use super::super::world::Reply;
use super::examples::{Example, example, tells};
use super::routes;
use super::stage::{Ids, Stage, Who};
use domain::{Permission, Role};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, Once};
use tracing::Instrument;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, filter};

const COUNTED: &str = "counted";

type Statements = Arc<Mutex<Vec<String>>>;

/// Statements within spans of the name [`COUNTED`], by span.
static STATEMENTS: LazyLock<Mutex<HashMap<u64, Statements>>> = LazyLock::new(Mutex::default);

/// The words with which a statement begins, as the driver says it; no value is in it.
#[derive(Default)]
struct Summary(String);

impl Visit for Summary {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// Counts what the driver says that it has run. It says so on a thread of its own, in the span of the request.
struct CountStatements;

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for CountStatements {
    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let mut summary = Summary::default();
        event.record(&mut summary);
        // A connection that is new to the pool is set up first.
        if summary.0.starts_with("PRAGMA") {
            return;
        }
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(statements) = STATEMENTS.lock().unwrap().get(&span.id().into_u64()) {
                statements.lock().unwrap().push(summary.0.clone());
            }
        }
    }
}

fn count_statements() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let concerned = filter::filter_fn(|metadata| metadata.target() == "sqlx::query" || metadata.name() == COUNTED);
        let subscriber = tracing_subscriber::registry().with(CountStatements.with_filter(concerned));
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

/// What an outsider can see of an answer.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    status: u16,
    body: String,
    headers: BTreeMap<String, String>,
    statements: Vec<String>,
    entries: u64,
}

async fn look(stage: &Stage, example: &Example, token: &str) -> Seen {
    let (statements, entries) = (Statements::default(), stage.world.app.ledger.size());
    let span = tracing::info_span!("counted");
    let id = span.id().expect("spans are counted").into_u64();
    STATEMENTS.lock().unwrap().insert(id, Arc::clone(&statements));
    let reply: Reply = stage.world.send(example.request(Some(token))).instrument(span).await;
    STATEMENTS.lock().unwrap().remove(&id);
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    let mut body: Value = reply.json();
    // The number of the own entry is one more at every try.
    if let Some(fields) = body.as_object_mut() {
        fields.remove("ledger_entry");
    }
    Seen {
        status: reply.status.as_u16(),
        body: body.to_string(),
        headers: reply.headers.iter().map(header).collect(),
        statements: statements.lock().unwrap().clone(),
        entries: stage.world.app.ledger.size() - entries,
    }
}

/// For whom the agency's things are another's: who of them would make the request of each rightful caller.
struct Outsiders(BTreeMap<Who, String>);

impl Outsiders {
    /// Of another agency, with the same rights there.
    async fn of_another_agency(stage: &Stage) -> Self {
        let mut tokens = BTreeMap::new();
        for (who, login, door) in [
            (Who::Manager, "chief", "plain"),
            (Who::Supervisor, "sergeant", "plain"),
            (Who::Investigator, "detective", "enhanced"),
            (Who::Colleague, "detective", "enhanced"),
        ] {
            tokens.insert(who, stage.world.sign_in(login, door).await);
        }
        Self(tokens)
    }

    /// Of another unit of the same agency.
    async fn of_another_unit(stage: &mut Stage) -> Self {
        let (federal, unit) = (stage.world.federal, stage.world.enforcement);
        stage.world.user("harbormaster", federal, unit, &[Role::Supervisor], &[]).await;
        let mut tokens = BTreeMap::new();
        tokens.insert(Who::Supervisor, stage.world.sign_in("harbormaster", "plain").await);
        tokens.insert(Who::Investigator, stage.world.sign_in("enforcement", "enhanced").await);
        Self(tokens)
    }

    /// A colleague of the same unit: what is one person's own is nobody else's.
    async fn of_the_same_unit(stage: &mut Stage) -> Self {
        let (federal, unit) = (stage.world.federal, stage.world.investigations);
        stage.world.user("partner", federal, unit, &[Role::CriminalInvestigator], Permission::ALL).await;
        Self(BTreeMap::from([(Who::Investigator, stage.world.sign_in("partner", "enhanced").await)]))
    }
}

/// Asks every route that names something for what is another's, and for what is nothing. Gives the number of routes.
async fn alike(stage: &Stage, outsiders: &Outsiders) -> usize {
    count_statements();
    let (before, content) = (stage.own_view().await, Ids::of_nothing());
    let mut compared = 0;
    for route in routes() {
        let Some(theirs) = example(&route, stage, &stage.ids) else { panic!("give {route:?} an example") };
        let nothing = example(&route, stage, &content).unwrap();
        let Some(token) = outsiders.0.get(&theirs.who) else { continue };
        // Where both are the same request, nothing is named.
        if theirs == nothing {
            continue;
        }
        // The first try of a session may be different: it is seen, and statements are prepared.
        look(stage, &nothing, token).await;
        let (of_nothing, of_theirs) = (look(stage, &nothing, token).await, look(stage, &theirs, token).await);
        assert!(of_theirs.status >= 400, "{route:?} {of_theirs:?}");
        assert_eq!(of_theirs, of_nothing, "{route:?} tells that there is something");
        assert!(!of_theirs.statements.is_empty(), "{route:?}: statements are counted");
        compared += 1;
    }
    assert_eq!(stage.own_view().await, before);
    compared
}

#[tokio::test]
async fn acc_1_agy_1_things_of_another_agency_answer_exactly_like_things_that_do_not_exist() {
    let stage = Stage::new().await;
    let outsiders = Outsiders::of_another_agency(&stage).await;
    let compared = alike(&stage, &outsiders).await;
    assert!(compared >= 20, "{compared}");
}

#[tokio::test]
async fn acc_1_agy_4_things_of_another_unit_answer_exactly_like_things_that_do_not_exist() {
    let mut stage = Stage::new().await;
    let outsiders = Outsiders::of_another_unit(&mut stage).await;
    // On whose behalf it can be asked is told to the whole agency.
    stage.ids.colleague = Ids::of_nothing().colleague;
    let compared = alike(&stage, &outsiders).await;
    assert!(compared >= 10, "{compared}");
}

#[tokio::test]
async fn res_3_a_colleagues_answers_and_saved_areas_answer_exactly_like_such_that_do_not_exist() {
    let mut stage = Stage::new().await;
    let outsiders = Outsiders::of_the_same_unit(&mut stage).await;
    let mut compared = 0;
    count_statements();
    for route in
        routes().iter().filter(|route| ["{query}", "saved-areas/{id}"].iter().any(|part| route.path.contains(part)))
    {
        let theirs = example(route, &stage, &stage.ids).unwrap();
        let nothing = example(route, &stage, &Ids::of_nothing()).unwrap();
        let token = &outsiders.0[&theirs.who];
        look(&stage, &nothing, token).await;
        assert_eq!(look(&stage, &theirs, token).await, look(&stage, &nothing, token).await, "{route:?}");
        compared += 1;
    }
    assert!(compared >= 8);
}

#[tokio::test]
async fn agy_1_what_people_of_another_agency_read_and_change_is_their_own() {
    let stage = Stage::new().await;
    let outsiders = Outsiders::of_another_agency(&stage).await;
    let before = stage.own_view().await;
    let mut answered = 0;
    for route in routes() {
        let Some(request) = example(&route, &stage, &stage.ids) else { panic!("give {route:?} an example") };
        let Some(token) = outsiders.0.get(&request.who) else { continue };
        let reply = stage.world.send(request.request(Some(token))).await;
        let text = String::from_utf8_lossy(&reply.bytes).into_owned();
        assert!(reply.status.as_u16() < 500, "{route:?} {text}");
        assert_eq!(tells(&text), None, "{route:?}");
        answered += usize::from(reply.status.is_success());
    }
    assert!(answered >= 25, "{answered} routes answer people of another agency about their own");
    assert_eq!(stage.own_view().await, before);
}
