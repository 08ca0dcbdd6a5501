//! The question said back in one sentence, so that the asker sees what was understood.

use domain::{Criteria, Question, Token, VehicleFilter};

/// For the asker's own screen: it holds the plate, so it goes nowhere else.
pub fn of(question: &Question) -> String {
    let what = match question.criteria() {
        Criteria::FullPlate { plate, state } => format!("Reads of plate {}{}", plate.as_str(), of_state(*state)),
        Criteria::Movement { plate, state } => {
            format!("Movement of plate {}{}, in order of time", plate.as_str(), of_state(*state))
        }
        Criteria::PartialPlate { pattern, state, vehicle } => {
            let text: String = pattern.tokens().iter().map(|token| token_sign(*token)).collect();
            format!("Plates like {text}{}{}", of_state(*state), of_vehicle(vehicle))
        }
        Criteria::MakeModel { vehicle, state } => format!("Vehicles{}{}", of_vehicle(vehicle), of_state(*state)),
        Criteria::Area { areas, vehicle, state } => {
            format!("Every plate in {}{}{}", places(areas.len()), of_vehicle(vehicle), of_state(*state))
        }
        Criteria::CommonPlate { places: at, vehicle, state } => {
            let places = places(at.len());
            format!("Plates seen in at least two of {places}{}{}", of_vehicle(vehicle), of_state(*state))
        }
    };
    let widen = question.widen();
    let widened = match (widen.look_alikes, widen.alternatives) {
        (false, false) => "",
        (true, false) => ", look-alike characters too",
        (false, true) => ", alternative readings too",
        (true, true) => ", look-alike characters and alternative readings too",
    };
    format!("{what}{widened}, from {} until {}.", question.frame().from(), question.frame().to())
}

/// `?` is one unknown character and `…` any run, whatever the preset writes for them.
fn token_sign(token: Token) -> char {
    match token {
        Token::Literal(character) => character,
        Token::One => '?',
        Token::Any => '…',
    }
}

fn of_state(state: Option<domain::State>) -> String {
    state.map_or(String::new(), |state| format!(", {state}"))
}

fn of_vehicle(vehicle: &VehicleFilter) -> String {
    let year = vehicle.year.map(|year| year.to_string());
    let words = [year.as_deref(), vehicle.colour.as_deref(), vehicle.make.as_deref(), vehicle.model.as_deref()];
    let words: Vec<_> = words.into_iter().flatten().collect();
    if words.is_empty() { String::new() } else { format!(", {}", words.join(" ")) }
}

fn places(count: usize) -> String {
    if count == 1 { "1 area".into() } else { format!("{count} areas") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{PlatePattern, State, TimeFrame, UtcMicros, Widen, Wildcards};

    #[test]
    fn qry_2_a_partial_plate_is_said_back_with_what_its_wildcards_mean() {
        let frame = TimeFrame::new(UtcMicros(0), UtcMicros(86_400_000_000)).unwrap();
        let criteria = |wildcards| Criteria::PartialPlate {
            pattern: PlatePattern::parse("AB*12?", wildcards).unwrap(),
            state: State::us("CA").ok(),
            vehicle: VehicleFilter {
                colour: Some("white".into()),
                make: Some("toyota".into()),
                ..VehicleFilter::default()
            },
        };
        let said = |wildcards| of(&Question::new(criteria(wildcards), frame, Widen::default()).unwrap());
        let rest = ", US-CA, white toyota, from 1970-01-01T00:00:00Z until 1970-01-02T00:00:00Z.";
        assert_eq!(said(Wildcards::StarIsOne), format!("Plates like AB?12?{rest}"));
        assert_eq!(said(Wildcards::StarIsAny), format!("Plates like AB…12?{rest}"));
    }
}
