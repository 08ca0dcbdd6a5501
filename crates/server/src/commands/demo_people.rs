//! Who is in the demo: agencies, units, reasons, accounts, cameras and agreements, each made by a recorded act.

use super::demo::{DemoAccount, DemoAccounts};
use super::plainly;
use crate::App;
use crate::accounts::first_start;
use crate::accounts::password::PasswordRules;
use crate::agencies::acts::{self, Act, NewAgency, NewUser, Secrets};
use crate::agencies::api::{AddCamera, register_camera};
use crate::agencies::store::{self as agency_store, Reason};
use crate::cameras::store as camera_store;
use crate::people::acts::{NewCertificate, PeopleAct};
use crate::people::store as people_store;
use crate::sharing::acts::SharingAct;
use crate::sharing::store::{TellsUse, Terms};
use crate::training::acts::{Record, TrainingAct};
use anyhow::Context;
use city::{City, Owner};
use domain::{AgencyId, Course, Permission, ReasonClass, ReasonCode, Role, UnitId, UserId, UtcMicros};
use std::collections::{BTreeMap, BTreeSet};

const YEAR_MICROS: i64 = 365 * domain::time::DAY_MICROS;
const TOTP_SECRET_BYTES: usize = 20;

/// Makes agencies and accounts one after another, all of them recorded acts.
struct Filling<'a> {
    app: &'a App,
    accounts: Vec<DemoAccount>,
}

/// One account to make.
struct Person<'a> {
    agency: (&'a str, AgencyId),
    unit: (&'a str, UnitId),
    login: &'a str,
    name: &'a str,
    what: &'a str,
    roles: &'a [Role],
    permissions: &'a [Permission],
    second_factor: bool,
}

impl Filling<'_> {
    async fn act(&self, act: Act) -> anyhow::Result<u32> {
        Ok(acts::perform(self.app, None, act, Secrets::default()).await.map_err(plainly)?.id)
    }

    async fn agency(&self, name: &str, preset: &str) -> anyhow::Result<AgencyId> {
        let create = Act::CreateAgency(NewAgency {
            name: name.into(),
            preset: preset.into(),
            zone: city::ZONE.into(),
            state: None,
            public_body: name != COMMERCIAL,
            passwords: PasswordRules::of_preset(preset),
        });
        Ok(AgencyId(self.act(create).await?))
    }

    async fn unit(&self, agency: AgencyId, name: &str, profile: &str) -> anyhow::Result<UnitId> {
        Ok(UnitId(self.act(Act::CreateUnit { agency, name: name.into(), profile: profile.into() }).await?))
    }

    async fn reason(&self, agency: AgencyId, code: &str, label: &str, criminal: bool, days: u32) -> anyhow::Result<()> {
        let reason = Reason {
            code: ReasonCode(code.into()),
            label: label.into(),
            criminal,
            active: true,
            class: if criminal { ReasonClass::CriminalInvestigation } else { ReasonClass::Other },
            units: None,
            authority: "Fictional Code, title 7, section 12".into(),
            look_back_days: days,
        };
        self.act(Act::PutReason { agency, reason }).await.map(|_| ())
    }

    async fn act_by(&self, by: UserId, act: Act) -> anyhow::Result<()> {
        acts::perform(self.app, Some(by), act, Secrets::default()).await.map_err(plainly).map(|_| ())
    }

    async fn person(&mut self, person: Person<'_>) -> anyhow::Result<UserId> {
        let password = random_password();
        let secret = person.second_factor.then(storage::vault::random_bytes::<TOTP_SECRET_BYTES>);
        let secrets = acts::user_secrets(
            self.app,
            person.agency.1,
            person.login,
            &password,
            secret.as_ref().map(<[u8; _]>::as_slice),
        );
        let user = NewUser {
            id: UserId(uuid::Uuid::now_v7()),
            agency: person.agency.1,
            unit: person.unit.1,
            login: person.login.into(),
            name: person.name.into(),
            roles: person.roles.iter().copied().collect(),
            permissions: person.permissions.iter().copied().collect(),
            cleared: person.second_factor,
        };
        let (id, secrets) = (user.id, secrets.await.map_err(plainly)?);
        acts::perform(self.app, None, Act::CreateUser(user), secrets).await.map_err(plainly)?;
        self.accounts.push(DemoAccount {
            login: person.login.into(),
            password,
            agency: person.agency.0.into(),
            unit: person.unit.0.into(),
            what: person.what.into(),
            totp_secret: secret.map(|secret| totp_rs::Secret::from(secret.to_vec()).to_base32()),
        });
        Ok(id)
    }

    /// Somebody who asks: trained, and with each permission that needs it certified by the supervisor before the manager
    /// grants it.
    async fn asking(&mut self, person: Person<'_>, leaders: Leaders) -> anyhow::Result<()> {
        let agency = agency_store::agency(&self.app.sql, person.agency.1).await?.context("the agency was just made")?;
        let needing = &self.app.policy(&agency.preset).context("a preset of this release")?.limits().needs_certificate;
        let permissions: BTreeSet<Permission> = person.permissions.iter().copied().collect();
        let first: Vec<_> = permissions.difference(needing).copied().collect();
        let now = self.app.clock.now();
        let user = self.person(Person { permissions: &first, ..person }).await?;
        for permission in permissions.intersection(needing).copied() {
            let why = "Works cases of the fictional city that need it.".to_owned();
            let scope = people_store::scope(agency.id);
            let sealed = self.app.vault.seal(&scope, why.as_bytes())?;
            let until = now.plus_micros(YEAR_MICROS);
            let certificate = NewCertificate { agency: agency.id, user, permission, why, sealed, until };
            self.act_by(leaders.supervisor, Act::People(PeopleAct::Certify(certificate))).await?;
            let grant = PeopleAct::Grant { agency: agency.id, user, permission, needs_certificate: true };
            self.act_by(leaders.manager, Act::People(grant)).await?;
        }
        let records = Course::ALL.iter().map(|course| Record { user, course: *course, passed: now }).collect();
        self.act_by(leaders.manager, Act::Training(TrainingAct::Import { agency: agency.id, records })).await
    }
}

