//! An agency with one of everything that a route can be asked for, and people who may ask.

use super::super::invitations;
use super::super::soft_key::{Saying, SoftKey};
use super::super::world::{World, ask, read, square};
use domain::{Permission, Role};
use serde_json::{Value, json};
use sightline_server::http::routes::{Route, Verb};
use sqlx::Row;
use std::collections::BTreeMap;

/// Who calls a route rightfully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// No session: signs in, or uses a link.
    Nobody,
    Host,
    Manager,
    Deputy,
    Supervisor,
    Investigator,
    Colleague,
    /// Came through the plain door, and steps up.
    Newcomer,
    Camera,
}

impl Who {
    pub(super) fn login(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Manager => "manager",
            Self::Deputy => "deputy",
            Self::Supervisor => "supervisor",
            Self::Investigator => "investigator",
            Self::Colleague => "colleague",
            Self::Newcomer => "newcomer",
            Self::Nobody | Self::Camera => panic!("{self:?} has no account"),
        }
    }
}

/// What can be named in a path or a body.
#[derive(Clone, Debug)]
pub(super) struct Ids {
    /// A person whom the manager and the supervisor may change.
    pub(super) subject: String,
    pub(super) leaver: String,
    /// Has a one-time link.
    pub(super) invited: String,
    pub(super) colleague: String,
    pub(super) unit: u32,
    pub(super) camera: u32,
    pub(super) query: String,
    pub(super) detection: String,
    pub(super) saved_areas: String,
    pub(super) policy_change: u64,
    /// An agreement that the agency has proposed.
    pub(super) agreement: u32,
    /// The colleague's own.
    pub(super) passkey: String,
    /// A session of the investigator, beside the one that asks.
    pub(super) own_session: String,
    /// One of the subject.
    pub(super) session: String,
    /// What ends the ceremony of a passkey, steps up, or uses a link: made by `prepare`, and good once.
    pub(super) proof: Value,
}

impl Ids {
    /// Well-formed, and of nothing.
    pub(super) fn of_nothing() -> Self {
        let nobody = || "0190aaaa-0000-7000-8000-000000000000".to_owned();
        Self {
            subject: nobody(),
            leaver: nobody(),
            invited: nobody(),
            colleague: nobody(),
            unit: 987_654,
            camera: 987_654,
            query: nobody(),
            detection: "987654321".into(),
            saved_areas: nobody(),
            policy_change: 987_654,
            agreement: 987_654,
            passkey: nobody(),
            own_session: "nothing".into(),
            session: "nothing".into(),
            proof: json!({}),
        }
    }
}

/// The plate that only the agency of the stage has read.
pub(super) const PLATE: &str = "8FED001";

