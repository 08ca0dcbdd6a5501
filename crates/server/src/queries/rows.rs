//! How rows are shown: pages, filters afterwards (QRY-8), facets with counts.

use super::answers::{Asked, Mark};
use super::marks::MarkWord;
use crate::App;
use crate::agencies::store as agency_store;
use crate::cameras::store as camera_store;
use crate::http::Problem;
use detections::{CommonPlate, FoundRows, Hit};
use domain::limits::PAGE_ROWS;
use domain::{AgencyId, CameraId, Criteria, DetectionId, MatchKind, Source, State, UtcMicros};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use utoipa::{IntoParams, ToSchema};

/// Values of one facet; the rarest beyond are left out, and the facet says so.
const FACET_VALUES_MAX: usize = 50;

/// Narrows what is shown of an answer; asks nothing new.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RowFilter {
    /// From 0; 500 rows a page.
    pub page: Option<usize>,
    pub make: Option<String>,
    pub model: Option<String>,
    pub colour: Option<String>,
    pub year: Option<u16>,
    /// ISO 3166-2, or `unknown`.
    pub state: Option<String>,
    /// A source kind, such as `toll-road`.
    pub source: Option<String>,
    /// Why a row matched: `exact`, `unknown-state`, `look-alike`, `alternative`.
    #[serde(rename = "match")]
    pub matched: Option<String>,
    /// Number of an area of the question, from 0.
    pub area: Option<u16>,
    /// `relevant`, `not-relevant`, or `none` for rows without a mark.
    pub mark: Option<String>,
    /// RFC 3339 with offset.
    pub from: Option<String>,
    /// RFC 3339 with offset.
    pub to: Option<String>,
}

#[derive(Clone, Copy)]
enum WantedState {
    Known(State),
    Unknown,
}

impl WantedState {
    fn is(self, seen: Option<State>) -> bool {
        match self {
            Self::Known(wanted) => seen == Some(wanted),
            Self::Unknown => seen.is_none(),
        }
    }
}

/// The filter, read.
struct Wanted<'a> {
    filter: &'a RowFilter,
    /// A state, or reads of none.
    state: Option<WantedState>,
    source: Option<Source>,
    matched: Option<MatchKind>,
    mark: Option<MarkWord>,
    from: Option<UtcMicros>,
    to: Option<UtcMicros>,
}

impl RowFilter {
    fn read(&self) -> Result<Wanted<'_>, Problem> {
        let state = match self.state.as_deref() {
            None => None,
            Some("unknown") => Some(WantedState::Unknown),
            Some(text) => Some(WantedState::Known(
                text.parse()
                    .map_err(|error: domain::state::StateError| Problem::invalid("state", error.to_string()))?,
            )),
        };
        let word = |field: &'static str| move || Problem::invalid(field, "the word is not known");
        let source = self.source.as_deref().map(|word_| Source::from_word(word_).ok_or_else(word("source")));
        let matched = self.matched.as_deref().map(|word_| MatchKind::from_word(word_).ok_or_else(word("match")));
        let mark = self.mark.as_deref().map(|word_| MarkWord::from_word(word_).ok_or_else(word("mark")));
        let instant = |field: &'static str, text: &Option<String>| {
            text.as_deref()
                .map(UtcMicros::parse_rfc3339)
                .transpose()
                .map_err(|error| Problem::invalid(field, error.to_string()))
        };
        Ok(Wanted {
            filter: self,
            state,
            source: source.transpose()?,
            matched: matched.transpose()?,
            mark: mark.transpose()?,
            from: instant("from", &self.from)?,
            to: instant("to", &self.to)?,
        })
    }
}

impl Wanted<'_> {
    fn keeps(&self, hit: &Hit, mark: Option<Mark>) -> bool {
        fn is<T: PartialEq + ?Sized>(wanted: Option<&T>, seen: Option<&T>) -> bool {
            wanted.is_none() || wanted == seen
        }
        let (detection, filter) = (&hit.detection, self.filter);
        is(filter.make.as_deref(), detection.vehicle.make.as_deref())
            && is(filter.model.as_deref(), detection.vehicle.model.as_deref())
            && is(filter.colour.as_deref(), detection.vehicle.colour.as_deref())
            && is(filter.year.as_ref(), detection.vehicle.year.as_ref())
            && self.state.is_none_or(|wanted| wanted.is(detection.state))
            && is(self.source.as_ref(), Some(&detection.source))
            && is(self.matched.as_ref(), Some(&hit.matched))
            && self.mark.is_none_or(|wanted| wanted == MarkWord::of(mark))
            && filter.area.is_none_or(|area| hit.areas.contains(&area))
            && self.from.is_none_or(|from| detection.scan_time >= from)
            && self.to.is_none_or(|to| detection.scan_time < to)
    }
}