/// Who certifies and who grants.
#[derive(Clone, Copy)]
struct Leaders {
    supervisor: UserId,
    manager: UserId,
}

const POLICE: &str = "Port Larkin Police";
const COMMERCIAL: &str = "Larkin Road Data";
const FEDERAL: &str = "Harbor Federal Service";

pub(super) async fn fill(app: &App, city: &City, address: &str) -> anyhow::Result<DemoAccounts> {
    use Permission::{Area, Common, Export, Full, MakeModel, Movement, Partial, Photo};
    let all = [Full, Partial, MakeModel, Area, Common, Movement, Photo, Export];
    let mut filling = Filling { app, accounts: Vec::new() };

    let host_password = random_password();
    first_start::make_host_operator(app, "host", "Host Operator", &host_password).await.map_err(plainly)?;
    filling.accounts.push(DemoAccount {
        login: "host".into(),
        password: host_password,
        agency: "Host".into(),
        unit: "Operations".into(),
        what: "host operator, sees no records".into(),
        totp_secret: None,
    });

    let police = (POLICE, filling.agency(POLICE, "open").await?);
    let patrol = ("Patrol", filling.unit(police.1, "Patrol", "default").await?);
    let detectives = ("Detectives", filling.unit(police.1, "Detectives", "default").await?);
    filling.reason(police.1, "STOLEN", "Stolen vehicle", true, 30).await?;
    filling.reason(police.1, "BURGLARY", "Burglary investigation", true, 30).await?;
    filling.reason(police.1, "MISSING", "Missing person", false, 30).await?;
    let person = |login, name, what| Person {
        agency: police,
        unit: patrol,
        login,
        name,
        what,
        roles: &[],
        permissions: &[],
        second_factor: false,
    };
    let manager_role = &[Role::AgencyManager];
    let chief = person("chief", "Ada Quill", "agency manager");
    let manager = filling.person(Person { roles: manager_role, ..chief }).await?;
    let deputy = person("deputychief", "Ivo Penn", "second agency manager");
    filling.person(Person { roles: manager_role, ..deputy }).await?;
    let supervisor_role = &[Role::Supervisor];
    let sergeant = person("sergeant", "Jill Tarn", "supervisor of Detectives");
    let supervisor = filling.person(Person { unit: detectives, roles: supervisor_role, ..sergeant }).await?;
    let leaders = Leaders { supervisor, manager };
    let officer = person("officer", "Ben Marlow", "patrol officer");
    filling.asking(Person { roles: &[Role::PatrolOfficer], permissions: &[Full], ..officer }, leaders).await?;
    let rookie = person("rookie", "Kim Dale", "patrol officer, not trained yet");
    filling.person(Person { roles: &[Role::PatrolOfficer], permissions: &[Full], ..rookie }).await?;
    let detective = person("detective", "Cleo Hart", "criminal investigator");
    let roles = &[Role::CriminalInvestigator];
    let detective = Person { unit: detectives, roles, permissions: &all, second_factor: true, ..detective };
    filling.asking(detective, leaders).await?;

    let commercial = (COMMERCIAL, filling.agency(COMMERCIAL, "open").await?);
    let office = ("Office", filling.unit(commercial.1, "Office", "default").await?);
    let clerk = Person {
        agency: commercial,
        unit: office,
        ..person("roaddata", "Dov Lane", "agency manager, owns commercial cameras")
    };
    filling.person(Person { roles: &[Role::AgencyManager], ..clerk }).await?;

    let federal = (FEDERAL, filling.agency(FEDERAL, "pia-039b").await?);
    let investigations = ("Investigations", filling.unit(federal.1, "Investigations", "investigations").await?);
    let enforcement = ("Enforcement", filling.unit(federal.1, "Enforcement", "enforcement").await?);
    filling.reason(federal.1, "SMUGGLING", "Smuggling investigation", true, 3_650).await?;
    filling.reason(federal.1, "ABDUCTION", "Child abduction", true, 3_650).await?;
    filling.reason(federal.1, "ADMIN", "Administrative arrest", false, 5 * 365).await?;
    let of_investigations =
        |login, name, what| Person { agency: federal, unit: investigations, ..person(login, name, what) };
    let manager = of_investigations("manager", "Eve Stone", "agency manager");
    let manager = filling.person(Person { roles: manager_role, ..manager }).await?;
    let supervisor = of_investigations("supervisor", "Lea Brook", "supervisor of Investigations");
    let supervisor = filling.person(Person { roles: supervisor_role, ..supervisor }).await?;
    let leaders = Leaders { supervisor, manager };
    let investigator = of_investigations("investigator", "Finn Ash", "criminal investigator");
    let investigator = Person { roles, permissions: &all, second_factor: true, ..investigator };
    filling.asking(investigator, leaders).await?;
    let analyst = of_investigations("analyst", "Gia Wells", "criminal analyst");
    let roles = &[Role::CriminalAnalyst];
    filling.asking(Person { roles, permissions: &all, second_factor: true, ..analyst }, leaders).await?;
    let captain = of_investigations("captain", "Max Rowan", "supervisor of Enforcement");
    let captain = Person { unit: enforcement, roles: supervisor_role, ..captain };
    let leaders = Leaders { supervisor: filling.person(captain).await?, manager };
    let roles = &[Role::TaskForceOfficer];
    let in_enforcement = of_investigations("enforcement", "Hal Reyes", "task force officer of the other unit");
    let permissions = &[Full, Partial, Area, Photo];
    let in_enforcement = Person { unit: enforcement, roles, permissions, second_factor: true, ..in_enforcement };
    filling.asking(in_enforcement, leaders).await?;

    for (owner, signer) in [(police.1, "Ada Quill"), (commercial.1, "Lee Marsh")] {
        let terms = terms(owner, federal.1, app.clock.now(), &all);
        let id = filling.act(Act::Sharing(SharingAct::Propose { terms, signer: signer.into() })).await?;
        let signer = "Eve Stone".into();
        filling.act(Act::Sharing(SharingAct::Sign { id, recipient: federal.1, signer })).await?;
    }
    let accounts = filling.accounts;
    let cameras = add_cameras(app, city, police.1, commercial.1).await?;
    Ok(DemoAccounts { address: address.into(), accounts, cameras })
}

