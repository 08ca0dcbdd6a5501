//! A small world for tests: three agencies, people, cameras, a clock that stands, and the router in process.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use domain::{AgencyId, Course, NewPhoto, Permission, ReasonClass, ReasonCode, Role, UnitId, UserId, UtcMicros};
use serde_json::{Value, json};
use sightline_server::accounts::password::PasswordRules;
use sightline_server::accounts::{api as account_api, first_start, store as account_store};
use sightline_server::agencies::acts::{self, Act, NewAgency, NewUser, Secrets};
use sightline_server::agencies::api::{AddCamera, register_camera};
use sightline_server::agencies::store::{self as agency_store, Reason};
use sightline_server::basemap::Basemap;
use sightline_server::http::serve;
use sightline_server::sharing::acts::SharingAct;
use sightline_server::sharing::store::{TellsUse, Terms};
use sightline_server::training::acts::{Record, TrainingAct};
use sightline_server::{App, Setup};
use sqlx::{Connection, Executor};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use storage::{Clock, TestClock};
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "violet kettle seven";
/// 2026-06-01T12:00:00Z.
pub(crate) const NOW: UtcMicros = UtcMicros(1_780_315_200_000_000);
const DAY: i64 = 86_400_000_000;

/// Every permission that is a kind of question.
pub(crate) const ALL: [Permission; 7] = [
    Permission::Full,
    Permission::Partial,
    Permission::MakeModel,
    Permission::Area,
    Permission::Common,
    Permission::Movement,
    Permission::Photo,
];

pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) router: Router,
    pub(crate) police: AgencyId,
    pub(crate) roads: AgencyId,
    pub(crate) federal: AgencyId,
    pub(crate) investigations: UnitId,
    pub(crate) enforcement: UnitId,
    /// Credentials by key.
    pub(crate) cameras: HashMap<&'static str, String>,
    totp: HashMap<String, Vec<u8>>,
    ids: HashMap<String, UserId>,
    data: TempDir,
}

/// Draws one pixel for a photo that a camera keeps.
struct OnePixel;

#[async_trait::async_trait]
impl detections::PhotoSource for OnePixel {
    async fn fetch(&self, _: &domain::Detection, n: u8) -> Option<NewPhoto> {
        let kind = if n == 0 { domain::detection::PhotoKind::Scene } else { domain::detection::PhotoKind::Plate };
        (n < 2).then(|| NewPhoto { kind, bytes: one_pixel_jpeg() })
    }
}

/// A valid JPEG of one grey pixel.
pub(crate) fn one_pixel_jpeg() -> Vec<u8> {
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, 90).encode(&[128], 1, 1, jpeg_encoder::ColorType::Luma).unwrap();
    bytes
}