/// One read of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Row {
    /// Id of the detection; a string, because it has 64 bits.
    pub id: String,
    /// As compared: upper case, letters and digits.
    pub plate: String,
    /// As the reader wrote it.
    pub raw_plate: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// RFC 3339, UTC.
    pub scan_time: String,
    /// RFC 3339, UTC.
    pub receive_time: String,
    pub lat: f64,
    pub lon: f64,
    pub camera: String,
    pub source: String,
    pub commercial: bool,
    /// Whose detection it is.
    pub owner: String,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    /// Alternative readings, likeliest first.
    pub readings: Vec<ReadingView>,
    /// Why it matched: `exact`, `unknown-state`, `look-alike`, `alternative`.
    #[serde(rename = "match")]
    pub matched: String,
    /// For `alternative`: which reading matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched_reading: Option<usize>,
    /// Numbers of the question's areas that hold it, from 0.
    pub areas: Vec<u16>,
    /// Photos that can be opened, from 0.
    pub photos: u8,
    /// At least two photos. An unverified read is not a match.
    pub verified: bool,
    /// The plate is small in the picture.
    pub low_quality: bool,
    /// What the caller marked it as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
    /// For movement: seconds since the read before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_since_previous: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReadingView {
    pub plate: String,
    /// 0 to 1.
    pub confidence: f64,
}

/// A page of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page {
    pub rows: Vec<Row>,
    pub page: usize,
    pub pages: usize,
    /// Rows that the filter keeps.
    pub filtered: usize,
    /// Values of each attribute among them, most frequent first.
    pub facets: BTreeMap<String, Facet>,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Facet {
    pub values: Vec<FacetValue>,
    /// Further values that are not listed.
    pub more: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FacetValue {
    pub value: String,
    pub count: usize,
}

/// A plate of a common-plate answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommonView {
    pub plate: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// One for each area of the question, in its order; `null` where the plate was not seen.
    pub places: Vec<Option<SeenView>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SeenView {
    pub first: String,
    pub last: String,
    pub reads: u64,
}

/// Names of cameras and owners, for people.
#[derive(Debug)]
pub struct Names {
    cameras: HashMap<CameraId, String>,
    owners: HashMap<AgencyId, String>,
}

impl Names {
    /// The names that some rows need, and no others: an installation may have thousands of cameras.
    pub async fn of(app: &App, hits: impl Iterator<Item = &Hit>) -> Result<Self, Problem> {
        let (mut cameras, mut owners) = (BTreeSet::new(), BTreeSet::new());
        for hit in hits {
            cameras.insert(hit.detection.camera);
            owners.insert(hit.detection.owner);
        }
        let cameras = camera_store::names(&app.sql, cameras).await?;
        let owners = agency_store::names(&app.sql, owners).await?;
        Ok(Self { cameras, owners })
    }

    fn camera(&self, id: CameraId) -> String {
        self.cameras.get(&id).cloned().unwrap_or_else(|| format!("camera {id}"))
    }

    fn owner(&self, id: AgencyId) -> String {
        self.owners.get(&id).cloned().unwrap_or_else(|| format!("agency {id}"))
    }
}

/// The filtered page of an answer.
pub async fn page(app: &App, asked: &Asked, found: &FoundRows, filter: &RowFilter) -> Result<Page, Problem> {
    let wanted = filter.read()?;
    let marks = asked.marks.all();
    let mark_of = |hit: &Hit| marks.get(&hit.detection.id).copied();
    let kept = in_order(asked, found, |hit| wanted.keeps(hit, mark_of(hit)));
    let pages = kept.len().div_ceil(PAGE_ROWS).max(1);
    let number = filter.page.unwrap_or(0);
    if number >= pages {
        return Err(Problem::invalid("page", format!("the answer has {pages} pages, numbered from 0")));
    }
    let first = number * PAGE_ROWS;
    let shown = kept.get(first..(first + PAGE_ROWS).min(kept.len())).unwrap_or_default();
    let before = first.checked_sub(1).and_then(|before| kept.get(before)).copied();
    let names = Names::of(app, shown.iter().copied()).await?;
    let rows = shown_rows(asked, shown, before, &names, mark_of);
    Ok(Page { rows, page: number, pages, filtered: kept.len(), facets: facets(&kept) })
}

/// The rows of a print, in the answer's order.
pub fn printed(asked: &Asked, found: &FoundRows, detections: &BTreeSet<DetectionId>, names: &Names) -> Vec<Row> {
    let kept = in_order(asked, found, |hit| detections.contains(&hit.detection.id));
    // What is printed was marked relevant, whatever it is marked as by now.
    shown_rows(asked, &kept, None, names, |_| Some(Mark::Relevant))
}

fn is_movement(asked: &Asked) -> bool {
    matches!(asked.question.criteria(), Criteria::Movement { .. })
}

/// Newest first; a movement in order of time.
fn in_order<'a>(asked: &Asked, found: &'a FoundRows, keeps: impl Fn(&Hit) -> bool) -> Vec<&'a Hit> {
    let mut kept: Vec<&Hit> = found.hits.iter().filter(|hit| keeps(hit)).collect();
    if is_movement(asked) {
        kept.reverse();
    }
    kept
}