fn terms(owner: AgencyId, recipient: AgencyId, now: UtcMicros, permissions: &[Permission]) -> Terms {
    Terms {
        owner,
        recipient,
        sources: None,
        permissions: permissions.iter().copied().collect(),
        reasons: None,
        from: now,
        to: now.plus_micros(YEAR_MICROS),
        document: "MOU-DEMO-1".into(),
        tells_use: TellsUse::Units,
    }
}

/// Registers the city's cameras; returns their credentials by key.
async fn add_cameras(
    app: &App,
    city: &City,
    police: AgencyId,
    commercial: AgencyId,
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut credentials = BTreeMap::new();
    for camera in city.cameras() {
        let owner = match camera.owner {
            Owner::Police => police,
            Owner::Commercial => commercial,
        };
        let agency = agency_store::agency(&app.sql, owner).await?.context("the agency that was just made")?;
        let position = (!camera.mobile).then_some(camera.position);
        let body = AddCamera {
            key: camera.key.clone(),
            name: camera.name.clone(),
            source: camera.source.word().into(),
            lat: position.map(|position| position.lat()),
            lon: position.map(|position| position.lon()),
            zone: Some(camera.zone.to_owned()),
            width_px: camera.width_px,
            height_px: camera.height_px,
        };
        let made = register_camera(app, None, &agency, body).await.map_err(plainly)?;
        credentials.insert(camera.key.clone(), made.credential);
    }
    debug_assert_eq!(camera_store::all(&app.sql).await?.len(), credentials.len());
    Ok(credentials)
}

/// Twenty letters and digits in groups, the first of them upper-case, with a digit at the end: about 100 bits, easy to type,
/// and of four kinds of signs as some agencies want it.
fn random_password() -> String {
    const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let bytes = storage::vault::random_bytes::<20>();
    let sign = |byte: &u8| SIGNS.get(usize::from(*byte) % SIGNS.len()).map_or('a', |sign| char::from(*sign));
    let groups: Vec<String> = bytes.chunks(5).map(|chunk| chunk.iter().map(sign).collect()).collect();
    let mut password = groups.join("-");
    if let Some(first) = password.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    if password.starts_with(|sign: char| sign.is_ascii_digit()) {
        format!("Q{password}-7")
    } else {
        format!("{password}-7")
    }
}
