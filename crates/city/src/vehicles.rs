//! The vehicles of the city. None is stored: each is drawn from its number whenever it is needed, so a city of fifty
//! million costs no memory.

use crate::chance::{Chance, Topic};
use crate::places::{Anchor, Places};
use crate::plates::{STATES, plate_text, state_code};
use crate::stories::{self, StoryVehicle};
use domain::State;

/// The outline that a picture draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Body {
    Sedan,
    Suv,
    Pickup,
    Van,
}

pub(crate) struct Model {
    pub(crate) make: &'static str,
    pub(crate) model: &'static str,
    pub(crate) body: Body,
    /// First and last year it was built; the last is no later than the city's present.
    years: (u16, u16),
    weight: u32,
    /// Whether fleets use it.
    fleet: bool,
}

const fn model(
    make: &'static str,
    model: &'static str,
    body: Body,
    years: (u16, u16),
    weight: u32,
    fleet: bool,
) -> Model {
    Model { make, model, body, years, weight, fleet }
}

pub(crate) const MODELS: [Model; 44] = [
    model("toyota", "camry", Body::Sedan, (2004, 2025), 52, true),
    model("toyota", "corolla", Body::Sedan, (2003, 2025), 48, false),
    model("toyota", "rav4", Body::Suv, (2006, 2025), 50, false),
    model("toyota", "tacoma", Body::Pickup, (2005, 2025), 36, false),
    model("toyota", "prius", Body::Sedan, (2006, 2025), 30, true),
    model("toyota", "highlander", Body::Suv, (2008, 2025), 22, false),
    model("toyota", "sienna", Body::Van, (2006, 2025), 14, true),
    model("honda", "civic", Body::Sedan, (2003, 2025), 48, false),
    model("honda", "accord", Body::Sedan, (2003, 2025), 44, false),
    model("honda", "cr-v", Body::Suv, (2005, 2025), 46, false),
    model("honda", "odyssey", Body::Van, (2005, 2025), 14, false),
    model("honda", "pilot", Body::Suv, (2009, 2025), 16, false),
    model("ford", "f-150", Body::Pickup, (2004, 2025), 54, false),
    model("ford", "explorer", Body::Suv, (2006, 2025), 24, false),
    model("ford", "escape", Body::Suv, (2008, 2025), 24, false),
    model("ford", "transit", Body::Van, (2014, 2025), 14, true),
    model("ford", "mustang", Body::Sedan, (2005, 2025), 12, false),
    model("ford", "fusion", Body::Sedan, (2006, 2020), 18, false),
    model("chevrolet", "silverado", Body::Pickup, (2004, 2025), 46, false),
    model("chevrolet", "equinox", Body::Suv, (2005, 2025), 24, false),
    model("chevrolet", "malibu", Body::Sedan, (2004, 2024), 18, false),
    model("chevrolet", "tahoe", Body::Suv, (2007, 2025), 16, false),
    model("chevrolet", "express", Body::Van, (2003, 2025), 8, true),
    model("nissan", "altima", Body::Sedan, (2005, 2025), 30, false),
    model("nissan", "rogue", Body::Suv, (2008, 2025), 32, false),
    model("nissan", "sentra", Body::Sedan, (2004, 2025), 20, false),
    model("nissan", "frontier", Body::Pickup, (2005, 2025), 10, false),
    model("ram", "1500", Body::Pickup, (2009, 2025), 34, false),
    model("ram", "promaster", Body::Van, (2014, 2025), 9, true),
    model("jeep", "wrangler", Body::Suv, (2007, 2025), 20, false),
    model("jeep", "grand cherokee", Body::Suv, (2005, 2025), 24, false),
    model("gmc", "sierra", Body::Pickup, (2005, 2025), 20, false),
    model("hyundai", "elantra", Body::Sedan, (2006, 2025), 22, false),
    model("hyundai", "tucson", Body::Suv, (2010, 2025), 18, false),
    model("kia", "sorento", Body::Suv, (2011, 2025), 16, false),
    model("kia", "forte", Body::Sedan, (2010, 2024), 12, false),
    model("subaru", "outback", Body::Suv, (2005, 2025), 18, false),
    model("subaru", "forester", Body::Suv, (2006, 2025), 16, false),
    model("volkswagen", "jetta", Body::Sedan, (2005, 2025), 14, false),
    model("bmw", "3 series", Body::Sedan, (2005, 2025), 12, false),
    model("mercedes-benz", "sprinter", Body::Van, (2010, 2025), 8, true),
    model("mercedes-benz", "c-class", Body::Sedan, (2006, 2025), 10, false),
    model("tesla", "model 3", Body::Sedan, (2017, 2025), 26, false),
    model("tesla", "model y", Body::Suv, (2020, 2025), 26, false),
];

/// Words that cameras report, and how many of a hundred vehicles have them.
pub(crate) const COLOURS: [(&str, u32); 11] = [
    ("white", 25),
    ("black", 21),
    ("gray", 18),
    ("silver", 13),
    ("blue", 9),
    ("red", 8),
    ("green", 2),
    ("brown", 1),
    ("beige", 1),
    ("orange", 1),
    ("yellow", 1),
];