/// An answer of the router.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    /// The text of a header; empty where it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, String::from_utf8_lossy(&self.bytes));
        self.json()
    }

    /// Asserts a refusal and gives its problem.
    #[track_caller]
    pub(crate) fn refused(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        assert_eq!(self.headers.get("content-type").unwrap(), "application/problem+json");
        self.json()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::on(None).await
    }

    /// The same world on this base map.
    pub(crate) async fn on_basemap(basemap: Basemap) -> Self {
        Self::set_up(|setup| Setup { basemap, ..setup }).await
    }

    /// The same world on a new PostgreSQL database; `None` where the tests were started without one.
    pub(crate) async fn on_postgres() -> Option<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let Ok(url) = std::env::var("SIGHTLINE_TEST_POSTGRES") else {
            eprintln!("SIGHTLINE_TEST_POSTGRES is not set: this runs on SQLite only");
            return None;
        };
        let name = format!("it_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
        connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        let (_, options) = url.split_once('?').unwrap();
        Some(Self::on(Some(format!("postgres:///{name}?{options}"))).await)
    }

    async fn on(postgres: Option<String>) -> Self {
        Self::set_up(|setup| Setup { postgres, ..setup }).await
    }

    async fn set_up(change: impl FnOnce(Setup) -> Setup) -> Self {
        let data = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::at(NOW));
        let clock_seam: Arc<dyn Clock> = Arc::<TestClock>::clone(&clock);
        let setup = Setup { clock: clock_seam, photo_source: Arc::new(OnePixel), ..Setup::new(data.path()) };
        let app = App::open(change(setup)).await.unwrap();
        let mut world = Self {
            router: serve::service(&app),
            app,
            clock,
            police: AgencyId(0),
            roads: AgencyId(0),
            federal: AgencyId(0),
            investigations: UnitId(0),
            enforcement: UnitId(0),
            cameras: HashMap::new(),
            totp: HashMap::new(),
            ids: HashMap::new(),
            data,
        };
        world.fill().await;
        world
    }

    async fn fill(&mut self) {
        use Role::{AgencyManager, CriminalInvestigator, PatrolOfficer, Supervisor, TaskForceOfficer};
        first_start::make_host_operator(&self.app, "host", "Host", PASSWORD).await.unwrap();
        self.police = self.agency("Port Larkin Police", "open").await;
        self.roads = self.agency("Larkin Road Data", "open").await;
        self.federal = self.agency("Harbor Federal Service", "pia-039b").await;
        let patrol = self.unit(self.police, "Patrol", "default").await;
        let office = self.unit(self.roads, "Office", "default").await;
        self.investigations = self.unit(self.federal, "Investigations", "investigations").await;
        self.enforcement = self.unit(self.federal, "Enforcement", "enforcement").await;
        for agency in [self.police, self.roads, self.federal] {
            self.reason(agency, "CRIME", true).await;
            self.reason(agency, "ADMIN", false).await;
        }
        let (police, roads, federal) = (self.police, self.roads, self.federal);
        self.user("chief", police, patrol, &[AgencyManager], &[]).await;
        self.user("sergeant", police, patrol, &[Supervisor], &[]).await;
        self.user("officer", police, patrol, &[PatrolOfficer], &[Permission::Full]).await;
        self.user("detective", police, patrol, &[CriminalInvestigator], &ALL).await;
        self.user("roaddata", roads, office, &[AgencyManager], &[]).await;
        self.user("manager", federal, self.investigations, &[AgencyManager], &[]).await;
        self.user("supervisor", federal, self.investigations, &[Supervisor], &[]).await;
        self.user("investigator", federal, self.investigations, &[CriminalInvestigator], &ALL).await;
        self.user("colleague", federal, self.investigations, &[CriminalInvestigator], &ALL).await;
        self.user("enforcement", federal, self.enforcement, &[TaskForceOfficer], &ALL).await;
        self.camera("pole-1", police, "pole", Some((34.0, -140.0))).await;
        self.camera("pole-2", police, "pole", Some((34.01, -140.01))).await;
        self.camera("car-1", police, "vehicle-mounted", None).await;
        self.camera("toll-1", roads, "toll-road", Some((34.02, -140.02))).await;
    }

    async fn act(&self, act: Act) -> u32 {
        acts::perform(&self.app, None, act, Secrets::default()).await.unwrap().id
    }

    pub(crate) async fn agency(&self, name: &str, preset: &str) -> AgencyId {
        self.agency_of(name, preset, None).await
    }

    /// A public agency under the law of a state.
    pub(crate) async fn agency_of(&self, name: &str, preset: &str, state: Option<&str>) -> AgencyId {
        let act = Act::CreateAgency(NewAgency {
            name: name.into(),
            preset: preset.into(),
            zone: "Etc/GMT+9".into(),
            state: state.map(ToOwned::to_owned),
            public_body: true,
            passwords: PasswordRules::Nist,
        });
        AgencyId(self.act(act).await)
    }

    pub(crate) async fn unit(&self, agency: AgencyId, name: &str, profile: &str) -> UnitId {
        UnitId(self.act(Act::CreateUnit { agency, name: name.into(), profile: profile.into() }).await)
    }

    pub(crate) async fn reason(&self, agency: AgencyId, code: &str, criminal: bool) {
        let reason = Reason {
            code: ReasonCode(code.into()),
            label: code.into(),
            criminal,
            active: true,
            class: if criminal { ReasonClass::CriminalInvestigation } else { ReasonClass::Other },
            units: None,
            authority: "Fictional Code 7".into(),
            look_back_days: 365,
        };
        self.act(Act::PutReason { agency, reason }).await;
    }

    pub(crate) async fn user(
        &mut self,
        login: &str,
        agency: AgencyId,
        unit: UnitId,
        roles: &[Role],
        permissions: &[Permission],
    ) {
        let secret = login.bytes().cycle().take(20).collect::<Vec<u8>>();
        let secrets = acts::user_secrets(&self.app, agency, login, PASSWORD, Some(&secret)).await.unwrap();
        let user = NewUser {
            id: UserId(uuid::Uuid::now_v7()),
            agency,
            unit,
            login: login.into(),
            name: format!("Name of {login}"),
            roles: roles.iter().copied().collect(),
            permissions: permissions.iter().copied().collect(),
            cleared: true,
        };
        let id = user.id;
        acts::perform(&self.app, None, Act::CreateUser(user), secrets).await.unwrap();
        self.trained(agency, id, Course::ALL).await;
        self.totp.insert(login.into(), secret);
        self.ids.insert(login.into(), id);
    }

    /// Courses passed now.
    pub(crate) async fn trained(&self, agency: AgencyId, user: UserId, courses: &[Course]) {
        let record = |course: &Course| Record { user, course: *course, passed: self.clock.now() };
        let records = courses.iter().map(record).collect();
        self.act(Act::Training(TrainingAct::Import { agency, records })).await;
    }

    /// A camera on a pole, so that the agency has detections of its own to ask for.
    pub(crate) async fn camera_of(&mut self, key: &'static str, agency: AgencyId) {
        self.camera(key, agency, "pole", Some((34.0, -140.0))).await;
    }

    async fn camera(&mut self, key: &'static str, agency: AgencyId, source: &str, at: Option<(f64, f64)>) {
        let owner = agency_store::agency(&self.app.sql, agency).await.unwrap().unwrap();
        let body = AddCamera {
            key: key.into(),
            name: format!("Camera {key}"),
            source: source.into(),
            lat: at.map(|at| at.0),
            lon: at.map(|at| at.1),
            zone: None,
            width_px: 1920,
            height_px: 1080,
        };
        let made = register_camera(&self.app, None, &owner, body).await.unwrap();
        self.cameras.insert(key, made.credential);
    }

    /// Shows one agency's detections to another for a year.
    pub(crate) async fn share(&self, owner: AgencyId, recipient: AgencyId) {
        self.share_until(owner, recipient, NOW.plus_micros(365 * DAY)).await;
    }

    pub(crate) async fn share_until(&self, owner: AgencyId, recipient: AgencyId, to: UtcMicros) {
        let terms = Terms {
            owner,
            recipient,
            sources: None,
            permissions: ALL.iter().copied().collect(),
            reasons: None,
            from: NOW.plus_micros(-DAY),
            to,
            document: "MOU 1".into(),
            tells_use: TellsUse::Nothing,
        };
        let id = self.act(Act::Sharing(SharingAct::Propose { terms, signer: "Owner's manager".into() })).await;
        let signer = "Recipient's manager".into();
        self.act(Act::Sharing(SharingAct::Sign { id, recipient, signer })).await;
    }

    /// The user id of somebody whom this world made.
    pub(crate) fn id(&self, login: &str) -> UserId {
        *self.ids.get(login).expect(login)
    }

    /// The unit of somebody whom this world made.
    pub(crate) async fn unit_of(&self, login: &str) -> UnitId {
        account_store::user(&self.app.sql, self.id(login)).await.unwrap().unwrap().unit
    }

    /// Posts a file of lines.
    pub(crate) async fn post_csv(&self, path: &str, token: &str, text: &str) -> Reply {
        let request = Request::post(path).header("authorization", format!("Bearer {token}"));
        self.send(request.header("content-type", "text/csv").body(Body::from(text.to_owned())).unwrap()).await
    }

    pub(crate) async fn put(&self, path: &str, token: &str, body: Value) -> Reply {
        self.call("PUT", path, Some(token), Some(body)).await
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    pub(crate) async fn call(&self, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.header("content-type", "application/json").body(body).unwrap()).await
    }

    /// Asks without a session, with these headers.
    pub(crate) async fn fetch(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let request =
            headers.iter().fold(Request::builder().uri(path), |request, (name, value)| request.header(*name, *value));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        super::routes::assert_documented(&method, &path, response.status().as_u16());
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap().to_vec();
        Reply { status: parts.status, headers: parts.headers, bytes }
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Reply {
        self.call("GET", path, Some(token), None).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> Reply {
        self.call("POST", path, Some(token), Some(body)).await
    }

    /// The current one-time code. Codes count once, so the clock moves on one step first.
    pub(crate) fn next_code(&self, login: &str) -> String {
        self.clock.advance_micros(30_000_000);
        self.code(login)
    }

    pub(crate) fn code(&self, login: &str) -> String {
        let totp = account_api::totp(self.totp.get(login).unwrap().clone()).unwrap();
        totp.generate(u64::try_from(self.clock.now().seconds()).unwrap()).to_string()
    }

    /// Signs in without accepting the rules.
    pub(crate) async fn sign_in_only(&self, login: &str, door: &str) -> String {
        let mut body = json!({ "login": login, "password": PASSWORD, "door": door, "deliver": "token" });
        if door == "enhanced" {
            body["code"] = json!(self.next_code(login));
        }
        let signed_in = self.call("POST", "/api/v1/session", None, Some(body)).await.ok();
        signed_in["token"].as_str().unwrap().to_owned()
    }

    /// Signs in with this body and accepts the rules, for people that a test made.
    pub(crate) async fn sign_in_with(&self, body: Value) -> String {
        let signed_in = self.call("POST", "/api/v1/session", None, Some(body)).await.ok();
        let token = signed_in["token"].as_str().unwrap().to_owned();
        let accept = json!({ "version": signed_in["rules"]["version"], "accepted": true });
        self.post("/api/v1/session/rules", &token, accept).await.ok();
        token
    }

    /// Signs in and accepts the rules; gives the token.
    pub(crate) async fn sign_in(&self, login: &str, door: &str) -> String {
        let token = self.sign_in_only(login, door).await;
        let me = self.get("/api/v1/session", &token).await.ok();
        let accept = json!({ "version": me["rules"]["version"], "accepted": true });
        self.post("/api/v1/session/rules", &token, accept).await.ok();
        token
    }

    /// Posts reads by a camera in our own format; gives the reply's body.
    pub(crate) async fn ingest(&self, camera: &str, detections: Vec<Value>) -> Value {
        let credential = self.cameras.get(camera).unwrap();
        self.post("/api/v1/detections", credential, json!({ "detections": detections })).await.ok()
    }

    /// All ledger records of an agency.
    pub(crate) async fn records(&self, agency: AgencyId) -> Vec<ledger::OpenedRecord> {
        self.app.ledger.records_of(Some(agency), 0, 10_000).await.unwrap()
    }

    /// The newest ledger record of an agency of this kind.
    pub(crate) async fn newest(&self, agency: AgencyId, kind: &str) -> ledger::OpenedRecord {
        self.records(agency).await.into_iter().rev().find(|record| record.kind == kind).expect(kind)
    }
}

/// A read of a white fictional sedan, `minutes` before now, with two photos at the camera.
pub(crate) fn read(plate: &str, state: Option<&str>, minutes: i64) -> Value {
    json!({
        "event_id": format!("{plate}-{minutes}"),
        "scan_time": NOW.plus_micros(-minutes * 60_000_000).to_string(),
        "plate": plate, "state": state, "confidence": 0.93,
        "vehicle": { "make": "Toyota", "model": "Camry", "colour": "White", "year": 2019 },
        "photos_at_camera": 2,
    })
}

/// The frame of the last day, for questions.
pub(crate) fn last_day() -> (String, String) {
    (NOW.plus_micros(-DAY).to_string(), NOW.plus_micros(60_000_000).to_string())
}

/// A square of about 220 m around a camera, as GeoJSON.
pub(crate) fn square(lat: f64, lon: f64) -> Value {
    let (d, e) = (0.001, 0.0012);
    json!({ "type": "Polygon", "coordinates": [[
        [lon - e, lat - d], [lon + e, lat - d], [lon + e, lat + d], [lon - e, lat + d], [lon - e, lat - d],
    ]] })
}

/// A purpose that every policy accepts.
pub(crate) fn purpose() -> Value {
    json!({
        "reason": "CRIME", "case_reference": "HF-2026-0113", "subject": "driver of the white sedan",
        "target": { "kind": "vehicle", "description": "the white sedan seen at the pier" },
        "justification": "The sedan left the pier with the stolen cargo on the morning of 31 May.",
        "suspicion_facts": "Two witnesses saw the cargo being loaded inside this area at that hour.",
        "place_linked_to_case": true, "not_based_on_trait": true,
    })
}

/// A question of the last day, with further fields.
pub(crate) fn question(kind: &str, fields: Value) -> Value {
    let (from, to) = last_day();
    let mut question = json!({ "kind": kind, "from": from, "to": to });
    for (name, value) in fields.as_object().unwrap() {
        question[name] = value.clone();
    }
    question
}

pub(crate) fn ask(kind: &str, fields: Value) -> Value {
    json!({ "question": question(kind, fields), "purpose": purpose() })
}

/// The plates of an answer's first page, in its order.
pub(crate) fn plates(answer: &Value) -> Vec<String> {
    answer["page"]["rows"].as_array().unwrap().iter().map(|row| row["plate"].as_str().unwrap().to_owned()).collect()
}
