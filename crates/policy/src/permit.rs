//! What policy gives when the answer is yes. A permit owns the exact question; its fields are private, it cannot be
//! copied, and only this crate's decisions make one.

use domain::{AgencyId, DetectionId, LogIn, PoolId, Purpose, QueryId, Question, Recordable, Role, UnitId, UserId};
use serde_json::{Value, json};

/// How many reads match, and roughly where; no plate (LIM-4).
#[derive(Debug)]
pub struct Preview(pub(crate) ());

/// The rows themselves.
#[derive(Debug)]
pub struct Rows {
    /// The asker has seen the warning of 10,000 or more and confirmed it (LIM-1).
    pub(crate) confirmed_large: bool,
}

/// The exact number of matches, which is slower to tell than "at least 10,000" (LIM-1).
#[derive(Debug)]
pub struct ExactCount(pub(crate) ());

/// What a permit allows; the ledger names the entry after it.
pub trait PermitKind {
    const ENTRY: &'static str;

    fn details(&self) -> Value;
}

impl PermitKind for Preview {
    const ENTRY: &'static str = "query.preview";

    fn details(&self) -> Value {
        json!({})
    }
}

impl PermitKind for Rows {
    const ENTRY: &'static str = "query.rows";

    fn details(&self) -> Value {
        json!({ "confirmed_large": self.confirmed_large })
    }
}

impl PermitKind for ExactCount {
    const ENTRY: &'static str = "query.count";

    fn details(&self) -> Value {
        json!({})
    }
}

/// Who asked, through which door and channel; part of every entry (AUD-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub user: UserId,
    pub agency: AgencyId,
    pub unit: UnitId,
    pub roles: Vec<Role>,
    pub log_in: LogIn,
    /// `web`, `mobile`, `api`.
    pub channel: String,
    /// The device, as far as the client says.
    pub device: String,
}

impl Signature {
    pub(crate) fn record(&self) -> Value {
        json!({
            "user": self.user, "agency": self.agency, "unit": self.unit, "roles": self.roles,
            "log_in": self.log_in, "channel": self.channel, "device": self.device,
        })
    }
}

/// A yes to one question, over the pools that its asker may see.
#[derive(Debug)]
pub struct Permit<K> {
    pub(crate) query: QueryId,
    pub(crate) by: Signature,
    pub(crate) question: Question,
    pub(crate) purpose: Purpose,
    pub(crate) pools: Vec<PoolId>,
    /// The query that this one asks again (QRY-9).
    pub(crate) again_of: Option<QueryId>,
    /// The legal authority that the reason code stands for (WHY-2).
    pub(crate) authority: String,
    /// Preset and version, and the ids of the rules that said yes.
    pub(crate) policy: String,
    pub(crate) rules: Vec<String>,
    /// What is weak about the question, where the policy flags it instead of refusing.
    pub(crate) flags: Vec<&'static str>,
    pub(crate) kind: K,
}

impl<K> Permit<K> {
    pub fn query(&self) -> QueryId {
        self.query
    }

    pub fn by(&self) -> &Signature {
        &self.by
    }

    pub fn question(&self) -> &Question {
        &self.question
    }

    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// The pools whose detections may be counted or returned; sorted, without duplicates. None other may.
    pub fn pools(&self) -> &[PoolId] {
        &self.pools
    }
}

impl Permit<Rows> {
    /// Whether 10,000 or more results may be answered by the newest 5,000 (LIM-1).
    pub fn confirmed_large(&self) -> bool {
        self.kind.confirmed_large
    }
}

impl<K: PermitKind> Recordable for Permit<K> {
    fn agency(&self) -> Option<AgencyId> {
        Some(self.by.agency)
    }

    fn kind(&self) -> &'static str {
        K::ENTRY
    }

    fn record(&self) -> Value {
        json!({
            "query": self.query,
            "by": self.by.record(),
            "question": self.question,
            "purpose": self.purpose,
            "pools": self.pools,
            "again_of": self.again_of,
            "authority": self.authority,
            "policy": self.policy,
            "rules": self.rules,
            "flags": self.flags,
            "details": self.kind.details(),
        })
    }
}

/// A yes to opening photos of rows that an answer of this asker returned.
#[derive(Debug)]
pub struct PhotoPermit {
    pub(crate) query: QueryId,
    pub(crate) by: Signature,
    pub(crate) photos: Vec<(DetectionId, u8)>,
}

impl PhotoPermit {
    /// Detection and number of each photo, from 0.
    pub fn photos(&self) -> &[(DetectionId, u8)] {
        &self.photos
    }

    pub fn query(&self) -> QueryId {
        self.query
    }
}

impl Recordable for PhotoPermit {
    fn agency(&self) -> Option<AgencyId> {
        Some(self.by.agency)
    }

    fn kind(&self) -> &'static str {
        "photos.opened"
    }

    fn record(&self) -> Value {
        json!({ "query": self.query, "by": self.by.record(), "photos": self.photos })
    }
}

/// Why a row that was marked relevant is not printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// Fewer than two photos (DET-4).
    Unverified,
}

impl LeftOut {
    pub fn word(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
        }
    }
}

/// A yes to printing rows that an answer of this asker returned and that the asker marked relevant (RES-1).
#[derive(Debug)]
pub struct PrintPermit {
    pub(crate) query: QueryId,
    pub(crate) by: Signature,
    pub(crate) detections: Vec<DetectionId>,
    pub(crate) unverified: Vec<DetectionId>,
    pub(crate) policy: String,
}

impl PrintPermit {
    pub fn query(&self) -> QueryId {
        self.query
    }

    /// The rows that are printed.
    pub fn detections(&self) -> &[DetectionId] {
        &self.detections
    }

    /// How many rows are left out, and why; reasons that leave out none are not listed.
    pub fn left_out(&self) -> Vec<(LeftOut, usize)> {
        let counts = [(LeftOut::Unverified, self.unverified.len())];
        counts.into_iter().filter(|(_, rows)| *rows > 0).collect()
    }
}

impl Recordable for PrintPermit {
    fn agency(&self) -> Option<AgencyId> {
        Some(self.by.agency)
    }

    fn kind(&self) -> &'static str {
        "answer.printed"
    }

    fn record(&self) -> Value {
        json!({
            "query": self.query, "by": self.by.record(), "detections": self.detections,
            "left_out": { "unverified": self.unverified }, "policy": self.policy,
        })
    }
}
