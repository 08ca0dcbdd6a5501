//! What the readers of several vendors have in common: candidates, scored words, crops.

use crate::lax::{FromJson, Lax, Loose, json_object};
use crate::native::{vehicle_word as word, year};
use crate::{CameraFacts, LeftOut, Received, checks, photo};
use domain::detection::PhotoKind;
use domain::{NewPhoto, PlateText, Reading};
use serde::Deserialize;
use serde::de::SeqAccess;
use std::borrow::Cow;

/// Candidates that are held while a list is read; the best ones.
const CANDIDATES_HELD: usize = 1_024;

/// One candidate: Rekor says `plate` and `confidence`, Plate Recognizer `plate` or `value` and `score`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Candidate<'a> {
    #[serde(borrow)]
    plate: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    value: Lax<Cow<'a, str>>,
    confidence: Lax<Loose>,
    score: Lax<Loose>,
}
json_object!(Candidate<'a>);

/// The alternative readings of a plate, the best of them.
#[derive(Debug, Default)]
pub(crate) struct Candidates<'a> {
    pub(crate) held: Vec<(Cow<'a, str>, Option<f64>)>,
    pub(crate) dropped: usize,
}

impl Candidates<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    fn keep_the_best(&mut self) {
        // Sorting is stable: of equals, the first of the reader's order stays.
        self.held.sort_by(|(_, a), (_, b)| b.unwrap_or(0.0).total_cmp(&a.unwrap_or(0.0)));
        self.dropped += self.held.len().saturating_sub(CANDIDATES_HELD);
        self.held.truncate(CANDIDATES_HELD);
    }
}

impl<'de: 'a, 'a> FromJson<'de> for Candidates<'a> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut all = Self::default();
        while let Some(candidate) = list.next_element::<Lax<Candidate<'de>>>()? {
            let candidate = candidate.lenient().unwrap_or_default();
            let sure = candidate.confidence.lenient().or(candidate.score.lenient()).map(|sure| sure.0);
            match candidate.plate.lenient().or(candidate.value.lenient()) {
                Some(raw) => all.held.push((raw, sure)),
                None => all.dropped += 1,
            }
            if all.held.len() >= 2 * CANDIDATES_HELD {
                all.keep_the_best();
            }
        }
        all.keep_the_best();
        Ok(Some(all))
    }
}

/// The readings to keep. A candidate that comes without a score has confidence 0.
pub(crate) fn readings(
    main: &PlateText,
    candidates: Option<Candidates<'_>>,
    full: f64,
    left_out: &mut LeftOut,
) -> Vec<Reading> {
    let Some(candidates) = candidates else { return Vec::new() };
    left_out.readings += candidates.dropped;
    let mut readable = Vec::new();
    for (raw, sure) in candidates.held {
        match checks::plate(&raw) {
            Ok(plate) => {
                let confidence = sure.and_then(|sure| checks::clamped_confidence(sure, full)).unwrap_or(0);
                readable.push(Reading { plate, confidence });
            }
            Err(_) => left_out.readings += 1,
        }
    }
    checks::choose_readings(main, readable, left_out)
}

/// One scored word: Rekor says `name` and `confidence`, Plate Recognizer `color` or `value` and `score`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Scored<'a> {
    #[serde(borrow)]
    name: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    color: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    value: Lax<Cow<'a, str>>,
    confidence: Lax<Loose>,
    score: Lax<Loose>,
}
json_object!(Scored<'a>);

/// The word of the highest score; of equals, the first.
#[derive(Debug)]
pub(crate) struct Best<'a> {
    pub(crate) word: Cow<'a, str>,
    score: f64,
}

impl<'de: 'a, 'a> FromJson<'de> for Best<'a> {
    fn text(word: Cow<'de, str>) -> Option<Self> {
        Some(Self { word, score: 0.0 })
    }

    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut best: Option<Self> = None;
        while let Some(scored) = list.next_element::<Lax<Scored<'de>>>()? {
            let scored = scored.lenient().unwrap_or_default();
            let score = scored.confidence.lenient().or(scored.score.lenient()).map_or(0.0, |score| score.0);
            let word = scored.name.lenient().or(scored.value.lenient()).or(scored.color.lenient());
            let Some(word) = word else { continue };
            if best.as_ref().is_none_or(|known| score > known.score) {
                best = Some(Self { word, score });
            }
        }
        Ok(best)
    }
}

/// A make, model or colour; what a reader calls unknown was not reported.
pub(crate) fn vehicle_word(raw: &str) -> Option<domain::ShortText> {
    word(raw).ok().flatten().filter(|word| !matches!(word.as_str(), "unknown" | "generic" | "none" | "missing"))
}

/// A model year from a number.
pub(crate) fn year_of(value: f64) -> Option<u16> {
    year(value).ok()
}

/// Adds a photo if one came; true where the picture of the plate is too low.
pub(crate) fn take_photo(
    received: &mut Received,
    place: usize,
    field: &'static str,
    kind: PhotoKind,
    sent: Lax<Cow<'_, str>>,
    photos: &mut Vec<NewPhoto>,
) -> bool {
    let Some(text) = sent.lenient().filter(|text| !text.trim().is_empty()) else { return false };
    let Some((photo, header)) = received.keep_photo(place, field, photo::from_base64(kind, &text)) else {
        return false;
    };
    photos.push(photo);
    kind == PhotoKind::Plate && photo::is_low(header.height)
}

/// A height inside the picture; a box larger than the picture says nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by the height of a picture")]
pub(crate) fn plausible_height(height: f64, image: Option<f64>, camera: &CameraFacts) -> Option<u32> {
    let registered = Some(f64::from(camera.height_px)).filter(|registered| *registered > 0.0);
    let whole = image.filter(|height| *height >= 1.0).or(registered).unwrap_or(f64::from(u16::MAX));
    (height > 0.0 && height <= whole.min(f64::from(u16::MAX))).then(|| height.round() as u32)
}