pub(super) struct Stage {
    pub(super) world: World,
    pub(super) ids: Ids,
    tokens: BTreeMap<Who, String>,
    /// Reads a table as text, by name.
    tables: Vec<(String, String)>,
    unused_days: u32,
    /// The colleague's passkey.
    key: SoftKey,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let mut world = World::new().await;
        let (federal, unit) = (world.federal, world.investigations);
        let permissions = [Permission::Full, Permission::Partial];
        world.user("subject", federal, unit, &[Role::CriminalInvestigator], &permissions).await;
        world.user("leaver", federal, unit, &[Role::CriminalInvestigator], &[Permission::Full]).await;
        world.user("invited", federal, unit, &[Role::CriminalInvestigator], &[Permission::Full]).await;
        world.user("newcomer", federal, unit, &[Role::CriminalInvestigator], &[Permission::Full]).await;
        world.user("deputy", federal, unit, &[Role::AgencyManager], &[]).await;
        world.camera_of("fed-1", federal).await;
        world.ingest("fed-1", vec![read(PLATE, Some("US-CA"), 60)]).await;
        let mut tokens = BTreeMap::from([(Who::Camera, world.cameras["fed-1"].clone())]);
        for (who, door) in [
            (Who::Host, "plain"),
            (Who::Manager, "plain"),
            (Who::Deputy, "plain"),
            (Who::Supervisor, "plain"),
            (Who::Newcomer, "plain"),
            (Who::Colleague, "enhanced"),
            (Who::Investigator, "enhanced"),
        ] {
            tokens.insert(who, world.sign_in(who.login(), door).await);
        }
        let mut ids = Ids::of_nothing();
        ids.subject = world.id("subject").to_string();
        ids.leaver = world.id("leaver").to_string();
        ids.invited = world.id("invited").to_string();
        ids.colleague = world.id("colleague").to_string();
        ids.unit = unit.0;
        let (key, credential) = create_key(&world, &tokens[&Who::Colleague]).await;
        let added = world.post("/api/v1/passkeys", &tokens[&Who::Colleague], credential).await.ok();
        ids.passkey = added["id"].as_str().unwrap().into();
        let mut stage = Self { world, ids, tokens, tables: Vec::new(), unused_days: 90, key };
        stage.fill().await;
        stage.tables = stage.tables().await;
        stage
    }

    async fn fill(&mut self) {
        let (world, subject) = (&self.world, self.ids.subject.clone());
        let (supervisor, investigator) = (self.token(Who::Supervisor), self.token(Who::Investigator));
        let certificate = json!({ "permission": "area", "why": "Works the harbor cases.", "until": "2026-12-31" });
        let path = format!("/api/v1/agency/people/{subject}/certificates");
        world.post(&path, supervisor, certificate).await.ok();
        let area = json!({ "areas": [square(34.0, -140.0)] });
        let answer = world.post("/api/v1/queries", investigator, ask("area", area.clone())).await.ok();
        let named = json!({ "name": "Pier", "areas": area["areas"] });
        let saved = world.post("/api/v1/saved-areas", investigator, named).await.ok();
        let overview = world.get("/api/v1/agency", self.token(Who::Manager)).await.ok();
        let cameras = overview["cameras"].as_array().unwrap();
        let camera = cameras.iter().find(|camera| camera["key"] == "fed-1").unwrap()["id"].as_u64().unwrap();
        self.ids.camera = u32::try_from(camera).unwrap();
        self.ids.query = answer["query"].as_str().unwrap().into();
        self.ids.detection = answer["page"]["rows"][0]["id"].as_str().unwrap().into();
        self.ids.saved_areas = saved["id"].as_str().unwrap().into();
        self.propose().await;
        self.propose_agreement().await;
        self.open_sessions().await;
    }

    /// Sessions that can be ended.
    async fn open_sessions(&mut self) {
        self.world.sign_in("investigator", "plain").await;
        let own = self.world.get("/api/v1/sessions", self.token(Who::Investigator)).await.ok();
        let spare = own.as_array().unwrap().iter().find(|one| one["current"] == false && one["door"] == "plain");
        self.ids.own_session = spare.unwrap()["id"].as_str().unwrap().into();
        self.world.sign_in("subject", "plain").await;
        let path = format!("/api/v1/agency/people/{}/sessions", self.ids.subject);
        let theirs = self.world.get(&path, self.token(Who::Manager)).await.ok();
        self.ids.session = theirs[0]["id"].as_str().unwrap().into();
    }

    /// A wider policy that the deputy proposes: another manager can confirm it.
    async fn propose(&mut self) {
        self.unused_days += 1;
        let document = json!({ "reference": "Order 14", "date": "2026-05-01" });
        let wider = json!({ "limits": { "unused_days": self.unused_days }, "document": document });
        let proposed = self.world.post("/api/v1/agency/policy/changes", self.token(Who::Deputy), wider).await.ok();
        self.ids.policy_change = proposed["id"].as_u64().unwrap();
    }

    async fn propose_agreement(&mut self) {
        let agreement = json!({ "recipient": self.world.roads.0, "permissions": ["full"], "tells_use": "numbers",
            "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z", "document": "MOU 10" });
        let made = self.world.post("/api/v1/agency/agreements", self.token(Who::Manager), agreement).await.ok();
        self.ids.agreement = u32::try_from(made["id"].as_u64().unwrap()).unwrap();
        // The owner is told of the use once the recipient has signed.
        self.sql("UPDATE agreements SET recipient_signed = owner_signed").await;
    }

    /// Makes anew what an earlier call of another route used up.
    pub(super) async fn prepare(&mut self, route: &Route) {
        if route.path.starts_with("/api/v1/agency/policy/changes/{id}") {
            self.propose().await;
        }
        match (route.verb, route.path) {
            (Verb::Delete, path) if path.ends_with("/{session}") => self.open_sessions().await,
            (Verb::Post, "/api/v1/session/passkey") => {
                let login = json!({ "login": Who::Colleague.login() });
                let path = "/api/v1/session/passkey/challenge";
                let begun = self.world.call("POST", path, None, Some(login)).await.ok();
                let credential = self.key.answer(&begun["options"], Saying::default()).await;
                self.ids.proof = json!({ "ceremony": begun["ceremony"], "credential": credential, "deliver": "token" });
            }
            (Verb::Post, "/api/v1/passkeys") => {
                self.ids.proof = create_key(&self.world, self.token(Who::Colleague)).await.1;
            }
            (Verb::Post, "/api/v1/session/step-up") => {
                self.ids.proof = json!({ "code": self.world.next_code(Who::Newcomer.login()) });
            }
            (Verb::Put, "/api/v1/agency/agreements/{agreement}/state") => self.propose_agreement().await,
            (Verb::Post, "/api/v1/invitations/open") => self.ids.proof = json!({ "link": self.link().await }),
            (Verb::Post, "/api/v1/invitations/use") => {
                let link = self.link().await;
                let offered = invitations::open(&self.world, &link).await.ok();
                let code = invitations::code(&self.world, offered["totp_secret"].as_str().unwrap());
                self.ids.proof = json!({ "link": link, "password": "amber lantern nine", "code": code });
            }
            (Verb::Delete, "/api/v1/agency/people/{user}/invitation") => {
                self.link().await;
            }
            // The step-up before has ended the first one.
            (Verb::Delete, "/api/v1/session") => {
                let anew = self.world.sign_in(Who::Newcomer.login(), "plain").await;
                self.tokens.insert(Who::Newcomer, anew);
            }
            _ => {}
        }
    }

    /// A new link of the invited.
    async fn link(&self) -> String {
        let path = format!("/api/v1/agency/people/{}/invitation", self.ids.invited);
        invitations::secret(&self.world.post(&path, self.token(Who::Manager), json!({})).await.ok())
    }

    pub(super) fn token(&self, who: Who) -> &str {
        &self.tokens[&who]
    }

    /// The token of somebody who has one.
    pub(super) fn token_of(&self, who: Who) -> Option<&str> {
        self.tokens.get(&who).map(String::as_str)
    }

    pub(super) async fn sql(&self, text: &str) {
        sqlx::query(sqlx::AssertSqlSafe(text)).execute(self.world.app.sql.pool()).await.unwrap();
    }

    async fn column(&self, text: String) -> Vec<String> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(text)).fetch_all(self.world.app.sql.pool()).await.unwrap();
        rows.iter().map(|row| row.try_get::<String, _>(0).unwrap()).collect()
    }

    async fn tables(&self) -> Vec<(String, String)> {
        let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        let mut tables = Vec::new();
        for table in self.column(names.to_owned()).await {
            let columns = self.column(format!("SELECT name FROM pragma_table_info('{table}')")).await;
            // Being seen is no change.
            let kept: Vec<_> = columns.iter().filter(|column| *column != "last_seen").collect();
            let line = kept.iter().map(|column| format!("quote({column})")).collect::<Vec<_>>().join(" || ' ' || ");
            tables.push((table.clone(), format!("SELECT {line} AS line FROM {table} ORDER BY line")));
        }
        tables
    }

    /// Everything that the database holds, as text.
    pub(super) async fn content(&self) -> Vec<(String, Vec<String>)> {
        let mut content = Vec::new();
        for (table, text) in &self.tables {
            content.push((table.clone(), self.column(text.clone()).await));
        }
        content
    }

    /// What the agency of the stage sees of itself.
    pub(super) async fn own_view(&self) -> Vec<Value> {
        let mut seen = Vec::new();
        for (who, path) in [
            (Who::Manager, "/api/v1/agency"),
            (Who::Manager, "/api/v1/agency/people"),
            (Who::Manager, "/api/v1/agency/cases"),
            (Who::Manager, "/api/v1/agency/policy"),
            (Who::Manager, "/api/v1/agency/agreements"),
            (Who::Manager, "/api/v1/agency/access"),
            (Who::Manager, "/api/v1/agency/training"),
            (Who::Manager, "/api/v1/agency/alarms"),
            (Who::Investigator, "/api/v1/saved-areas"),
            (Who::Investigator, "/api/v1/reasons"),
        ] {
            seen.push(self.world.get(path, self.token(who)).await.ok());
        }
        let rows = format!("/api/v1/queries/{}/rows", self.ids.query);
        seen.push(self.world.get(&rows, self.token(Who::Investigator)).await.ok());
        seen
    }
}

/// A key of the enhanced session's person, and what adds it.
async fn create_key(world: &World, token: &str) -> (SoftKey, Value) {
    let begun = world.post("/api/v1/passkeys/challenge", token, json!({})).await.ok();
    let (key, credential) = SoftKey::create(&begun["options"]).await;
    (key, json!({ "ceremony": begun["ceremony"], "name": "Blue key", "credential": credential }))
}
