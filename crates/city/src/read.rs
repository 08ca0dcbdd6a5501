//! Recognition, with its errors: what a camera makes of a vehicle that it sees.

use crate::City;
use crate::cameras::CityCamera;
use crate::chance::{Chance, Topic};
use crate::ground::LOCAL_OFFSET_S;
use crate::plates::{STATES, state_code, with_separator};
use crate::stories;
use crate::traffic::RawRead;
use crate::vehicles::{COLOURS, Look, MODELS};
use domain::{Position, Source, State, UtcMicros, Vehicle};

/// Another text that recognition thinks possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CityReading {
    pub plate: String,
    /// 0 to 10,000: hundredths of a per cent.
    pub confidence: u16,
}

/// One read, as a camera would report it, with the truth beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CityRead {
    /// Index into [`City::cameras`].
    pub camera: usize,
    /// The camera's own id of the event; unique in the city's whole history. [`City::recall`] takes it back.
    pub event_id: String,
    pub scan_time: UtcMicros,
    /// The plate as the camera read it, which may be wrong; some cameras write the state's separator.
    pub raw_plate: String,
    /// The plate that the vehicle carries, without separators.
    pub true_plate: String,
    pub true_state: State,
    /// `None` where the camera could not tell.
    pub state: Option<State>,
    /// 0 to 10,000: hundredths of a per cent.
    pub confidence: u16,
    /// Alternatives, likeliest first, without the reading itself.
    pub readings: Vec<CityReading>,
    /// As reported: parts may be missing, and a few are wrong.
    pub vehicle: Vehicle,
    pub position: Position,
    /// Direction of travel, degrees clockwise from north.
    pub heading: u16,
    /// Photos that the camera can give: 2, sometimes 1 or 0.
    pub photos_at_camera: u8,
    /// The plate was too small in the picture to be read with trust.
    pub low_quality: bool,
    /// The vehicle's number in the city: the same number is the same vehicle.
    pub vehicle_number: u32,
}

/// Whether it is dark at an instant: before six and from seven in the evening, local time.
pub(crate) fn is_night(time: i64) -> bool {
    let hour = (time.div_euclid(1_000_000) + LOCAL_OFFSET_S).rem_euclid(86_400) / 3600;
    !(6..19).contains(&hour)
}

/// How well a camera sees at a moment.
struct Conditions {
    night: bool,
    low_quality: bool,
    mobile: bool,
    width_px: u32,
}

impl Conditions {
    fn misread_share(&self) -> f64 {
        let mut share = 0.027;
        share += if self.low_quality { 0.12 } else { 0.0 };
        share += if self.night { 0.012 } else { 0.0 };
        share + if self.mobile { 0.012 } else { 0.0 }
    }

    fn confidence(&self, chance: &mut Chance) -> f64 {
        let base = match self.width_px {
            0..1280 => 0.84,
            1280..1920 => 0.915,
            _ => 0.938,
        };
        let loss = [(self.low_quality, 0.14), (self.night, 0.022), (self.mobile, 0.02)];
        let lost: f64 = loss.iter().filter(|(holds, _)| *holds).map(|(_, loss)| loss).sum();
        (base - lost + 0.034 * chance.bell()).clamp(0.42, 0.995)
    }
}

fn hundredths(share: f64) -> u16 {
    (share * 10_000.0).round().clamp(1.0, 10_000.0) as u16
}

impl City {
    /// Writes a read out. A pure function of the camera, the time and the vehicle.
    pub(crate) fn read(&self, raw: &RawRead) -> CityRead {
        let look = Look::of(self.key, &self.population, raw.vehicle);
        let camera = &self.cameras[usize::from(raw.camera) % self.cameras.len()];
        let mut chance =
            Chance::new(self.key, Topic::Read, raw.time as u64, u64::from(raw.vehicle) << 16 | u64::from(raw.camera));
        let night = is_night(raw.time);
        let low_quality = chance.happens(if camera.width_px < 1280 { 0.5 } else { 0.008 });
        let conditions = Conditions { night, low_quality, mobile: camera.mobile, width_px: camera.width_px };
        let mut read = CityRead {
            camera: usize::from(raw.camera),
            event_id: self.event_id(camera, raw),
            scan_time: UtcMicros(raw.time),
            raw_plate: String::new(),
            true_state: look.state_code(),
            state: None,
            confidence: 0,
            readings: Vec::new(),
            vehicle: report_vehicle(camera, &look, night, &mut chance),
            position: raw.position,
            heading: raw.heading,
            photos_at_camera: photos(camera, &mut chance),
            low_quality,
            vehicle_number: raw.vehicle,
            true_plate: String::new(),
        };
        recognise(&mut read, &look.plate, &conditions, &mut chance);
        read.state = report_state(&look, low_quality, &mut chance);
        if let Some(story) = stories::vehicle(raw.vehicle) {
            as_told(&mut read, story);
        } else if matches!(camera.source, Source::ParkingLot | Source::Handheld) {
            read.raw_plate = with_separator(look.state, &read.raw_plate);
        }
        read.true_plate = look.plate;
        read
    }