/// How a vehicle lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Taxi,
    Delivery,
    Commuter,
    /// At home most of the day; out once or twice.
    Occasional,
    /// Comes in over a gateway and leaves over one.
    Visitor,
    /// In a planted story: its reads are written down, it has no rhythm.
    Story,
}

/// Numbers of vehicles by role: each role has a stretch of numbers, in this order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Population {
    pub(crate) fleet: u32,
    pub(crate) commuters: u32,
    pub(crate) occasional: u32,
    pub(crate) visitors: u32,
}

impl Population {
    pub(crate) fn of(vehicles: u32) -> Self {
        let fleet = (vehicles / 2000).clamp(4, 4000);
        let commuters = vehicles / 5;
        let occasional = vehicles * 2 / 5;
        Self { fleet, commuters, occasional, visitors: vehicles.saturating_sub(fleet + commuters + occasional) }
    }

    pub(crate) fn residents(&self) -> u32 {
        self.fleet + self.commuters + self.occasional
    }

    pub(crate) fn role(&self, vehicle: u32) -> Role {
        match vehicle {
            _ if stories::vehicle(vehicle).is_some() => Role::Story,
            _ if vehicle < self.fleet && vehicle % 5 < 3 => Role::Taxi,
            _ if vehicle < self.fleet => Role::Delivery,
            _ if vehicle < self.fleet + self.commuters => Role::Commuter,
            _ if vehicle < self.residents() => Role::Occasional,
            _ => Role::Visitor,
        }
    }
}

/// What never changes about a vehicle's days.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    pub(crate) vehicle: u32,
    pub(crate) role: Role,
    pub(crate) home: Anchor,
    pub(crate) home_access_s: u16,
    pub(crate) work: Anchor,
    /// Seconds after midnight at which it leaves for work, and leaves work.
    pub(crate) to_work_s: i32,
    pub(crate) from_work_s: i32,
    pub(crate) night_shift: bool,
    pub(crate) variant: usize,
}

impl Habits {
    pub(crate) fn of(key: u64, population: &Population, places: &Places, vehicle: u32) -> Self {
        let mut chance = Chance::new(key, Topic::Vehicle, u64::from(vehicle), 1);
        let home = places.homes.get(vehicle as usize % places.homes.len().max(1));
        let night_shift = chance.happens(0.05);
        Self {
            vehicle,
            role: population.role(vehicle),
            home: home.map_or(0, |home| home.anchor),
            home_access_s: home.map_or(0, |home| home.access_s),
            work: places.destination(&mut chance),
            to_work_s: (27_300.0 + 2_700.0 * chance.bell()) as i32,
            from_work_s: (62_100.0 + 3_000.0 * chance.bell()) as i32,
            night_shift,
            variant: usize::from(chance.happens(0.4)),
        }
    }
}

/// What a vehicle looks like.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) plate: String,
    pub(crate) state: usize,
    pub(crate) model: &'static Model,
    pub(crate) colour: &'static str,
    pub(crate) year: u16,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.make, self.model)
    }
}

impl Look {
    pub(crate) fn state_code(&self) -> State {
        state_code(self.state)
    }

    pub(crate) fn of(key: u64, population: &Population, vehicle: u32) -> Self {
        if let Some(story) = stories::vehicle(vehicle) {
            return Self::of_story(story);
        }
        let mut chance = Chance::new(key, Topic::Vehicle, u64::from(vehicle), 2);
        let role = population.role(vehicle);
        let visiting = role == Role::Visitor;
        let state = if matches!(role, Role::Taxi | Role::Delivery) {
            0
        } else {
            chance.weighted(STATES.iter().map(|state| if visiting { state.visitors } else { state.residents }))
        };
        let model = &MODELS[match role {
            Role::Delivery => chance.weighted(
                MODELS.iter().map(|model| if model.fleet && model.body == Body::Van { model.weight } else { 0 }),
            ),
            Role::Taxi => chance.weighted(
                MODELS.iter().map(|model| if model.fleet && model.body != Body::Van { model.weight } else { 0 }),
            ),
            _ => chance.weighted(MODELS.iter().map(|model| model.weight)),
        }];
        let colour = match role {
            Role::Taxi => "yellow",
            Role::Delivery if chance.happens(0.7) => "white",
            _ => COLOURS[chance.weighted(COLOURS.iter().map(|colour| colour.1))].0,
        };
        // Newer ones are on the road more often: the younger of two draws.
        let span = usize::from(model.years.1 - model.years.0) + 1;
        let year = model.years.0 + chance.below(span).max(chance.below(span)) as u16;
        let plate = plate_text(key, state, vehicle);
        // A planted plate belongs to its story alone.
        let plate = if stories::is_planted(&plate) { plate_text(key, state, vehicle ^ 0x2000_0000) } else { plate };
        Self { plate, state, model, colour, year }
    }

    fn of_story(story: &StoryVehicle) -> Self {
        let model = MODELS.iter().find(|model| model.model == story.model).unwrap_or(&MODELS[0]);
        Self {
            plate: story.plate.to_owned(),
            state: crate::plates::state_index(story.state),
            model,
            colour: story.colour,
            year: story.year,
        }
    }
}
