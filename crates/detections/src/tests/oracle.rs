//! The plainest possible store: a list, and the definitions of `domain` asked of every element.

use crate::answer::{CommonPlate, Counts, Hit, Outcome, Sighting};
use crate::search::plan::Search;
use domain::plate::{match_plate, match_state};
use domain::{
    Criteria, Detection, DetectionId, MatchKind, NewDetection, PlateText, Question, State, TimeFrame, UtcMicros,
};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) detection: Detection,
    stored_photos: usize,
    photos_at_camera: u8,
    pub(crate) is_hidden: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Oracle {
    pub(crate) versions: Vec<Version>,
    /// Reads scanned before this instant are as good as gone.
    pub(crate) due_before: i64,
}

impl Default for Oracle {
    fn default() -> Self {
        Self { versions: Vec::new(), due_before: i64::MIN }
    }
}

impl Oracle {
    fn is_due(&self, detection: &Detection) -> bool {
        detection.scan_time.0 < self.due_before
    }

    /// Hides some detections; gives those that were shown, ascending.
    pub(crate) fn withdraw(&mut self, ids: &[DetectionId]) -> Vec<DetectionId> {
        let (mut withdrawn, due_before) = (Vec::new(), self.due_before);
        let is_shown = |version: &Version| !version.is_hidden && version.detection.scan_time.0 >= due_before;
        for version in self.versions.iter_mut().filter(|version| is_shown(version)) {
            if ids.contains(&version.detection.id) {
                version.is_hidden = true;
                withdrawn.push(version.detection.id);
            }
        }
        withdrawn
    }

    /// Appends one detection; the outcome, and the id that stands for the event.
    pub(crate) fn append(&mut self, new: &NewDetection, receive_time: UtcMicros) -> (DetectionId, Outcome) {
        let id = DetectionId(self.versions.len() as u64 + 1);
        let earlier: Vec<usize> = (0..self.versions.len())
            .filter(|at| {
                let seen = &self.versions[*at].detection;
                !self.is_due(seen)
                    && seen.camera == new.camera
                    && seen.event_id == new.event_id
                    && (seen.scan_time.day() - new.scan_time.day()).abs() <= 1
            })
            .collect();
        let Some(newest) = earlier.last().copied() else {
            self.versions.push(version(new, id, receive_time, 1, None, new.photos.len()));
            return (id, Outcome::Stored);
        };
        let newest_id = self.versions[newest].detection.id;
        if earlier.iter().any(|at| says_the_same(&self.versions[*at], new)) {
            return (newest_id, Outcome::Duplicate);
        }
        let number = earlier.iter().map(|at| self.versions[*at].detection.version).max().unwrap() + 1;
        let photos = if new.photos.is_empty() { self.versions[newest].stored_photos } else { new.photos.len() };
        self.versions[newest].is_hidden = true;
        self.versions.push(version(new, id, receive_time, number, Some(newest_id), photos));
        (id, Outcome::Superseded)
    }

    /// Every hit, newest first.
    pub(crate) fn hits(&self, search: &Search) -> Vec<Hit> {
        let shown = self.versions.iter().filter(|version| !version.is_hidden).map(|version| &version.detection);
        let mut hits: Vec<Hit> = shown
            .filter(|detection| !self.is_due(detection))
            .filter(|detection| search.pools.contains(&detection.pool))
            .filter_map(|detection| hit(&search.question, detection))
            .collect();
        if matches!(search.question.criteria(), Criteria::CommonPlate { .. }) {
            let places = places_of_plates(&hits);
            hits.retain(|hit| places[&(hit.detection.plate.clone(), hit.detection.state)].len() >= 2);
        }
        hits.sort_by_key(|hit| std::cmp::Reverse((hit.detection.scan_time, hit.detection.id)));
        hits
    }
}