    fn event_id(&self, camera: &CityCamera, raw: &RawRead) -> String {
        format!("{}-{:x}-{:08x}", camera.key, raw.time, raw.vehicle ^ self.key as u32)
    }

    /// The camera, time and vehicle in an event id that this city gave out.
    pub(crate) fn parse_event_id(&self, event_id: &str) -> Option<RawRead> {
        let mut parts = event_id.rsplitn(3, '-');
        let vehicle = u32::from_str_radix(parts.next()?, 16).ok()? ^ self.key as u32;
        let time = i64::from_str_radix(parts.next()?, 16).ok()?;
        let key = parts.next()?;
        let camera = self.cameras.iter().position(|camera| camera.key == key)?;
        let position = self.cameras.get(camera)?.position;
        Some(RawRead { time, vehicle, camera: camera as u16, heading: 0, position })
    }
}

fn as_told(read: &mut CityRead, story: &stories::StoryVehicle) {
    let told = stories::tell(story);
    read.raw_plate = told.raw_plate;
    read.confidence = told.confidence;
    read.readings =
        told.alternatives.into_iter().map(|(plate, confidence)| CityReading { plate, confidence }).collect();
    read.state = told.state_known.then_some(read.true_state);
    read.photos_at_camera = told.photos;
    read.low_quality = false;
    read.vehicle = Vehicle {
        make: MODELS.iter().find(|model| model.model == story.model).map(|model| model.make.into()),
        model: Some(story.model.to_owned().into()),
        colour: Some(story.colour.to_owned().into()),
        year: None,
    };
}

fn photos(camera: &CityCamera, chance: &mut Chance) -> u8 {
    let (two, one) = if camera.mobile { (0.90, 0.97) } else { (0.95, 0.985) };
    match chance.unit() {
        drawn if drawn < two => 2,
        drawn if drawn < one => 1,
        _ => 0,
    }
}

fn report_state(look: &Look, low_quality: bool, chance: &mut Chance) -> Option<State> {
    let drawn = chance.unit();
    let unknown = if low_quality { 0.20 } else { 0.04 };
    match drawn {
        _ if drawn < unknown => None,
        _ if drawn < unknown + 0.006 => Some(state_code(chance.below(STATES.len()))),
        _ => Some(look.state_code()),
    }
}

fn report_vehicle(camera: &CityCamera, look: &Look, night: bool, chance: &mut Chance) -> Vehicle {
    if !camera.sees_vehicles {
        return Vehicle::default();
    }
    let model = if chance.happens(0.015) { &MODELS[chance.below(MODELS.len())] } else { look.model };
    let knows_make = !chance.happens(if night { 0.08 } else { 0.03 });
    let knows_model = knows_make && !chance.happens(0.09);
    let colour = match chance.unit() {
        drawn if drawn < 0.02 => None,
        drawn if drawn < if night { 0.11 } else { 0.035 } => Some(COLOURS[chance.below(6)].0),
        _ => Some(look.colour),
    };
    let year = chance.happens(0.4).then(|| (look.year + chance.below(3) as u16).saturating_sub(1));
    Vehicle {
        make: knows_make.then(|| model.make.into()),
        model: knows_model.then(|| model.model.into()),
        colour: colour.map(Into::into),
        year: year.filter(|_| knows_model),
    }
}