/// `before` is the hit ahead of the first that is shown.
fn shown_rows<'a>(
    asked: &Asked,
    shown: &[&'a Hit],
    mut before: Option<&'a Hit>,
    names: &Names,
    mark_of: impl Fn(&Hit) -> Option<Mark>,
) -> Vec<Row> {
    let mut rows = Vec::with_capacity(shown.len());
    for &hit in shown {
        let mut row = row(hit, names);
        row.mark = mark_of(hit);
        if is_movement(asked) {
            let since = |before: &Hit| hit.detection.scan_time.seconds() - before.detection.scan_time.seconds();
            row.seconds_since_previous = before.map(since);
            before = Some(hit);
        }
        rows.push(row);
    }
    rows
}

fn row(hit: &Hit, names: &Names) -> Row {
    let detection = &hit.detection;
    let share = |confidence: u16| f64::from(confidence) / 10_000.0;
    Row {
        id: detection.id.to_string(),
        plate: detection.plate.as_str().to_owned(),
        raw_plate: detection.raw_plate.to_string(),
        state: detection.state.map(|state| state.to_string()),
        scan_time: detection.scan_time.to_string(),
        receive_time: detection.receive_time.to_string(),
        lat: detection.position.lat(),
        lon: detection.position.lon(),
        camera: names.camera(detection.camera),
        source: detection.source.word().into(),
        commercial: detection.source.is_commercial(),
        owner: names.owner(detection.owner),
        confidence: detection.confidence.map(share),
        make: detection.vehicle.make.as_deref().map(str::to_owned),
        model: detection.vehicle.model.as_deref().map(str::to_owned),
        colour: detection.vehicle.colour.as_deref().map(str::to_owned),
        year: detection.vehicle.year,
        readings: detection
            .readings
            .iter()
            .map(|reading| ReadingView {
                plate: reading.plate.as_str().to_owned(),
                confidence: share(reading.confidence),
            })
            .collect(),
        matched: hit.matched.word().into(),
        matched_reading: hit.reading,
        areas: hit.areas.clone(),
        photos: detection.photos,
        verified: detection.is_verified(),
        low_quality: detection.low_quality,
        mark: None,
        seconds_since_previous: None,
    }
}

fn facets(hits: &[&Hit]) -> BTreeMap<String, Facet> {
    let detections = || hits.iter().map(|hit| &hit.detection);
    let vehicles = || detections().map(|detection| &detection.vehicle);
    // Equal values are counted before any of them becomes a text.
    [
        ("make", counted(vehicles().filter_map(|vehicle| vehicle.make.as_deref()), ToOwned::to_owned)),
        ("model", counted(vehicles().filter_map(|vehicle| vehicle.model.as_deref()), ToOwned::to_owned)),
        ("colour", counted(vehicles().filter_map(|vehicle| vehicle.colour.as_deref()), ToOwned::to_owned)),
        ("year", counted(vehicles().filter_map(|vehicle| vehicle.year), |year| year.to_string())),
        ("state", counted(detections().map(|detection| detection.state), state_word)),
        ("source", counted(detections().map(|detection| detection.source.word()), ToOwned::to_owned)),
        ("match", counted(hits.iter().map(|hit| hit.matched.word()), ToOwned::to_owned)),
    ]
    .into_iter()
    .filter(|(_, facet)| !facet.values.is_empty())
    .map(|(name, facet)| (name.to_owned(), facet))
    .collect()
}

fn state_word(state: Option<State>) -> String {
    state.map_or("unknown".into(), |state| state.to_string())
}

fn counted<T: Eq + Hash>(values: impl Iterator<Item = T>, text: impl Fn(T) -> String) -> Facet {
    let mut counts: HashMap<T, usize> = HashMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let values = counts.into_iter().map(|(value, count)| FacetValue { value: text(value), count });
    let mut values: Vec<_> = values.collect();
    values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    let more = values.len().saturating_sub(FACET_VALUES_MAX);
    values.truncate(FACET_VALUES_MAX);
    Facet { values, more }
}

pub fn common_view(common: &CommonPlate) -> CommonView {
    CommonView {
        plate: common.plate.as_str().to_owned(),
        state: common.state.map(|state| state.to_string()),
        places: common
            .places
            .iter()
            .map(|seen| {
                seen.as_ref().map(|seen| SeenView {
                    first: seen.first.to_string(),
                    last: seen.last.to_string(),
                    reads: seen.reads,
                })
            })
            .collect(),
    }
}