fn version(
    new: &NewDetection,
    id: DetectionId,
    receive_time: UtcMicros,
    version: u32,
    supersedes: Option<DetectionId>,
    stored_photos: usize,
) -> Version {
    let photos = if stored_photos > 0 { u8::try_from(stored_photos).unwrap() } else { new.photos_at_camera };
    let detection = Detection {
        id,
        owner: new.owner,
        pool: new.pool,
        source: new.source,
        camera: new.camera,
        event_id: new.event_id.clone(),
        version,
        supersedes,
        scan_time: new.scan_time,
        receive_time,
        raw_plate: new.raw_plate.clone(),
        plate: new.plate.clone(),
        state: new.state,
        confidence: new.confidence,
        readings: new.readings.clone(),
        vehicle: new.vehicle.clone(),
        position: new.position,
        photos,
        low_quality: new.low_quality,
    };
    Version { detection, stored_photos, photos_at_camera: new.photos_at_camera, is_hidden: false }
}

fn says_the_same(seen: &Version, new: &NewDetection) -> bool {
    let old = &seen.detection;
    old.scan_time == new.scan_time
        && old.raw_plate == new.raw_plate
        && old.plate == new.plate
        && old.state == new.state
        && old.confidence == new.confidence
        && old.readings == new.readings
        && old.vehicle == new.vehicle
        && old.position == new.position
        && (new.photos.is_empty() || new.photos.len() == seen.stored_photos)
        && old.low_quality == new.low_quality
        && seen.photos_at_camera == new.photos_at_camera
}

fn hit(question: &Question, detection: &Detection) -> Option<Hit> {
    let (criteria, widen) = (question.criteria(), question.widen());
    if !question.frame().contains(detection.scan_time) {
        return None;
    }
    if criteria.vehicle().is_some_and(|filter| !filter.matches(&detection.vehicle)) {
        return None;
    }
    let readings = || detection.readings.iter().map(|reading| reading.plate.as_str());
    let matched = match criteria.pattern() {
        Some(pattern) => {
            match_plate(&pattern, criteria.state(), widen, detection.plate.as_str(), detection.state, readings())?
        }
        None => match_state(criteria.state(), detection.state)?,
    };
    let reading = (matched == MatchKind::Alternative)
        .then(|| readings().position(|reading| criteria.pattern().unwrap().matches(reading, widen.look_alikes)))
        .flatten();
    let frames: Vec<Option<TimeFrame>> = match criteria {
        Criteria::CommonPlate { places, .. } => places.iter().map(|place| place.frame).collect(),
        _ => vec![None; criteria.areas().len()],
    };
    let areas: Vec<u16> = (0..)
        .zip(criteria.areas().iter().zip(frames))
        .filter(|(_, (area, frame))| {
            area.contains(detection.position) && frame.is_none_or(|frame| frame.contains(detection.scan_time))
        })
        .map(|(at, _)| at)
        .collect();
    if areas.is_empty() && !criteria.areas().is_empty() {
        return None;
    }
    Some(Hit { detection: detection.clone(), matched, reading, areas })
}

type Places = BTreeMap<u16, Sighting>;

fn places_of_plates(hits: &[Hit]) -> BTreeMap<(PlateText, Option<State>), Places> {
    let mut plates: BTreeMap<(PlateText, Option<State>), Places> = BTreeMap::new();
    for hit in hits {
        let (time, id) = (hit.detection.scan_time, hit.detection.id);
        let places = plates.entry((hit.detection.plate.clone(), hit.detection.state)).or_default();
        for area in &hit.areas {
            let empty = Sighting { first: time, last: time, reads: 0, detections: Vec::new() };
            let seen = places.entry(*area).or_insert(empty);
            seen.first = seen.first.min(time);
            seen.last = seen.last.max(time);
            seen.reads += 1;
            seen.detections.push(id);
        }
    }
    plates
}

/// The common plates of hits that are sorted newest first, by plate.
pub(crate) fn common(hits: &[Hit], places: usize) -> Vec<CommonPlate> {
    let plates = places_of_plates(hits).into_iter();
    plates
        .map(|((plate, state), seen)| CommonPlate {
            plate,
            state,
            places: (0..places).map(|at| seen.get(&u16::try_from(at).unwrap()).cloned()).collect(),
        })
        .collect()
}

pub(crate) fn counts(hits: &[Hit]) -> Counts {
    let mut counts = Counts::default();
    for hit in hits {
        counts.add(hit.matched, 1);
    }
    counts
}