/// Fills in text, confidence and alternatives.
fn recognise(read: &mut CityRead, plate: &str, conditions: &Conditions, chance: &mut Chance) {
    let misread = chance.happens(conditions.misread_share());
    let confidence = conditions.confidence(chance);
    let wrong = if misread { distort(plate, chance) } else { None };
    let Some(wrong) = wrong else {
        read.confidence = hundredths(confidence);
        let alternatives =
            usize::from(chance.happens(1.05 - confidence)) + usize::from(chance.happens(0.9 - confidence * 0.8));
        plate.clone_into(&mut read.raw_plate);
        for _ in 0..alternatives {
            let share = confidence * chance.between(0.35, 0.85);
            add_reading(read, distort(plate, chance), share);
        }
        return;
    };
    let confidence = (confidence - chance.between(0.06, 0.36)).max(0.35);
    read.confidence = hundredths(confidence);
    read.raw_plate = wrong;
    if chance.happens(0.86) {
        add_reading(read, Some(plate.to_owned()), confidence * chance.between(0.72, 0.99));
    }
    if chance.happens(0.4) {
        let share = confidence * chance.between(0.3, 0.7);
        add_reading(read, distort(plate, chance), share);
    }
}

fn add_reading(read: &mut CityRead, plate: Option<String>, share: f64) {
    let Some(plate) = plate else { return };
    if plate == read.raw_plate || read.readings.iter().any(|known| known.plate == plate) {
        return;
    }
    let confidence = hundredths(share);
    let place = read.readings.partition_point(|known| known.confidence >= confidence);
    read.readings.insert(place, CityReading { plate, confidence });
}

/// Characters that a camera confuses: the look-alikes of the domain first, then merely similar ones.
fn confusable(byte: u8) -> (&'static [u8], &'static [u8]) {
    match byte {
        b'0' => (b"ODQ", b"C"),
        b'O' => (b"0DQ", b"C"),
        b'D' => (b"0O", b"P"),
        b'1' => (b"IL", b"7T"),
        b'L' => (b"1I", b"E"),
        b'8' => (b"B", b"39"),
        b'B' => (b"8", b"RE"),
        b'5' => (b"S", b"6"),
        b'S' => (b"5", b"8"),
        b'2' => (b"Z", b"7"),
        b'Z' => (b"2", b"7"),
        b'6' => (b"G", b"8"),
        b'G' => (b"6", b"C"),
        b'A' => (b"", b"4R"),
        b'C' => (b"", b"GO"),
        b'E' => (b"", b"FB"),
        b'F' => (b"", b"EP"),
        b'H' => (b"", b"NM"),
        b'J' => (b"", b"U"),
        b'K' => (b"", b"XR"),
        b'M' => (b"", b"NW"),
        b'N' => (b"", b"MH"),
        b'P' => (b"", b"RF"),
        b'R' => (b"", b"PK"),
        b'T' => (b"", b"Y1"),
        b'U' => (b"", b"VJ"),
        b'V' => (b"", b"YU"),
        b'W' => (b"", b"VM"),
        b'X' => (b"", b"KY"),
        b'Y' => (b"", b"VT"),
        b'3' => (b"", b"8"),
        b'4' => (b"", b"A"),
        b'7' => (b"", b"1T"),
        b'9' => (b"", b"80"),
        _ => (b"", b""),
    }
}

/// A wrong reading of a plate: in seven of ten a look-alike where there is one, else a similar character, or one lost.
fn distort(plate: &str, chance: &mut Chance) -> Option<String> {
    let mut bytes = plate.as_bytes().to_vec();
    let drawn = chance.unit();
    if drawn > 0.86 && bytes.len() > 4 {
        // Ends are lost more often than the middle.
        let at = [0, bytes.len() - 1, chance.below(bytes.len())][chance.below(3)];
        bytes.remove(at);
        return String::from_utf8(bytes).ok();
    }
    let start = chance.below(bytes.len());
    let alike = |byte: u8| if drawn < 0.70 { confusable(byte).0 } else { confusable(byte).1 };
    let places = (start..bytes.len()).chain(0..start);
    let at = places.clone().find(|at| !alike(bytes[*at]).is_empty());
    let (at, choices) = match at {
        Some(at) => (at, alike(bytes[at])),
        None => places.map(|at| (at, confusable(bytes[at]).1)).find(|(_, choices)| !choices.is_empty())?,
    };
    bytes[at] = choices[chance.below(choices.len())];
    String::from_utf8(bytes).ok()
}
