//! Which format a body is in, for `feed try` and for those who do not know what their camera sends.

use crate::lax::{FromJson, Lax};
use crate::{CameraFacts, FeedError, Received, limits, multipart};
use crate::{native, plate_recognizer_json, plate_recognizer_multipart, rekor};
use domain::UtcMicros;
use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, SeqAccess};
use std::borrow::Cow;

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Native,
    Rekor,
    PlateRecognizerJson,
    /// A whole multipart body with the parts `json` and `upload`.
    PlateRecognizerMultipart,
}

impl Format {
    pub fn word(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Rekor => "rekor",
            Self::PlateRecognizerJson => "plate-recognizer",
            Self::PlateRecognizerMultipart => "plate-recognizer-multipart",
        }
    }
}

/// Tells the format by the fields at the top, without reading the rest.
pub fn detect_format(body: &[u8]) -> Option<Format> {
    detect(body).ok()
}

fn detect(body: &[u8]) -> Result<Format, FeedError> {
    if body.len() > limits::BODY_BYTES_MAX {
        return Err(FeedError::TooLarge);
    }
    if multipart::split(body).is_some() {
        return Ok(Format::PlateRecognizerMultipart);
    }
    let head: Lax<Head> = serde_json::from_slice(body).map_err(|error| FeedError::malformed(&error))?;
    let head = head.lenient().ok_or(FeedError::UnknownFormat)?;
    if head.is_rekor() {
        Ok(Format::Rekor)
    } else if head.detections.is_present() {
        Ok(Format::Native)
    } else if head.hook.is_present() || head.data.is_present() || head.results.is_present() {
        Ok(Format::PlateRecognizerJson)
    } else {
        Err(FeedError::UnknownFormat)
    }
}

/// Reads a body of a known format.
pub fn read(format: Format, body: &[u8], camera: &CameraFacts, now: UtcMicros) -> Result<Received, FeedError> {
    match format {
        Format::Native => native(body, camera, now),
        Format::Rekor => rekor(body, camera, now),
        Format::PlateRecognizerJson => plate_recognizer_json(body, camera, now),
        Format::PlateRecognizerMultipart => {
            let parts = multipart::split(body)
                .ok_or(FeedError::NotThisFormat { expected: "multipart form data with a part `json`" })?;
            plate_recognizer_multipart(parts.json, parts.upload, camera, now)
        }
    }
}

/// Reads a body of whichever format it is.
pub fn read_any(body: &[u8], camera: &CameraFacts, now: UtcMicros) -> Result<(Format, Received), FeedError> {
    let format = detect(body)?;
    read(format, body, camera, now).map(|received| (format, received))
}

/// The fields at the top of any format.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Head<'a> {
    #[serde(borrow)]
    pub(crate) data_type: Lax<Cow<'a, str>>,
    pub(crate) openalpr_webhook: Lax<Present>,
    pub(crate) group: Lax<Present>,
    pub(crate) best_plate_number: Lax<Present>,
    pub(crate) best_plate: Lax<Present>,
    pub(crate) detections: Lax<Present>,
    pub(crate) hook: Lax<Present>,
    pub(crate) data: Lax<Present>,
    pub(crate) results: Lax<Present>,
}
crate::lax::json_object!(Head<'a>);

impl Head<'_> {
    pub(crate) fn is_rekor(&self) -> bool {
        self.data_type.is_present()
            || self.openalpr_webhook.is_present()
            || self.group.is_present()
            || self.best_plate_number.is_present()
            || self.best_plate.is_present()
    }
}

/// Anything but null.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Present;

impl<'de> FromJson<'de> for Present {
    fn text(_: Cow<'de, str>) -> Option<Self> {
        Some(Self)
    }
    fn number(_: f64) -> Option<Self> {
        Some(Self)
    }
    fn flag(_: bool) -> Option<Self> {
        Some(Self)
    }
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Some(Self))
    }
    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Some(Self))
    }
}
